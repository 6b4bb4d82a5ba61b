/** Finds a worktree in its repository, and reads and writes what makes it ours. */
import { join } from 'node:path';
import { quoted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type { Host } from '../host/host.ts';
import { git } from '../observe/git.ts';
import { canonicalPath } from '../observe/git-folders.ts';
import {
  formatMark,
  lockReason,
  MARK_FILE,
  parseLockReason,
  type Owner,
  type WorktreeMark,
} from '../observe/worktree-mark.ts';
import { readRepository, type Registration } from '../observe/worktrees.ts';
import { gitFailed, WorktreeError } from './error.ts';

/** Long enough for the checkout of a large repository. */
export const WORK_TIMEOUT_MS = 600_000;

export interface Place {
  repository: string;
  /** As git records it. */
  path: string;
  all: Registration[];
  /** What the repository has at the path. */
  found?: Registration;
}

/** Asks the repository what it has at a path. Throws WorktreeError when it cannot be asked. */
export async function locate(host: Host, repository: string, path: string): Promise<Place> {
  const read = await readRepository(host, repository);
  if (!read.known) {
    throw new WorktreeError('repository', read.why, { fix: read.fix });
  }
  const real = canonicalPath(host.files, path);
  const found = read.value.find(({ seen }) => seen.path === real);
  return { repository, path: real, all: read.value, ...(found === undefined ? {} : { found }) };
}

/** Throws unless the worktree is this agent's, be it whole or not. */
export function requireOurs(found: Registration, owner: Owner): void {
  const seen = found.seen.owner ?? found.seen.unfinished;
  if (seen?.fleet === owner.fleet && seen.agent === owner.agent) return;
  const where = quoted(found.seen.path);
  if (seen !== undefined) {
    throw new WorktreeError('foreign', `the worktree ${where} belongs to ${seen.fleet}/${seen.agent}`, {
      fix: 'Give the agent another path.',
    });
  }
  throw new WorktreeError('foreign', `the worktree ${where} was not made by mosaic`, {
    fix: found.seen.prunable
      ? 'Its folder is gone: `git worktree prune` forgets it.'
      : 'Give the agent another path, or remove that worktree yourself.',
  });
}

/** Throws when somebody else locked the worktree (git-worktree(1), lock). */
export function requireUnlocked(found: Registration): void {
  if (!found.seen.locked) return;
  const reason =
    found.lockReason === undefined || found.lockReason === '' ? '' : ` (${visible(found.lockReason)})`;
  throw new WorktreeError('in-use', `the worktree ${quoted(found.seen.path)} is locked${reason}`, {
    fix: 'Unlock it with `git worktree unlock` once it is not needed.',
  });
}

export function writeMark(host: Host, gitDir: string, mark: WorktreeMark): void {
  host.files.write(join(gitDir, MARK_FILE), formatMark(mark), { mode: 0o644, durable: true });
}

/** Takes away the lock that the making began with; anybody else's stays. */
export async function unlockOurs(host: Host, repository: string, found: Registration): Promise<void> {
  if (parseLockReason(found.lockReason) === undefined) return;
  const result = await git(host, repository, ['worktree', 'unlock', '--', found.seen.path]);
  if (result.code !== 0 && !result.stderr.includes('is not locked')) {
    throw gitFailed(`unlock the worktree ${quoted(found.seen.path)}`, result);
  }
}

/** In the environment of a git that fills or empties a worktree, so that a later run of mosaic can tell whether it still does. */
const AT_WORK = 'MOSAIC_WORKTREE';

export const atWorkOn = (path: string): Record<string, string> => ({ [AT_WORK]: path });

/** Throws while a git that an earlier, killed run of mosaic started still works on the worktree. */
export function requireNoGitAtWork(host: Host, path: string): void {
  const { processes } = host;
  for (const { pid } of processes.list()) {
    if (processes.environment(pid)?.[AT_WORK] !== path) continue;
    throw new WorktreeError('busy', `git (process ${pid}) is still at work on the worktree ${quoted(path)}`);
  }
}

export const ownLock = (owner: Owner): string[] => ['--lock', '--reason', lockReason(owner)];
