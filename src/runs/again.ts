/**
 * git, while another mosaic adds a worktree to the same repository, or removes one, may fail over what is half there. That passes: runs of
 * several formulas often begin at the same moment.
 */
import type { RunContext } from './context.ts';
import { WorktreeError } from '../worktrees/error.ts';

export const TRIES = 5;
export const PAUSE_MS = 300;
/** How observe/git.ts begins to tell of a git that failed for no reason that it knows. */
export const GIT_FAILED = 'git failed in ';

export function mayPass(error: unknown): boolean {
  const { cause } = error as Error;
  if (!(cause instanceof WorktreeError)) return false;
  return cause.code === 'failed' || cause.code === 'busy' || cause.message.startsWith(GIT_FAILED);
}

/** Tries again what may pass. Throws what it threw last. */
export async function againstOthers<T>(
  { host, signal }: Pick<RunContext, 'host' | 'signal'>,
  task: () => Promise<T>,
  passes: (error: unknown) => boolean,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (error) {
      if (!passes(error) || tries === TRIES || signal.aborted) throw error;
      await host.clock.sleep(PAUSE_MS * tries, signal);
    }
  }
}
