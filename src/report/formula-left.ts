/** Runs that are left without their end. */
import { shellLine } from '../base/shell.ts';
import { visible } from '../base/visible.ts';
import { formulaSession, type RunRecord } from '../model/formula.ts';
import { ago } from './format.ts';

/** One line for a report on the fleet, on a run whose mosaic died. */
export const orphanLine = (run: RunRecord, now: number): string =>
  `${visible(
    `Formula left by its mosaic: ${run.formula}, begun ${ago(run.startedAt, now)}: its agent may work on unwatched; the next run ends it: ${shellLine(['mosaic', 'formula', 'run', run.file])}`,
  )}\n`;

/** Of a run whose mosaic goes before it has ended it. @param again the words that begin the formula's next run */
export function leftText(run: RunRecord, again: readonly string[]): string {
  const tree = run.worktree === undefined ? '' : `, in ${run.worktree.path}`;
  const lines = [
    `${run.formula}: the run ${run.id} is left as it is: its session ${formulaSession(run.formula)} may work on${tree}, and nobody sees to it`,
    `  the next run ends it before it begins: ${shellLine(again)}`,
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}
