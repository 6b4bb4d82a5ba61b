/** Removes a worktree of ours that holds nothing of its own. */
import { quoted } from '../base/text.ts';
import type { Host } from '../host/host.ts';
import { git } from '../observe/git.ts';
import type { Registration } from '../observe/worktrees.ts';
import { lookAtWork, type WorkFound } from '../observe/work.ts';
import { gitFailed, WorktreeError } from './error.ts';
import { seeUsers, type PanePaths } from './in-use.ts';
import {
  atWorkOn,
  locate,
  requireOurs,
  requireUnlocked,
  unlockOurs,
  WORK_TIMEOUT_MS,
  writeMark,
} from './place.ts';
import { perRepository } from './queue.ts';
import { restore, settle } from './settle.ts';

export interface RemoveWish {
  fleet: string;
  agent: string;
  repository: string;
  path: string;
  panes: PanePaths;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Removed {
  /** False: there was nothing to remove. */
  removed: boolean;
  /** A ref under which is saved what only the registration of a worktree without a folder still held. */
  rescued?: string;
}

/**
 * Removes the agent's worktree; its branch stays. Refuses, with a WorktreeError, while anything in it is uncommitted,
 * untracked or unpushed, while a process or pane works in it, and when it is not ours or locked by somebody: all of this is
 * looked at here, immediately before. Killed at any point, the next call ends it.
 */
export const removeWorktree = (host: Host, wish: RemoveWish): Promise<Removed> =>
  perRepository(host, wish.repository, async () => {
    const { repository, path, panes, fleet, agent, now } = wish;
    let place = await locate(host, repository, path);
    if (place.found === undefined) {
      if (host.files.stat(place.path) === undefined) return { removed: false };
      throw new WorktreeError('foreign', `${quoted(path)} is not a worktree of ${quoted(repository)}`);
    }
    requireOurs(place.found, wish);
    requireUnlocked(place.found);
    requireUnused(host, place.path, panes);
    const { state, ...saved } = await settle(host, repository, place.found, { fleet, agent }, now);
    if (state === 'gone') return { removed: true, ...saved };
    place = await locate(host, repository, path);
    const work = await requireKnown(host, place.path);
    const left = inWords(work);
    if (left !== undefined || place.found === undefined) {
      throw new WorktreeError(
        'has-work',
        `the worktree ${quoted(path)} holds ${left ?? 'what cannot be told'}`,
        {
          fix: 'Commit and push it, or let `mosaic worktree gc` save it under a ref.',
        },
      );
    }
    await dismantle(host, repository, place.found, { force: false, head: work.head });
    return { removed: true, ...saved };
  });

export function requireUnused(host: Host, path: string, panes: PanePaths): void {
  const user = seeUsers(host, panes)(path);
  if (user === undefined) return;
  throw new WorktreeError('in-use', `the worktree ${quoted(path)} is in use: ${user}`);
}

/** What is in the worktree; throws when that cannot be told. */
export async function requireKnown(host: Host, path: string): Promise<WorkFound> {
  const work = await lookAtWork(host, path);
  if (work.known) return work.value;
  throw new WorktreeError('has-work', `it cannot be told what is in ${quoted(path)}: ${work.why}`, {
    fix: work.fix,
  });
}

/** What would be lost, in words; undefined when nothing would. */
export function inWords(work: WorkFound): string | undefined {
  const parts = [
    ...(work.operation === undefined ? [] : [`a ${work.operation} in progress`]),
    ...(work.modified === 0 ? [] : [`${work.modified} changed`]),
    ...(work.untracked === 0 ? [] : [`${work.untracked} untracked`]),
    ...(work.unpushed === 0 ? [] : [`${work.unpushed} unpushed`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

/**
 * The removal itself, once everything in the worktree is known to be safe. Says so in the mark first, so that what an
 * interrupted one deleted is not taken for somebody's deletion. `force` only after a rescue that was just compared.
 */
export async function dismantle(
  host: Host,
  repository: string,
  found: Registration,
  how: { force: boolean; head: string | undefined },
): Promise<void> {
  const { gitDir, mark } = found;
  const { path } = found.seen;
  if (gitDir === undefined || mark === undefined)
    throw new WorktreeError('foreign', `${quoted(path)} has no mark`);
  await unlockOurs(host, repository, found);
  writeMark(host, gitDir, { ...mark, removing: how.head === undefined ? {} : { head: how.head } });
  const force = how.force ? ['--force'] : [];
  const result = await git(host, repository, ['worktree', 'remove', ...force, '--', path], {
    timeoutMs: WORK_TIMEOUT_MS,
    env: atWorkOn(path),
  });
  if (result.code === 0) return;
  // git may have deleted some of the files before it failed.
  if (host.files.stat(path) !== undefined && host.files.stat(gitDir) !== undefined) {
    await restore(host, path, gitDir, mark);
  }
  throw gitFailed(`remove the worktree ${quoted(path)}`, result);
}
