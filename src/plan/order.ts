/** The order in which a plan's actions are done. */
import type { Action, ActionKind } from '../model/plan.ts';

const ORDER: ActionKind[] = [
  'write-file',
  'reload-units',
  'start-holder',
  'set-hook',
  'start-timer',
  'stop-timer',
  'rename-session',
  'suspend',
  'resume',
  'adopt-session',
  'write-lock',
  'record-end',
  'make-mission',
  'end-mission-session',
  'change-mission',
  // Before the stops, so that a restart whose worktree cannot be made stops nobody; and what is removed may hold its branch.
  'remove-worktree',
  'make-worktree',
  'stop-session',
  'forget',
  'remove-file',
  'stop-holder',
  'mark-worktree',
  'block-task',
  'begin-mission-session',
  'start-session',
  'join-mission-session',
  'mark-revision',
  'kickstart',
];

/**
 * By kind: files, reload, holder, then stops before starts; but each after what it needs. Needs that the plan has no action
 * for are met already.
 */
export function inOrder(actions: readonly Action[]): Action[] {
  const ids = new Set(actions.map(({ id }) => id));
  let waiting = actions.map((action) => ({
    ...action,
    needs: [...new Set(action.needs)].filter((id) => ids.has(id)),
  }));
  const ordered: Action[] = [];
  const placed = new Set<string>();
  while (waiting.length > 0) {
    const ready = new Set(waiting.filter(({ needs }) => needs.every((id) => placed.has(id))));
    const kinds = new Set([...ready].map(({ kind }) => kind));
    const kind = ORDER.find((candidate) => kinds.has(candidate));
    if (kind === undefined) {
      throw new Error(`actions need each other in a circle: ${waiting.map(({ id }) => id).join(', ')}`);
    }
    // One kind at a time, then again from the first: what this made ready of an earlier kind must not come after later ones.
    waiting = waiting.filter((action) => {
      if (action.kind !== kind || !ready.has(action)) return true;
      ordered.push(action);
      placed.add(action.id);
      return false;
    });
  }
  return ordered;
}
