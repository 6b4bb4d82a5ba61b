/** Walks a plan. It decides nothing: what is done, in which order and after what, stands in the plan. */
import type { Outcome } from '../model/outcome.ts';
import type { Action, ActionKind, Plan } from '../model/plan.ts';
import { failed, skipped, type ApplyContext, type Operation } from './context.ts';
import { asOperationError } from './errors.ts';
import {
  adoptSession,
  forget,
  markRevisions,
  renameSession,
  resume,
  suspend,
  writeLocks,
} from './operations/bookkeeping.ts';
import { reloadUnits, removeFile, writeFile } from './operations/files.ts';
import { setHook, startHolder, stopHolder } from './operations/holder.ts';
import { kickstart } from './operations/kickstart.ts';
import {
  beginMissionSession,
  blockTask,
  changeMissions,
  endMissionSession,
  joinMissionSession,
  makeMission,
} from './operations/missions.ts';
import { recordEnd } from './operations/record-end.ts';
import { startTimers, stopTimers } from './operations/timers.ts';
import { startSession } from './operations/start.ts';
import { stopSession } from './operations/stop.ts';
import { makeWorktrees, markWorktree, removeWorktrees } from './operations/worktrees.ts';
import { withRetry } from './retry.ts';

const operations: { [K in ActionKind]: Operation<K> } = {
  'write-file': writeFile,
  'remove-file': removeFile,
  'reload-units': reloadUnits,
  'start-holder': startHolder,
  'stop-holder': stopHolder,
  'rename-session': renameSession,
  'adopt-session': adoptSession,
  'write-lock': writeLocks,
  'record-end': recordEnd,
  'stop-session': stopSession,
  suspend,
  resume,
  'set-hook': setHook,
  'mark-revision': markRevisions,
  'start-timer': startTimers,
  'stop-timer': stopTimers,
  forget,
  'make-worktree': makeWorktrees,
  'mark-worktree': markWorktree,
  'remove-worktree': removeWorktrees,
  'start-session': startSession,
  kickstart,
  'make-mission': makeMission,
  'change-mission': changeMissions,
  'end-mission-session': endMissionSession,
  'block-task': blockTask,
  'begin-mission-session': beginMissionSession,
  'join-mission-session': joinMissionSession,
};

/** Kinds that look after their own retries, agent by agent. */
const retriesItself = new Set<ActionKind>(['start-session', 'make-worktree', 'remove-worktree', 'kickstart']);

/**
 * Does every action of the plan whose needs have succeeded, in batches of one kind; what needs a failed one is skipped, and
 * everything else goes on. An aborted signal ends it after the batch in hand, and after the starts of those agents that were
 * stopped only to be started again.
 * @returns one outcome for each action
 */
export async function execute(plan: Plan, context: ApplyContext): Promise<Outcome[]> {
  const began = context.host.clock.now();
  const results = new Map<string, Outcome>();
  const settle = (outcome: Outcome): void => {
    results.set(outcome.action.id, outcome);
    context.emit({ type: 'outcome', outcome });
  };
  context.emit({
    type: 'begin',
    total: plan.actions.length,
    starts: plan.actions.filter(({ kind }) => kind === 'start-session').length,
  });

  let waiting = plan.actions;
  while (waiting.length > 0) {
    const { aborted } = context.signal;
    const hindered = aborted ? [] : waiting.filter((action) => hindrance(action, results) !== undefined);
    for (const action of hindered) settle(skipped(action, hindrance(action, results) ?? ''));
    waiting = waiting.filter((action) => !results.has(action.id));
    const batch = nextBatch(aborted ? owed(waiting, results) : waiting, results);
    if (batch.length === 0 && aborted) break;
    if (batch.length === 0) continue;
    context.emit({ type: 'working', actions: batch });
    for (const outcome of await runBatch(batch, aborted ? uninterrupted(context) : context)) settle(outcome);
    waiting = waiting.filter((action) => !results.has(action.id));
  }
  if (context.signal.aborted) {
    context.emit({ type: 'interrupted', left: waiting });
    for (const action of waiting) results.set(action.id, skipped(action, 'interrupted'));
  }
  const outcomes = plan.actions.flatMap(({ id }) => results.get(id) ?? []);
  context.emit({ type: 'end', outcomes, durationMs: context.host.clock.now() - began });
  return outcomes;
}

/** Why an action cannot be done any more: something that it needs was not. */
function hindrance(action: Action, results: ReadonlyMap<string, Outcome>): string | undefined {
  for (const id of action.needs) {
    const outcome = results.get(id);
    if (outcome !== undefined && outcome.result !== 'done') return `needs ${id}, which was not done`;
  }
  return undefined;
}

/** The first action that may be done now, with all of its kind that may be too. */
function nextBatch(waiting: readonly Action[], results: ReadonlyMap<string, Outcome>): Action[] {
  const isReady = (action: Action): boolean => action.needs.every((id) => results.get(id)?.result === 'done');
  const first = waiting.find(isReady);
  return first === undefined ? [] : waiting.filter((action) => action.kind === first.kind && isReady(action));
}

/**
 * What an interruption must not leave undone: the starts of agents that this apply has stopped, or cleared the remains of, in
 * order to start them again, and what these need.
 */
function owed(waiting: readonly Action[], results: ReadonlyMap<string, Outcome>): Action[] {
  const halfway = new Set(
    [...results.values()].flatMap(({ action, result }) =>
      action.kind === 'stop-session' && action.because !== 'stop' && result === 'done' ? [action.agent] : [],
    ),
  );
  const ids = new Set<string>();
  // An action comes after those that it needs: from the end, each is met before they are.
  for (const action of [...waiting].reverse()) {
    if (action.kind === 'start-session' && halfway.has(action.agent)) ids.add(action.id);
    if (ids.has(action.id)) for (const id of action.needs) ids.add(id);
  }
  return waiting.filter(({ id }) => ids.has(id));
}

/** For what is done all the same once the user wants an end: it is done whole, with its retries. */
const uninterrupted = (context: ApplyContext): ApplyContext => ({
  ...context,
  signal: new AbortController().signal,
});

async function runBatch(batch: readonly Action[], context: ApplyContext): Promise<Outcome[]> {
  const kind = batch[0]?.kind;
  if (kind === undefined) return [];
  try {
    // All actions of a batch are of its first one's kind: nextBatch sees to it.
    const operation = operations[kind] as Operation<ActionKind>;
    const run = (): Promise<Outcome[]> => operation([...batch], context);
    return await (retriesItself.has(kind) ? run() : withRetry(context, kind, run));
  } catch (error) {
    const known = asOperationError(error);
    if (known === undefined) throw error;
    return batch.map((action) => failed(action, known.message, known.output));
  }
}
