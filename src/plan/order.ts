/** The order in which a plan's actions are done. */
import type { Action, ActionKind } from '../model/plan.ts';

const ORDER: ActionKind[] = [
  'write-file',
  'reload-units',
  'start-holder',
  'rename-session',
  'adopt-session',
  'write-lock',
  'record-end',
  'stop-session',
  'forget',
  'remove-file',
  'stop-holder',
  'make-worktree',
  'mark-worktree',
  'start-session',
  'kickstart',
  'remove-worktree',
];

/**
 * By kind: files, reload, holder, then stops before starts; but each after what it needs. Needs that the plan has no action
 * for are met already.
 */
export function inOrder(actions: readonly Action[]): Action[] {
  const ids = new Set(actions.map(({ id }) => id));
  let waiting = actions
    .map((action) => ({ ...action, needs: [...new Set(action.needs)].filter((id) => ids.has(id)) }))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const ordered: Action[] = [];
  const placed = new Set<string>();
  while (waiting.length > 0) {
    const before = ordered.length;
    waiting = waiting.filter((action) => {
      if (!action.needs.every((id) => placed.has(id))) return true;
      ordered.push(action);
      placed.add(action.id);
      return false;
    });
    if (ordered.length === before) {
      throw new Error(`actions need each other in a circle: ${waiting.map(({ id }) => id).join(', ')}`);
    }
  }
  return ordered;
}
