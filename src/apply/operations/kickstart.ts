/** Types its first text to an agent, once the agent shows that it is ready for it. */
import type { Host } from '../../host/host.ts';
import type { SessionSeen, TmuxServer } from '../../model/observation.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { ActionOf } from '../../model/plan.ts';
import { captureScreens, observeTmux } from '../../observe/tmux.ts';
import { KICKSTARTED } from '../../render/mark.ts';
import { done, failed, type ApplyContext, type Operation } from '../context.ts';
import { alone } from '../each.ts';
import { OperationError } from '../errors.ts';
import { paste } from '../paste.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 250;

type Kickstart = ActionOf<'kickstart'>;

export const kickstart: Operation<'kickstart'> = async (actions, context) => {
  const { host, fleet, signal } = context;
  const outcomes: Outcome[] = [];
  let waiting = [...actions];
  const until = host.clock.now() + PATIENCE_MS;
  while (waiting.length > 0) {
    const seen = await observeTmux(host, fleet.tmux.socketName);
    if (!seen.known) return [...outcomes, ...waiting.map((action) => failed(action, seen.why))];
    const { server, sessions } = seen.value;
    const sessionOf = (action: Kickstart): SessionSeen | undefined =>
      sessions.find(({ owner, name }) => owner?.fleet === fleet.name && name === action.agent);
    const panes = waiting.flatMap((action) => sessionOf(action)?.pane?.id ?? []);
    const screens = await captureScreens(host, fleet.tmux.socketName, panes);
    const next: Kickstart[] = [];
    for (const action of waiting) {
      const session = sessionOf(action);
      if (session?.pane === undefined || session.pane.dead || server === undefined) {
        outcomes.push(failed(action, 'it ended before it was ready for its kickstart'));
      } else if (!session.kickstartPending) {
        outcomes.push(done(action, 'was given already'));
      } else if (isReady(action, screens.get(session.pane.id) ?? '')) {
        const paneId = session.pane.id;
        outcomes.push(await alone(action, () => deliver(action, { session, server, paneId }, context)));
      } else {
        next.push(action);
      }
    }
    waiting = next;
    if (waiting.length === 0) break;
    if (signal.aborted || host.clock.now() >= until) {
      const why = signal.aborted
        ? 'interrupted'
        : `it did not show that it is ready within ${PATIENCE_MS / 1000} s`;
      outcomes.push(
        ...waiting.map((action) => failed(action, `kickstart pending: ${why}; the next apply tries again`)),
      );
      break;
    }
    await host.clock.sleep(POLL_MS, signal);
  }
  return outcomes;
};

const isReady = ({ ready }: Kickstart, screen: string): boolean =>
  ready === undefined || new RegExp(ready, 'm').test(screen);

/** Paste, Enter and the mark that it was given are one tmux call: killed at any point, it is given once. */
async function deliver(
  action: Kickstart,
  { session, server, paneId }: { session: SessionSeen; server: TmuxServer; paneId: string },
  { host, fleet }: ApplyContext,
): Promise<Outcome> {
  const owner = session.owner === undefined ? {} : { owner: session.owner };
  await paste(host, fleet.tmux.socketName, {
    agent: action.agent,
    text: textOf(action, host),
    target: { session: session.id, server, ...owner },
    pane: paneId,
    first: [`set-option -t '${session.id}:' ${KICKSTARTED} sent`],
  });
  return done(action);
}

function textOf({ text }: Kickstart, { files }: Host): string {
  if (typeof text === 'string') return text;
  const there = files.read(text.file);
  if (there === undefined) throw new OperationError(`${text.file} is not there: nothing was typed`);
  return there;
}
