/**
 * Brings a worktree that an interrupted run left behind to where it is whole and marked, or is not there at all. Each step
 * may itself be interrupted, and nothing that was put into the folder meanwhile is lost.
 */
import { join } from 'node:path';
import { quoted } from '../base/text.ts';
import type { Host } from '../host/host.ts';
import { git } from '../observe/git.ts';
import { gitDirOf } from '../observe/git-folders.ts';
import type { Owner, WorktreeMark } from '../observe/worktree-mark.ts';
import type { Registration } from '../observe/worktrees.ts';
import { gitFailed, WorktreeError } from './error.ts';
import { withIndex } from './own-index.ts';
import {
  atWorkOn,
  requireNoGitAtWork,
  requireUnlocked,
  unlockOurs,
  WORK_TIMEOUT_MS,
  writeMark,
} from './place.ts';
import { rescue, saveRegistered } from './rescue.ts';

export interface Settled {
  state: 'whole' | 'gone';
  /** The ref under which something was saved on the way. */
  rescued?: string;
}

/** For a worktree that is ours (`requireOurs`), whole or not. */
export async function settle(
  host: Host,
  repository: string,
  found: Registration,
  owner: Owner,
  now: number,
): Promise<Settled> {
  const { path, unfinished } = found.seen;
  const { gitDir, mark } = found;
  if (gitDir === undefined)
    throw new WorktreeError('foreign', `${quoted(path)} has no git directory of its own`);
  if (unfinished !== undefined) requireNoGitAtWork(host, path);
  if (host.files.stat(path) === undefined) return forget(host, repository, found, owner, now);
  if (mark === undefined) {
    // git had not come so far as to have a commit to check out, and so no file of it can be there.
    if (
      found.seen.head === undefined ||
      gitDirOf(host.files, path) === undefined ||
      host.files.stat(join(gitDir, 'commondir')) === undefined
    ) {
      discard(host, path);
      return forget(host, repository, found, owner, now);
    }
    const rescued = await checkOut(host, { repository, path, gitDir, agent: owner.agent, now });
    // As old as its making, not as its mending.
    const createdAt = host.files.stat(join(gitDir, 'gitdir'))?.modifiedAt ?? now;
    const { branch } = found.seen;
    writeMark(host, gitDir, { ...owner, createdAt, repository, ...(branch === undefined ? {} : { branch }) });
    await unlockOurs(host, repository, found);
    return { state: 'whole', ...(rescued === undefined ? {} : { rescued }) };
  }
  if (mark.removing !== undefined) await restore(host, path, gitDir, mark);
  await unlockOurs(host, repository, found);
  return { state: 'whole' };
}

/** Fills a worktree that was made without its files. Gives the ref under which what was in the way is saved, if anything was. */
export async function checkOut(
  host: Host,
  place: { repository: string; path: string; gitDir: string; agent: string; now: number },
): Promise<string | undefined> {
  const { path, gitDir } = place;
  // git writes the index last: where there is one, all files were there, and what differs now is somebody's work.
  if (host.files.stat(join(gitDir, 'index')) !== undefined) return undefined;
  // Left by a git that was killed: nobody else works in a worktree that nobody was given.
  host.files.remove(join(gitDir, 'index.lock'));
  const rescued = (await holdsOwnContent(host, path, gitDir)) ? (await rescue(host, place)).ref : undefined;
  const result = await git(host, path, ['reset', '--hard', '--quiet'], {
    timeoutMs: WORK_TIMEOUT_MS,
    mayFetch: true,
    env: atWorkOn(path),
  });
  if (result.code !== 0) throw gitFailed(`check out the files of ${quoted(path)}`, result);
  return rescued;
}

/** Whether a half checked out folder holds anything that its commit does not: a torn file, or what a person put there. */
async function holdsOwnContent(host: Host, path: string, gitDir: string): Promise<boolean> {
  if (host.files.list(path).every((name) => name === '.git')) return false;
  return withIndex(host, gitDir, async (index) => {
    const options = { index, timeoutMs: WORK_TIMEOUT_MS, mayFetch: true };
    const read = await git(host, path, ['read-tree', 'HEAD'], options);
    if (read.code !== 0) throw gitFailed(`read the commit of ${quoted(path)}`, read);
    // Its exit status says only that something differs, which the next call says better.
    await git(host, path, ['update-index', '-q', '--refresh'], options);
    const differing = await git(host, path, ['diff-files', '--name-only', '--diff-filter=d', '-z'], options);
    const others = await git(host, path, ['ls-files', '--others', '-z'], options);
    for (const result of [differing, others]) {
      if (result.code !== 0) throw gitFailed(`look at the files of ${quoted(path)}`, result);
    }
    return differing.stdout !== '' || others.stdout !== '';
  });
}

/** Takes back a removal that was interrupted: what it deleted is checked out again, what is there is not touched. */
export async function restore(host: Host, path: string, gitDir: string, mark: WorktreeMark): Promise<void> {
  const file = join(path, '.git');
  if (host.files.stat(file) === undefined) host.files.write(file, `gitdir: ${gitDir}\n`, { mode: 0o644 });
  host.files.remove(join(gitDir, 'index.lock'));
  // Fails for a file that was changed, which is left as it is and then counts as work.
  await git(host, path, ['checkout-index', '--all', '--quiet'], {
    timeoutMs: WORK_TIMEOUT_MS,
    mayFetch: true,
  });
  const { removing: _, ...whole } = mark;
  writeMark(host, gitDir, whole);
}

/** Has the repository forget a worktree whose folder is gone, once what only the registration held is saved. */
async function forget(
  host: Host,
  repository: string,
  found: Registration,
  owner: Owner,
  now: number,
): Promise<Settled> {
  const { seen, mark, gitDir = '' } = found;
  // Such as on a disk that is not there just now.
  requireUnlocked(found);
  // At the beginning of a removal all of it was known to be safe, and no folder means no work since.
  const safe = mark?.removing !== undefined && mark.removing.head === seen.head;
  const rescued = safe
    ? undefined
    : await saveRegistered(host, { repository, gitDir, seen, agent: owner.agent, now });
  await unlockOurs(host, repository, found);
  const result = await git(host, repository, ['worktree', 'remove', '--', seen.path]);
  if (result.code !== 0)
    throw gitFailed(`forget the worktree ${quoted(seen.path)}, whose folder is gone`, result);
  return { state: 'gone', ...(rescued === undefined ? {} : { rescued }) };
}

/** Clears away a folder in which git had not yet come further than its own `.git` file. */
function discard(host: Host, path: string): void {
  if (host.files.list(path).some((name) => name !== '.git')) {
    throw new WorktreeError('path-taken', `${quoted(path)} is a half-made worktree with files in it`, {
      fix: 'Move them away, then apply again.',
    });
  }
  host.files.remove(join(path, '.git'));
  host.files.removeEmptyFolder(path);
}
