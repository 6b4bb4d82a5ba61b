/** Gives agents their first text, once each shows that it is ready for it. */
import { appearanceOf } from '../../message/appearance.ts';
import type { Host } from '../../host/host.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { ActionOf } from '../../model/plan.ts';
import { lookAtPanes } from '../../observe/pane-looks.ts';
import { observeTmux } from '../../observe/tmux.ts';
import { giveKickstart } from '../../transport/tmux/kickstart.ts';
import type { Local } from '../../transport/tmux/local.ts';
import { wayTo, withTurn } from '../../transport/tmux/send.ts';
import { lookTogether } from '../../transport/tmux/sight.ts';
import { findSession } from '../../transport/tmux/target.ts';
import { done, failed, type ApplyContext, type Operation } from '../context.ts';
import { alone } from '../each.ts';
import { OperationError } from '../errors.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 250;

type Kickstart = ActionOf<'kickstart'>;

/** All that are ready at one look are given theirs side by side. */
export const kickstart: Operation<'kickstart'> = async (actions, context) => {
  const { host, fleet, places, signal } = context;
  const local: Local = { host, fleet, places, signal, look: lookTogether(host, fleet.tmux.socketName) };
  const outcomes: Outcome[] = [];
  let waiting = [...actions];
  const until = host.clock.now() + PATIENCE_MS;
  while (waiting.length > 0) {
    const round = await lookRound(waiting, context);
    if (typeof round === 'string') return [...outcomes, ...waiting.map((action) => failed(action, round))];
    const given = waiting.map(async (action) => {
      const state = round(action);
      if (state.kind === 'waits') return undefined;
      if (state.kind === 'over') return state.outcome;
      return alone(action, () => deliver(action, local));
    });
    const results = await Promise.all(given);
    outcomes.push(...results.filter((outcome) => outcome !== undefined));
    waiting = waiting.filter((_, index) => results[index] === undefined);
    if (waiting.length === 0) break;
    if (signal.aborted || host.clock.now() >= until) {
      const why = signal.aborted
        ? 'interrupted'
        : `it did not show that it is ready within ${PATIENCE_MS / 1000} s`;
      outcomes.push(...waiting.map((action) => pending(action, why)));
      break;
    }
    await host.clock.sleep(POLL_MS, signal);
  }
  return outcomes;
};

const pending = (action: Kickstart, why: string): Outcome =>
  failed(action, `kickstart pending: ${why}; the next apply tries again`);

type State = { kind: 'over'; outcome: Outcome } | { kind: 'waits' } | { kind: 'ready' };

/** One look at all of them; a text where tmux does not answer. */
async function lookRound(
  waiting: readonly Kickstart[],
  { host, fleet }: ApplyContext,
): Promise<string | ((action: Kickstart) => State)> {
  const seen = await observeTmux(host, fleet.tmux.socketName);
  if (!seen.known) return seen.why;
  const found = new Map(waiting.map(({ agent }) => [agent, findSession(seen.value, fleet, agent)] as const));
  const panes = [...found.values()].flatMap(({ pane }) => pane?.id ?? []);
  const looks = await lookAtPanes(host, fleet.tmux.socketName, panes);
  if (!looks.known) return looks.why;
  return (action) => {
    const { presence, session, pane } = found.get(action.agent) ?? { presence: 'absent' };
    if (presence !== 'live' || session === undefined)
      return { kind: 'over', outcome: failed(action, 'it ended before it was ready for its kickstart') };
    if (!session.kickstartPending) return { kind: 'over', outcome: done(action, 'was given already') };
    const look = looks.value.get(pane?.id ?? '');
    if (look === undefined) return { kind: 'waits' };
    const runtime = fleet.runtimes[fleet.agents.find(({ name }) => name === action.agent)?.runtime ?? ''];
    const { activity } = appearanceOf(runtime, look);
    const isReady = activity !== 'starting' && activity !== 'dialog';
    return { kind: isReady ? 'ready' : 'waits' };
  };
}

/** Looks again once it is our turn: somebody else may have given it. */
async function deliver(action: Kickstart, local: Local): Promise<Outcome> {
  const { fleet } = local;
  const text = textOf(action, local.host);
  const agent = fleet.agents.find(({ name }) => name === action.agent);
  if (agent === undefined) return failed(action, `${action.agent} is not in the fleet file`);
  const given = await withTurn(local, agent.name, async () => {
    const way = await wayTo(local, agent);
    if ('result' in way) return way;
    const { kickstart: due } = way.recipient;
    return due === 'given' ? 'given' : giveKickstart(way, text, { isTyped: due === 'typed' });
  });
  if (given === undefined) return pending(action, 'interrupted');
  if (given === 'given') return done(action, 'was given already');
  switch (given.result) {
    case 'sent':
    case 'queued':
      return done(action);
    case 'unverified':
      return done(action, given.detail);
    default:
      return pending(action, given.detail ?? given.result);
  }
}

function textOf({ text }: Kickstart, { files }: Host): string {
  if (typeof text === 'string') return text;
  const there = files.read(text.file);
  if (there === undefined) throw new OperationError(`${text.file} is not there: nothing was typed`);
  return there;
}
