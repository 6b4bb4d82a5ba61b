/** What the records of formulas say of worktrees, for who looks after them all. */
import type { Host } from '../host/host.ts';
import { formulaPlaces, formulaSession } from '../model/formula.ts';
import type { Places } from '../model/places.ts';
import { canonicalPath } from '../observe/git-folders.ts';
import { readCurrent, readHistory, runningRun } from './record.ts';

export interface WorktreesOfRuns {
  /** Why a worktree stays, however old it is: its run lasts, or that cannot be told; undefined: no run needs it. */
  keptFor(owner: string, path: string): string | undefined;
  /** Where worktrees of runs may be registered, be their folders there or not. */
  repositories: string[];
}

export function worktreesOfRuns(host: Host, places: Places): WorktreesOfRuns {
  const { files } = host;
  const lasting = new Map<string, string>();
  const unclear = new Map<string, string>();
  const repositories = new Set<string>();
  for (const name of files.list(places.formulas)) {
    const own = formulaPlaces(places, name);
    try {
      if (files.stat(own.folder)?.kind !== 'folder') continue;
      const current = readCurrent(files, own);
      if ('damaged' in current) unclear.set(formulaSession(name), current.damaged);
      const left = 'run' in current ? current.run : undefined;
      const now = runningRun(host, own);
      if (now?.worktree !== undefined)
        lasting.set(canonicalPath(files, now.worktree.path), `the run ${now.id} of ${name} lasts`);
      for (const { worktree } of [...readHistory(files, own).runs, ...(left === undefined ? [] : [left])]) {
        if (worktree !== undefined && worktree.end !== 'removed') repositories.add(worktree.repository);
      }
    } catch (error) {
      unclear.set(formulaSession(name), (error as Error).message);
    }
  }
  return {
    keptFor: (owner, path) => {
      const why = unclear.get(owner);
      return (
        lasting.get(path) ??
        (why === undefined ? undefined : `it cannot be told whether its run lasts: ${why}`)
      );
    },
    // One that is gone has no registration any more.
    repositories: [...repositories].filter((repository) => isThere(host, repository)),
  };
}

function isThere({ files }: Host, path: string): boolean {
  try {
    return files.target(path) !== undefined;
  } catch {
    return true;
  }
}
