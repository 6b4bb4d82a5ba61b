/** Names, marks, locks and records: what says whose a session is and what is known of it. */
import { observeTmux } from '../../observe/tmux.ts';
import { formatMark, MARK, ownedBy, REVISION } from '../../render/mark.ts';
import { tmuxWord } from '../../render/quote.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { ActionOf } from '../../model/plan.ts';
import type { AgentRecord } from '../../model/state.ts';
import { done, type ApplyContext, type Operation } from '../context.ts';
import { forgetConversation, renameConversation } from '../conversations.ts';
import { eachAlone } from '../each.ts';
import { OperationError } from '../errors.ts';
import { serverTicks, writeLock } from '../lock.ts';
import { guarded } from '../../render/guarded.ts';
import { tmuxScript } from '../tmux-script.ts';

export const renameSession: Operation<'rename-session'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { host, fleet, places, state } = context;
    const { agent, from, target } = action;
    if (target !== undefined) {
      const id = `'${target.session}'`;
      await tmuxScript(host, fleet.tmux.socketName, [
        guarded(target, [
          `rename-session -t ${id} -- ${tmuxWord(agent)}`,
          // The first word of the mark; the others stay.
          `set-option -F -t '${target.session}:' ${MARK} '#{s|^[^ ]*|${fleet.name}/${agent}|:${MARK}}'`,
        ]),
      ]);
    }
    if (from === undefined) return done(action);
    const lock = host.files.read(places.lock(from));
    if (lock !== undefined && host.files.stat(places.lock(agent)) === undefined) {
      host.files.rename(places.lock(from), places.lock(agent));
    }
    renameConversation(context, from, agent);
    state.rename(from, agent);
    state.save();
    return done(action);
  });

export const adoptSession: Operation<'adopt-session'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { host, fleet, state } = context;
    const { agent, target, run } = action;
    const session = `'${target.session}:'`;
    const started = { definition: '0-', supervisor: action.supervisor, born: agent };
    const mark = formatMark({ fleet: fleet.name, agent }, started, '#{pane_id}', false);
    await tmuxScript(host, fleet.tmux.socketName, [
      guarded(target, [
        `set-option -w -t ${session} remain-on-exit on`,
        `set-option -F -t ${session} ${MARK} ${tmuxWord(mark)}`,
      ]),
    ]);
    const seen = await observeTmux(host, fleet.tmux.socketName);
    const adopted = seen.known
      ? seen.value.sessions.find(({ id, owner }) => id === target.session && owner?.agent === agent)
      : undefined;
    if (adopted?.pane === undefined) throw new OperationError('the session changed meanwhile');
    const adoptedRun = { ...run, pid: adopted.pane.pid, ...serverTicks(host, run.server) };
    state.change(agent, (record) => {
      record.run = adoptedRun;
      delete record.stopping;
      delete record.ended;
    });
    writeLock(context, adoptedRun, { agent, runtime: action.runtime, workingDirectory: action.projectPath });
    state.save();
    return done(action);
  });

export const writeLocks: Operation<'write-lock'> = async (actions, context) => {
  const outcomes = await eachAlone(actions, (action) => {
    const { agent, runtime, projectPath, restarts, fields } = action;
    const pidStartTime = context.host.processes.startTime(action.run.pid);
    const run = {
      ...action.run,
      ...serverTicks(context.host, action.run.server),
      ...(pidStartTime === undefined ? {} : { pidStartTime }),
    };
    writeLock(context, run, { agent, runtime, workingDirectory: projectPath });
    context.state.change(agent, (record) => {
      record.run = run;
      record.restarts = restarts;
      if (fields !== undefined) record.definition = { hash: run.definition, fields };
      delete record.stopping;
    });
    return done(action);
  });
  context.state.save();
  return outcomes;
};

export const forget: Operation<'forget'> = async (actions, context) => {
  const outcomes = await eachAlone(actions, (action) => {
    context.host.files.remove(context.places.lock(action.agent));
    forgetConversation(context, action.agent);
    context.state.forget(action.agent);
    return done(action);
  });
  context.state.save();
  return outcomes;
};

export const suspend: Operation<'suspend'> = (actions, context) =>
  changeRecords(actions, context, (record, { at }) => {
    record.suspendedAt = at;
  });

export const resume: Operation<'resume'> = (actions, context) =>
  changeRecords(actions, context, (record) => {
    delete record.suspendedAt;
  });

async function changeRecords<A extends ActionOf<'suspend' | 'resume'>>(
  actions: readonly A[],
  { state }: ApplyContext,
  change: (record: AgentRecord, action: A) => void,
): Promise<Outcome[]> {
  for (const action of actions) state.change(action.agent, (record) => change(record, action));
  state.save();
  return actions.map((action) => done(action));
}

/** On the session that bears the agent's name and mark, checked in the same call: nothing where it has gone meanwhile. */
export const markRevisions: Operation<'mark-revision'> = async (actions, { host, fleet }) => {
  const lines = actions.map(({ agent, revision }) => {
    const session = tmuxWord(`=${agent}:`);
    const mark =
      revision === undefined
        ? `set-option -u -t ${session} ${REVISION}`
        : `set-option -t ${session} ${REVISION} ${tmuxWord(revision)}`;
    return `if-shell -F -t ${session} ${tmuxWord(ownedBy({ fleet: fleet.name, agent }))} ${tmuxWord(mark)}`;
  });
  await tmuxScript(host, fleet.tmux.socketName, lines);
  return actions.map((action) => done(action));
};
