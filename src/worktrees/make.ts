/** Makes an agent's worktree, or completes one whose making was interrupted. */
import { dirname, join, relative } from 'node:path';
import { quoted } from '../base/text.ts';
import type { Files, Host } from '../host/host.ts';
import { git } from '../observe/git.ts';
import { gitDirOf } from '../observe/git-folders.ts';
import { branchInUse, gitFailed, WorktreeError } from './error.ts';
import {
  locate,
  atWorkOn,
  ownLock,
  requireNoGitAtWork,
  requireOurs,
  unlockOurs,
  WORK_TIMEOUT_MS,
  writeMark,
  type Place,
} from './place.ts';
import { perRepository } from './queue.ts';
import { runner } from './runner.ts';
import { checkOut, settle } from './settle.ts';

export interface MakeWish {
  fleet: string;
  agent: string;
  repository: string;
  /** Absolute. */
  path: string;
  /** Branch, tag or commit that it starts at; absent: the repository's HEAD. Not asked when the branch exists. */
  base?: string;
  /** Checked out as it is where it exists, else begun at the base; absent: detached. */
  branch?: string;
  /** A folder of ours: where the path is below it, no link between the two is followed. */
  within?: string;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface Made {
  /** As git records it. */
  path: string;
  /** A ref under which something found in an interrupted worktree is saved. */
  rescued?: string;
}

/**
 * Ends with the agent's worktree at the path, whole, marked as ours and not locked; one that is so already is left alone,
 * whatever is checked out in it. Killed at any point, the next call reaches the same end:
 *
 * 1. `git worktree add --no-checkout --lock`: git writes the lock, whose reason names the agent, before anything else.
 * 2. The files are checked out; git writes the index when all are there.
 * 3. The mark is written, then the lock is taken away.
 *
 * Hooks do not run. Throws WorktreeError.
 */
export const makeWorktree = (host: Host, wish: MakeWish): Promise<Made> =>
  perRepository(host, wish.repository, () => make(host, wish));

async function make(host: Host, wish: MakeWish): Promise<Made> {
  const place = await locate(host, wish.repository, wish.path);
  const { path } = place;
  refuseLinks(host.files, wish.path, wish.within);
  let rescued: string | undefined;
  if (place.found !== undefined) {
    requireOurs(place.found, wish);
    const settled = await settle(host, wish.repository, place.found, owner(wish), wish.now);
    rescued = settled.rescued;
    if (settled.state === 'whole') return made(path, rescued);
  }
  refuseContent(host.files, path);
  requireNoGitAtWork(host, path);
  await add(host, place, wish);
  const gitDir = gitDirOf(host.files, path);
  if (gitDir === undefined) throw new WorktreeError('failed', `git made no worktree at ${quoted(path)}`);
  const { agent, repository, branch, now } = wish;
  rescued = (await checkOut(host, { repository, path, gitDir, agent, now })) ?? rescued;
  writeMark(host, gitDir, {
    ...owner(wish),
    createdAt: now,
    repository,
    ...(branch === undefined ? {} : { branch }),
  });
  const { found } = await locate(host, repository, path);
  if (found?.mark === undefined) throw new WorktreeError('failed', `git does not list ${quoted(path)}`);
  await unlockOurs(host, repository, found);
  return made(path, rescued);
}

const owner = ({ fleet, agent }: MakeWish): { fleet: string; agent: string } => ({ fleet, agent });

const made = (path: string, rescued: string | undefined): Made =>
  rescued === undefined ? { path } : { path, rescued };

async function add(host: Host, place: Place, wish: MakeWish): Promise<void> {
  const { repository, path } = place;
  const { branch } = wish;
  const how: string[] = [];
  let start: string;
  if (branch !== undefined && (await branchExists(host, repository, branch))) {
    const elsewhere = place.all.find(({ seen }) => seen.branch === branch && seen.path !== path);
    if (elsewhere !== undefined) throw branchInUse(branch, elsewhere.seen.path);
    start = branch;
  } else {
    start = await resolveBase(host, repository, wish.base);
    how.push(...(branch === undefined ? ['--detach'] : ['--no-track', '-b', branch]));
  }
  if (host.files.stat(dirname(path)) === undefined) host.files.mkdir(dirname(path));
  const result = await git(
    host,
    repository,
    ['worktree', 'add', '--no-checkout', ...ownLock(wish), ...how, '--', path, start],
    { timeoutMs: WORK_TIMEOUT_MS, env: atWorkOn(path) },
  );
  if (result.code !== 0) throw gitFailed(`make the worktree ${quoted(path)}`, result);
}

async function branchExists(host: Host, repository: string, branch: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const valid = await git(host, repository, ['check-ref-format', ref]);
  // Names that git's own commands read as something else: options, HEAD.
  if (valid.code === 1 || branch.startsWith('-') || branch === 'HEAD') {
    throw new WorktreeError('bad-branch', `${quoted(branch)} is not a name that git allows for a branch`);
  }
  const exists = await git(host, repository, ['show-ref', '--verify', '--quiet', ref]);
  if (exists.code === 0 || exists.code === 1) return exists.code === 0;
  throw gitFailed(`look up the branch ${quoted(branch)}`, exists);
}

async function resolveBase(host: Host, repository: string, base: string | undefined): Promise<string> {
  const commit = await runner(host, repository).commitOf(base ?? 'HEAD');
  if (commit !== undefined) return commit;
  const where = quoted(repository);
  throw base === undefined
    ? new WorktreeError('base-not-found', `${where} has no commit yet to start a worktree at`, {
        fix: 'Make a first commit there.',
      })
    : new WorktreeError('base-not-found', `${quoted(base)} is no branch, tag or commit of ${where}`, {
        fix: 'Fetch it, or correct `worktree.base`.',
      });
}

/** A link at the path, or in our own folders above it, would have us write wherever it points. */
function refuseLinks(files: Files, path: string, within: string | undefined): void {
  const below = within === undefined ? '' : relative(within, path);
  const inOurs = within !== undefined && below !== '' && !below.startsWith('../');
  let part = inOurs ? within : path;
  for (const name of inOurs ? below.split('/') : ['']) {
    part = join(part, name);
    if (files.stat(part)?.kind !== 'link') continue;
    throw new WorktreeError('path-is-link', `${quoted(part)} is a symbolic link`, {
      fix: 'Remove the link, or name where it points as the path of the worktree.',
    });
  }
}

function refuseContent(files: Files, path: string): void {
  const kind = files.stat(path)?.kind;
  if (kind === undefined || (kind === 'folder' && files.list(path).length === 0)) return;
  throw new WorktreeError(
    'path-taken',
    kind === 'folder' ? `${quoted(path)} is a folder with files in it` : `${quoted(path)} is not a folder`,
    { fix: 'Move it away, or give the agent another path.' },
  );
}
