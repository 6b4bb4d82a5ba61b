/** A run that is left without its end. */
import { shellLine } from '../base/shell.ts';
import { visible } from '../base/visible.ts';
import { formulaSession, type RunRecord } from '../model/formula.ts';

/** Of a run whose mosaic goes before it has ended it. @param again the words that begin the formula's next run */
export function leftText(run: RunRecord, again: readonly string[]): string {
  const tree = run.worktree === undefined ? '' : `, in ${run.worktree.path}`;
  const lines = [
    `${run.formula}: the run ${run.id} is left as it is: its session ${formulaSession(run.formula)} may work on${tree}, and nobody sees to it`,
    `  the next run ends it before it begins: ${shellLine(again)}`,
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}
