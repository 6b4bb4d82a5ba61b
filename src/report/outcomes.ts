/** What became of a plan, added up: by agent, and in one sentence. */
import type { Action, Change, Plan } from '../model/plan.ts';
import type { Outcome } from '../model/outcome.ts';

/** What an action is about: an agent, a file, or the fleet's holder and units. */
export function subjectOf(action: Action): string {
  if ('mission' in action) return action.mission;
  if ('agent' in action) return action.agent;
  if ('formula' in action) return action.formula;
  switch (action.kind) {
    case 'write-file':
    case 'remove-file':
      return action.path;
    case 'reload-units':
      return 'units';
    case 'start-holder':
    case 'stop-holder':
    case 'set-hook':
      return 'holder';
  }
}

/** The action as a clause: 'start coder0', 'make worktree of coder0', 'write /etc/x'. */
export function phraseOf(action: Action): string {
  return `${verbs[action.kind]} ${subjectOf(action)}`;
}

const verbs: Record<Action['kind'], string> = {
  'write-file': 'write',
  'remove-file': 'remove',
  'reload-units': 'reload',
  'start-holder': 'start',
  'stop-holder': 'stop',
  'record-end': 'record the end of',
  'stop-session': 'stop',
  'rename-session': 'rename',
  'adopt-session': 'adopt',
  'make-worktree': 'make the worktree of',
  'remove-worktree': 'remove the worktree of',
  'mark-worktree': 'mark the worktree of',
  'start-session': 'start',
  'write-lock': 'write the lock of',
  suspend: 'suspend',
  resume: 'resume',
  'set-hook': 'set the hook of',
  'start-timer': 'start the timer of',
  'stop-timer': 'stop the timer of',
  'mark-revision': 'note the revision of',
  forget: 'forget',
  kickstart: 'kickstart',
  'make-mission': 'make the mission files of',
  'change-mission': 'update the mission of',
  'end-mission-session': 'record the end of the session of',
  'block-task': 'block a task of',
  'begin-mission-session': 'begin the next session of',
  'join-mission-session': 'write the session lock of',
};

export type Did = Exclude<Change, 'none' | 'hold' | 'conflict' | 'unknown'>;

export interface Tally {
  /** Agents of which everything was done, by what the plan did with them. */
  done: Record<Did, number>;
  failures: Failure[];
  /** Skipped although nothing that they needed failed: an interruption came before them. */
  skipped: Outcome[];
}

export interface Failure {
  outcome: Outcome;
  /** What could not be done because of it, directly or by way of others. */
  skipped: Outcome[];
}

/** Adds up outcomes. An agent counts as done when every action that the plan has for it was. */
export function tally(plan: Plan, outcomes: readonly Outcome[]): Tally {
  const byId = new Map(outcomes.map((outcome) => [outcome.action.id, outcome]));
  const failures = new Map<string, Failure>();
  const skipped: Outcome[] = [];
  // The plan's order has what is needed before what needs it, so one pass finds every root.
  const roots = new Map<string, string[]>();
  for (const outcome of outcomes) {
    const { id, needs } = outcome.action;
    if (outcome.result === 'failed') {
      failures.set(id, { outcome, skipped: [] });
      roots.set(id, [id]);
    } else if (outcome.result === 'skipped') {
      const because = [...new Set(needs.flatMap((need) => (byId.has(need) ? (roots.get(need) ?? []) : [])))];
      roots.set(id, because);
      if (because.length === 0) skipped.push(outcome);
      for (const root of because) failures.get(root)?.skipped.push(outcome);
    }
  }
  return { done: doneByChange(plan, outcomes), failures: [...failures.values()], skipped };
}

function doneByChange(plan: Plan, outcomes: readonly Outcome[]): Record<Did, number> {
  const results = new Map(outcomes.map(({ action, result }) => [action.id, result]));
  const complete = new Map<string, boolean>();
  for (const action of plan.actions) {
    if (!('agent' in action)) continue;
    // Also false for what an interruption left without any outcome.
    const isDone = results.get(action.id) === 'done';
    complete.set(action.agent, (complete.get(action.agent) ?? true) && isDone);
  }
  const done: Record<Did, number> = { start: 0, restart: 0, stop: 0, adopt: 0, rename: 0, record: 0 };
  for (const { agent, change } of plan.verdicts)
    if (complete.get(agent) === true && isDid(change)) done[change]++;
  return done;
}

const isDid = (change: Change): change is Did =>
  change !== 'none' && change !== 'hold' && change !== 'conflict' && change !== 'unknown';
