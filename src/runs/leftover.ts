/** What a mosaic that died has left of a run. */
import type { Host } from '../host/host.ts';
import { formulaPlaces, type FormulaPlaces, type RunRecord } from '../model/formula.ts';
import { conclude } from './conclude.ts';
import type { RunContext } from './context.ts';
import { endRun } from './end-session.ts';
import type { Report } from './progress.ts';
import { readCurrent, readHistory } from './record.ts';
import type { Mask } from './secrets.ts';

/** Whether something of an earlier run is left. Called with the formula's lock held: nobody is at work on it. Throws HostError. */
export const hasLeftover = (
  { files }: Pick<Host, 'files'>,
  { current }: Pick<FormulaPlaces, 'current'>,
): boolean => files.stat(current) !== undefined;

/**
 * Ends a run whose mosaic died: as what it was about to be ended as, else as interrupted. Its worktree is kept where there is work in it, its
 * answers wait again where its program never got them. Throws HostError.
 * @param options.whole all its secrets are known
 */
export async function endLeftover(
  context: RunContext,
  formula: string,
  { mask, whole, report }: { mask: Mask; whole: boolean; report: Report },
): Promise<void> {
  const { host, places } = context;
  const own = formulaPlaces(places, formula);
  const current = readCurrent(host.files, own);
  if ('damaged' in current) {
    const aside = `${own.current}.damaged`;
    host.files.rename(own.current, aside);
    const { trouble } = await endRun(context, formula, { mask });
    const still = trouble === undefined ? '' : `; ${mask(trouble)}`;
    report({ type: 'trouble', message: `${current.damaged}; it is ${aside} now${still}` });
    return;
  }
  const { run } = current;
  if (run === undefined) return;
  if (readHistory(host.files, own).runs.some(({ id }) => id === run.id)) {
    host.files.remove(own.current);
    return;
  }
  const why = diedHow(host, run);
  const end = { reason: 'interrupted' as const, detail: `${why} while it lasted` };
  const { replies } = await conclude(context, run, {
    ...(run.reason === undefined ? { end } : {}),
    mask,
    // What it showed may hold a secret that nobody can tell any more.
    keepScreen: whole,
    report: (progress) => {
      if (progress.type !== 'ending') report(progress);
    },
  });
  report({ type: 'leftover', run, replies });
}

const diedHow = ({ facts }: Pick<Host, 'facts'>, { bootId }: RunRecord): string =>
  bootId === facts.bootId ? 'mosaic was killed' : 'the machine went down';
