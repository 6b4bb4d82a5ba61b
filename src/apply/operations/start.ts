/** Starts agents, and sees that they live. */
import { tailLines } from '../../base/tail.ts';
import type { SessionSeen, TmuxServer } from '../../model/observation.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { StartSession } from '../../model/plan.ts';
import { runKey, type Run } from '../../model/state.ts';
import { withExitStatus } from '../../observe/observe.ts';
import { captureScreens, withoutNotice } from '../../observe/pane-looks.ts';
import { observeTmux, tmuxArgs } from '../../observe/tmux.ts';
import { unitNames } from '../../render/unit-names.ts';
import { globLiteral } from '../../render/quote.ts';
import { endConversations } from '../conversations.ts';
import { done, failed, type ApplyContext, type Operation } from '../context.ts';
import { eachAlone } from '../each.ts';
import { OperationError, required } from '../errors.ts';
import { serverTicks, writeLock } from '../lock.ts';
import { advise } from './advise.ts';
import { withRetry } from '../retry.ts';

const TMUX_GROUP = 50;

/** How long a program must have lived to count as started. */
const SETTLE_MS = 200;

/**
 * systemd starts all units of a call at the same time, so each call has `reconcile.start_concurrency`; tmux starts one session
 * after the other by itself, and is only given so many that Ctrl-C is heard. In the end all are looked at together.
 */
export const startSession: Operation<'start-session'> = async (batch, context) => {
  const { ready: actions, failed: unready } = await endConversations(batch, context);
  const complaints = new Map<string, string>();
  const begun: StartSession[] = [];
  const size = context.supervisor === 'systemd' ? context.fleet.reconcile.startConcurrency : TMUX_GROUP;
  for (let at = 0; at < actions.length; at += size) {
    if (context.signal.aborted) break;
    const group = actions.slice(at, at + size);
    context.emit({ type: 'working', actions: group });
    await startGroup(group, context, complaints);
    begun.push(...group);
  }
  await context.host.clock.sleep(SETTLE_MS);
  const outcomes = await verify(begun, context, complaints);
  const lives = new Set(outcomes.filter(({ result }) => result === 'done').map(({ action }) => action.id));
  await advise(
    begun.filter(({ id }) => lives.has(id)),
    context,
  );
  return [...unready, ...outcomes];
};

async function startGroup(
  group: readonly StartSession[],
  context: ApplyContext,
  complaints: Map<string, string>,
): Promise<void> {
  const { host, fleet, supervisor } = context;
  const complain = (text: string): void => {
    for (const { agent } of group) complaints.set(agent, text);
  };
  try {
    await withRetry(context, `starting ${group.map(({ agent }) => agent).join(', ')}`, async () => {
      if (supervisor === 'systemd') {
        const units = group.map(({ agent }) => unitNames(fleet.systemd.unitPrefix).agent(agent));
        const timeoutMs = 60_000 + units.length * 1_000;
        required(await host.exec('systemctl', ['--user', 'start', ...units], { timeoutMs }), 'systemctl');
      } else {
        const files = group.map(({ file }) => globLiteral(file));
        const args = [...tmuxArgs(fleet.tmux.socketName), 'source-file', ...files];
        required(await host.exec('tmux', args), 'tmux');
      }
    });
  } catch (error) {
    // Some of the group may have started all the same: who did is seen when all are looked at.
    if (!(error instanceof OperationError)) throw error;
    complain(error.message);
  }
}

async function verify(
  actions: readonly StartSession[],
  context: ApplyContext,
  complaints: ReadonlyMap<string, string>,
): Promise<Outcome[]> {
  if (actions.length === 0) return [];
  const { host, fleet, state } = context;
  const seen = await withRetry(context, 'looking at what was started', async () => {
    const source = await withExitStatus(host, fleet, await observeTmux(host, fleet.tmux.socketName));
    if (!source.known) throw new OperationError(source.why, { transient: true });
    return source.value;
  });
  const own = new Map(
    seen.sessions
      .filter(({ owner, name }) => owner?.fleet === fleet.name && owner.agent === name)
      .map((session) => [session.name, session]),
  );
  const dead = actions.flatMap(({ agent }) => {
    const pane = own.get(agent)?.pane;
    return pane?.dead === true ? [pane.id] : [];
  });
  const screens = await captureScreens(host, fleet.tmux.socketName, dead, 50);
  const outcomes = await eachAlone(actions, (action) => {
    const session = own.get(action.agent);
    const complaint = complaints.get(action.agent);
    if (session === undefined || seen.server === undefined) {
      return failed(action, complaint ?? `no session ${action.agent} came of it`);
    }
    return judge(action, session, seen.server, screens.get(session.pane?.id ?? ''), context);
  });
  state.save();
  return outcomes;
}

function judge(
  action: StartSession,
  session: SessionSeen,
  server: TmuxServer,
  screen: string | undefined,
  context: ApplyContext,
): Outcome {
  const { host, state } = context;
  const { agent, definition } = action;
  const pane = session.pane;
  const key = runKey(server, session.id);
  const pidStartTime = pane?.dead === false ? host.processes.startTime(pane.pid) : undefined;
  const run: Run = {
    key,
    sessionId: session.id,
    server,
    ...serverTicks(host, server),
    pid: pane?.pid ?? 0,
    ...(pidStartTime === undefined ? {} : { pidStartTime }),
    bootId: host.facts.bootId,
    startedAt: session.createdAt,
    definition: session.started?.definition ?? definition,
  };
  state.change(agent, (record) => {
    record.restarts = action.restarts;
    record.definition = { hash: definition, fields: action.fields };
    record.run = run;
    delete record.stopping;
  });
  if (pane?.dead === false) {
    writeLock(context, run, action);
    return done(action);
  }
  const output = screen === undefined ? undefined : tailLines(withoutNotice(screen), 12);
  if (pane?.status === 0) {
    // Meant to be short: written down as ended at once, so that nothing is left for the next plan.
    state.change(agent, (record) => {
      delete record.run;
      delete record.limits;
      record.ended = { run: key, at: pane.diedAt ?? host.clock.now(), cause: 'exit', status: 0, definition };
    });
    return done(action, 'ended at once, with exit 0');
  }
  const how =
    pane?.signal !== undefined
      ? `was ended by signal ${pane.signal}`
      : pane?.status !== undefined
        ? `ended with exit ${pane.status}`
        : 'ended';
  return failed(action, `its program ${how} at once`, output);
}
