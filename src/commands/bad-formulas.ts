/** Whether the formulas that a fleet file names are well: a run by the clock would be the first to say so. */
import { visible } from '../base/visible.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Formula } from '../model/formula.ts';
import type { Loaded } from '../model/problem.ts';
import type { CommandContext } from './context.ts';

export type BadFormula = Loaded<Formula> & { ok: false };

/** Those of these files in which something is wrong, or that are not there. Throws CommandError when interrupted. */
export async function badFormulas(
  context: Pick<CommandContext, 'host' | 'signal'>,
  { runtimes }: Pick<Fleet, 'runtimes'>,
  files: readonly string[],
): Promise<BadFormula[]> {
  if (files.length === 0) return [];
  // Few fleets have any: what reads them is loaded only then.
  const { loadFrom } = await import('./formula/check.ts');
  const bad: BadFormula[] = [];
  for (const file of new Set(files)) {
    const loaded = await loadFrom(context, file, Object.keys(runtimes));
    if (!loaded.ok) bad.push(loaded);
  }
  return bad;
}

/** What is wrong in the first of them, in one sentence without its full stop. */
export function firstTrouble(bad: readonly BadFormula[]): { file: string; wrong: string } | undefined {
  const [one] = bad;
  const [first] = one?.problems ?? [];
  if (one === undefined || first === undefined) return undefined;
  const line = first.range === undefined ? '' : `line ${first.range.line}: `;
  const others = bad.reduce((sum, { problems }) => sum + problems.length, 0) - 1;
  return {
    file: one.file,
    wrong: `is not valid: ${line}${visible(first.message)}${others > 0 ? ` (and ${others} more)` : ''}`,
  };
}
