/** Ends sessions: exactly those, and everything that their programs left behind. */
import type { StopSession } from '../../model/plan.ts';
import { runKey } from '../../model/state.ts';
import { observeTmux } from '../../observe/tmux.ts';
import { unitNames } from '../../render/unit-names.ts';
import { endConversations } from '../conversations.ts';
import { done, failed, type ApplyContext, type Operation } from '../context.ts';
import { eachAlone } from '../each.ts';
import { endRemains } from '../../runs/remains.ts';
import { guarded } from '../../render/guarded.ts';
import { tmuxScript } from '../tmux-script.ts';

export const stopSession: Operation<'stop-session'> = async (batch, context) => {
  const { ready: actions, failed: unready } = await endConversations(batch, context);
  announce(actions, context);
  await killSessions(actions, context);
  const complaints = await stopUnits(actions, context);
  const survivors = await endRemains(
    context.host,
    actions.flatMap(({ runs }) => runs),
  );
  const still = await remaining(actions, context);
  const outcomes = await eachAlone(actions, (action) => {
    if (still.has(action.agent)) return failed(action, 'its session is still there');
    const complaint = complaints.get(action.agent);
    if (complaint !== undefined) return failed(action, complaint);
    const survivor = action.runs.map((run) => survivors.get(run)).find((pid) => pid !== undefined);
    if (survivor !== undefined) return failed(action, `process ${survivor} of it could not be ended`);
    forgetRun(action, context);
    return done(action);
  });
  context.state.save();
  return [...unready, ...outcomes];
};

/** An apply that is killed between here and the start that follows must not be taken for a crash of the agent. */
function announce(actions: readonly StopSession[], { state }: ApplyContext): void {
  for (const { agent, because, target } of actions) {
    if (because === 'remains' || target === undefined) continue;
    const run = runKey(target.server, target.session);
    state.change(agent, (record) => {
      record.stopping = { run, because };
    });
  }
  state.save();
}

async function killSessions(actions: readonly StopSession[], { host, fleet }: ApplyContext): Promise<void> {
  const lines = actions.flatMap(({ target }) =>
    target === undefined ? [] : [guarded(target, [`kill-session -t '${target.session}'`])],
  );
  await tmuxScript(host, fleet.tmux.socketName, lines);
}

/**
 * Stops the units, so that they can be started again, and the scopes with every process that escaped the session: all in one
 * call, and one agent at a time where that fails, so that the trouble of one stays its own.
 * @returns what systemd had to say, by agent
 */
async function stopUnits(
  actions: readonly StopSession[],
  context: ApplyContext,
): Promise<ReadonlyMap<string, string>> {
  const concerned = actions.filter(({ unit, scope }) => unit || scope);
  if (concerned.length === 0 || (await systemctlStop(concerned, context)) === undefined) return new Map();
  const complaints = new Map<string, string>();
  for (const action of concerned) {
    const complaint = await systemctlStop([action], context);
    if (complaint !== undefined) complaints.set(action.agent, complaint);
  }
  return complaints;
}

async function systemctlStop(
  actions: readonly StopSession[],
  { host, fleet }: ApplyContext,
): Promise<string | undefined> {
  const names = unitNames(fleet.systemd.unitPrefix);
  const units = actions.flatMap(({ born, unit, scope }) => [
    ...(unit ? [names.agent(born)] : []),
    ...(scope ? [names.scope(born)] : []),
  ]);
  const timeoutMs = 60_000 + units.length * 1_000;
  const result = await host.exec('systemctl', ['--user', 'stop', ...units], { timeoutMs });
  // A scope is gone as soon as its last process is: that it is not loaded any more is what we want.
  if (result.code === 0 || result.code === 5 || /not loaded/.test(result.stderr)) return undefined;
  return result.message ?? `systemctl: ${result.stderr.trim() || `exit ${result.code}`}`;
}

async function remaining(actions: readonly StopSession[], context: ApplyContext): Promise<Set<string>> {
  if (actions.every(({ target }) => target === undefined)) return new Set();
  const seen = await observeTmux(context.host, context.fleet.tmux.socketName);
  if (!seen.known) return new Set(actions.map(({ agent }) => agent));
  const { server, sessions } = seen.value;
  return new Set(
    actions
      .filter(
        ({ target }) =>
          target?.server.pid === server?.pid && sessions.some(({ id }) => id === target?.session),
      )
      .map(({ agent }) => agent),
  );
}

/** The lock goes first: should it not, the record still says that we stopped it, and it is not taken for a crash. */
function forgetRun({ agent, because }: StopSession, { state, host, places }: ApplyContext): void {
  host.files.remove(places.lock(agent));
  state.change(agent, (record) => {
    delete record.run;
    delete record.stopping;
    if (because === 'remains') return;
    delete record.ended;
    delete record.limits;
    record.restarts = 0;
  });
}
