/** The worktree of a formula's run: made for it, and kept, saved or removed after it. */
import { join } from 'node:path';
import { formulaSession, type Formula, type RunWorktree } from '../model/formula.ts';
import { observePanePaths } from '../observe/pane-paths.ts';
import { collect } from '../worktrees/collect.ts';
import { WorktreeError } from '../worktrees/error.ts';
import { makeWorktree } from '../worktrees/make.ts';
import { perRepository } from '../worktrees/queue.ts';
import type { RunContext } from './context.ts';
import { asRunError, RunError } from './error.ts';

/** Where the worktree of a run is; known before it is made, so that it can be written down. */
export const runWorktreePath = (
  { places }: Pick<RunContext, 'places'>,
  formula: string,
  run: string,
): string => join(places.worktrees, `${formulaSession(formula)}-${run}`);

/**
 * Makes it, detached at the formula's base; one that was made for the same run already is taken as it is. There is no run without it: throws
 * RunError where it cannot be made.
 */
export async function makeRunWorktree(
  context: RunContext,
  formula: Pick<Formula, 'name' | 'file' | 'repository' | 'base'>,
  run: string,
): Promise<RunWorktree> {
  const { host, fleet, places } = context;
  const { repository, base } = formula;
  try {
    const { path } = await makeWorktree(host, {
      fleet: fleet.name,
      agent: formulaSession(formula.name),
      repository,
      path: runWorktreePath(context, formula.name, run),
      ...(base === undefined ? {} : { base }),
      within: places.worktrees,
      now: host.clock.now(),
    });
    return { repository, path };
  } catch (error) {
    const isBase = error instanceof WorktreeError && error.code === 'base-not-found' && base !== undefined;
    if (isBase) {
      const fix = `Fetch it, or correct \`base\` in ${formula.file}.`;
      throw new RunError(error.message, { fix, cause: error });
    }
    throw asRunError(error);
  }
}

/**
 * - always: it stays, whatever is in it
 * - work: it stays where a removal would lose something
 * - never: what only it holds is saved under a ref first
 */
export type Keep = 'always' | 'work' | 'never';

/**
 * Ends a run's worktree, once nothing of the run lives any more. One that somebody works in stays, and so does one that cannot be saved or
 * removed: `why` says it. Never throws for what git or the machine does.
 */
export async function retireRunWorktree(
  { host, fleet }: RunContext,
  worktree: RunWorktree,
  { formula, keep }: { formula: string; keep: Keep },
): Promise<RunWorktree> {
  const { repository, path } = worktree;
  if (keep === 'always') return { repository, path, end: 'kept' };
  const panes = await observePanePaths(host, fleet.tmux.socketName);
  const done = await perRepository(host, repository, () =>
    collect(host, {
      fleet: fleet.name,
      agent: formulaSession(formula),
      repository,
      path,
      panes,
      now: host.clock.now(),
      onlyClean: keep === 'work',
    }),
  );
  const rescued = done.ref === undefined ? {} : { rescued: done.ref };
  return done.action === 'kept'
    ? {
        repository,
        path,
        end: 'kept',
        ...(done.reason === undefined ? {} : { why: done.reason }),
        ...rescued,
      }
    : { repository, path, end: 'removed', ...rescued };
}
