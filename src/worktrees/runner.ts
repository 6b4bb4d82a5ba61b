/** git's plumbing in one worktree or repository, as the rescue needs it. */
import { quoted } from '../base/text.ts';
import type { ExecResult, Host } from '../host/host.ts';
import { git, type GitOptions } from '../observe/git.ts';
import { gitFailed, WorktreeError } from './error.ts';
import { WORK_TIMEOUT_MS } from './place.ts';

export interface Runner {
  /** Whatever git says. */
  try(args: readonly string[], options?: GitOptions): Promise<ExecResult>;
  /** Throws WorktreeError unless git succeeds; `doing` says in words what it is for. */
  run(doing: string, args: readonly string[], options?: GitOptions): Promise<ExecResult>;
  /** The commit that a name stands for; undefined when it stands for none. */
  commitOf(name: string): Promise<string | undefined>;
  treeOf(commit: string): Promise<string>;
  /** The tree without files. */
  emptyTree(): Promise<string>;
  /** Sets or clears a flag of entries that an index has: one at a time, since git heeds only one of several. */
  flag(index: string, flag: string, paths: readonly string[]): Promise<void>;
  /** Adds everything in the folder that is not ignored. Throws when anything could not be read. */
  addAll(index: string): Promise<void>;
  /** Writes an index as a tree. */
  tree(index: string): Promise<string>;
  /** As `tree`; undefined for an index with conflicts. */
  tryTree(index: string): Promise<string | undefined>;
  /** Writes a commit as mosaic, whoever the user is to git. */
  commit(tree: string, parents: readonly string[], message: string, now: number): Promise<string>;
}

// What is saved is about to be deleted elsewhere, so it must be on the disk, not only in the cache.
const FSYNC = ['-c', 'core.fsync=committed,reference', '-c', 'core.fsyncMethod=batch'];

export function runner(host: Host, folder: string): Runner {
  const attempt: Runner['try'] = (args, options = {}) =>
    git(host, folder, [...FSYNC, ...args], { timeoutMs: WORK_TIMEOUT_MS, ...options });
  const run: Runner['run'] = async (doing, args, options) => {
    const result = await attempt(args, options);
    if (result.code !== 0) throw gitFailed(`${doing} of ${quoted(folder)}`, result);
    return result;
  };
  const name = async (doing: string, args: readonly string[], options?: GitOptions): Promise<string> =>
    (await run(doing, args, options)).stdout.trim();
  return {
    try: attempt,
    run,
    async commitOf(text) {
      const result = await attempt([
        'rev-parse',
        '--verify',
        '--quiet',
        '--end-of-options',
        `${text}^{commit}`,
      ]);
      if (result.code === 0) return result.stdout.trim();
      // A name that stands for nothing is no failure; a git that does not answer is.
      if (result.code === 1) return undefined;
      throw gitFailed(`look up ${quoted(text)} in ${quoted(folder)}`, result);
    },
    treeOf: (commit) =>
      name('read a commit', ['rev-parse', '--verify', '--end-of-options', `${commit}^{tree}`]),
    emptyTree: () => name('write a tree', ['mktree'], { input: '' }),
    async flag(index, flag, paths) {
      if (paths.length === 0) return;
      const input = paths.map((path) => `${path}\0`).join('');
      await run('set flags in the index', ['update-index', flag, '-z', '--stdin'], { index, input });
    },
    async addAll(index) {
      const result = await attempt(['add', '--all', '--sparse'], { index });
      // git goes on past a folder that it cannot read, and ends with 0.
      const skipped = /^warning: could not open .*$/m.exec(result.stderr)?.[0];
      if (result.code === 0 && skipped === undefined) return;
      const failed = gitFailed(`save all files of ${quoted(folder)}`, result);
      if (failed.code !== 'failed') throw failed;
      throw new WorktreeError(
        'unsavable',
        skipped === undefined ? failed.message : `${failed.message} (${skipped})`,
        {
          fix: 'Make every file in it readable, and commit or move the repositories in it, then try again.',
        },
      );
    },
    tree: (index) => name('write the files', ['write-tree'], { index }),
    async tryTree(index) {
      const result = await attempt(['write-tree'], { index });
      if (result.code === 0) return result.stdout.trim();
      if (/unmerged/.test(result.stderr)) return undefined;
      throw gitFailed(`write the index of ${quoted(folder)}`, result);
    },
    commit: (tree, parents, message, now) =>
      name('write a commit', ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], {
        input: message,
        env: identity(now),
      }),
  };
}

function identity(now: number): Record<string, string> {
  const date = `${Math.floor(now / 1000)} +0000`;
  return {
    GIT_AUTHOR_NAME: 'mosaic',
    GIT_AUTHOR_EMAIL: 'mosaic@localhost',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: 'mosaic',
    GIT_COMMITTER_EMAIL: 'mosaic@localhost',
    GIT_COMMITTER_DATE: date,
  };
}
