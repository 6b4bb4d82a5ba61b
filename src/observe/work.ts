/** What is in a worktree that nothing else holds. Looks only: no index is refreshed, no hook runs. */
import { join } from 'node:path';
import { quoted } from '../base/text.ts';
import type { Files, Host } from '../host/host.ts';
import type { WorkSeen } from '../model/observation.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { gitDirOf } from './git-folders.ts';
import { git, gitUnknown, gitWhy } from './git.ts';

const LOOK_TIMEOUT_MS = 60_000;

export interface WorkFound extends WorkSeen {
  /** Absent before the first commit. */
  head?: string;
  /** Changed and untracked paths, below the worktree; an untracked folder ends with a slash. */
  paths: string[];
  /** An operation that was begun and not ended, such as `merge`. */
  operation?: string;
}

/** What would be lost with a worktree. */
export async function inspectWork(host: Host, path: string): Promise<Source<WorkSeen>> {
  const found = await lookAtWork(host, path);
  if (!found.known) return found;
  const { modified, untracked, unpushed } = found.value;
  return known({ modified, untracked, unpushed });
}

/** `git status` in words for a crash record; where git does not tell, why. */
export async function describeWork(host: Host, path: string): Promise<string> {
  if (gitDirOf(host.files, path) === undefined) return `${quoted(path)} is not a git worktree\n`;
  const result = await git(host, path, ['status', '--porcelain=v2', '--branch'], {
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  return result.code === 0 ? result.stdout : `git status failed: ${gitWhy(result)}\n`;
}

/** As `inspectWork`, with what a removal has to know besides. */
export async function lookAtWork(host: Host, path: string): Promise<Source<WorkFound>> {
  // Without its .git file, git would search the folders above and answer for another repository.
  const gitDir = gitDirOf(host.files, path);
  if (gitDir === undefined) return unknown(`${quoted(path)} is not a git worktree`);
  const options = { timeoutMs: LOOK_TIMEOUT_MS };
  const [status, flags] = await Promise.all([
    git(
      host,
      path,
      [
        'status',
        '--porcelain=v2',
        '--branch',
        '-z',
        '--untracked-files=normal',
        '--no-renames',
        '--ignore-submodules=none',
      ],
      options,
    ),
    git(host, path, ['ls-files', '-v', '-z'], options),
  ]);
  for (const result of [status, flags]) {
    if (result.failure !== undefined || result.code !== 0) return gitUnknown(path, result);
    // git goes on past a folder that it cannot read, and says so only here.
    if (/^warning: could not open /m.test(result.stderr)) {
      return unknown(`not everything in ${quoted(path)} can be read: ${gitWhy(result)}`);
    }
  }
  const parsed = parseStatus(status.stdout);
  if (parsed === undefined) return unknown(`git status in ${quoted(path)} answered what we cannot read`);
  let hidden: string[];
  let operation: string | undefined;
  try {
    // Whether they differ is not asked: that they may is enough to count them.
    hidden = overlooked(host.files, path, flags.stdout).present;
    operation = operationIn(host.files, gitDir);
  } catch (error) {
    return unknown(`${quoted(path)} cannot be looked at: ${(error as Error).message}`);
  }
  const { head, branch, changed, untracked } = parsed;
  const unpushed = head === undefined ? known(0) : await countUnpushed(host, path, head, branch);
  if (!unpushed.known) return unpushed;
  return known({
    modified: changed.length + hidden.length + (operation === undefined ? 0 : 1),
    untracked: untracked.length,
    unpushed: unpushed.value,
    paths: [...changed, ...hidden, ...untracked],
    ...(head === undefined ? {} : { head }),
    ...(operation === undefined ? {} : { operation }),
  });
}

export interface ParsedStatus {
  head?: string;
  /** As git prints it: also `(detached)`. */
  branch: string;
  changed: string[];
  untracked: string[];
}

/** Reads `git status --porcelain=v2 --branch -z --no-renames`; undefined when the text is none. */
export function parseStatus(text: string): ParsedStatus | undefined {
  const parsed: ParsedStatus = { branch: '', changed: [], untracked: [] };
  for (const line of text.split('\0')) {
    if (line === '') continue;
    const entry = /^(?:1(?: \S+){7}|u(?: \S+){9}|\?) ([^]+)$/.exec(line);
    if (entry?.[1] !== undefined) (line.startsWith('?') ? parsed.untracked : parsed.changed).push(entry[1]);
    else if (line.startsWith('# branch.oid ')) {
      const oid = line.slice('# branch.oid '.length);
      if (oid !== '(initial)') parsed.head = oid;
    } else if (line.startsWith('# branch.head ')) parsed.branch = line.slice('# branch.head '.length);
    else if (!line.startsWith('# ')) return undefined;
  }
  return parsed.branch === '' ? undefined : parsed;
}

/** What `git ls-files -v -z` lists as entries whose files git does not look at. */
export interface Overlooked {
  /** Their changes, if any, do not show: flagged assume-unchanged, or skip-worktree although they are there. */
  present: string[];
  /** Left out on purpose, such as by a sparse checkout; not deleted. */
  absent: string[];
}

export function overlooked(files: Files, path: string, listing: string): Overlooked {
  const found: Overlooked = { present: [], absent: [] };
  for (const entry of listing.split('\0')) {
    if (!/^[a-zS] /.test(entry)) continue;
    const name = entry.slice(2);
    if (files.stat(join(path, name)) !== undefined) found.present.push(name);
    else if (/^[Ss]/.test(entry)) found.absent.push(name);
  }
  return found;
}

const OPERATIONS = [
  ['MERGE_HEAD', 'merge'],
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['sequencer', 'cherry-pick'],
  ['BISECT_LOG', 'bisect'],
] as const;

/** What was begun in a worktree and not ended, such as `merge`, as files in its git directory tell. */
export const operationIn = (files: Files, gitDir: string): string | undefined =>
  OPERATIONS.find(([file]) => files.stat(join(gitDir, file)) !== undefined)?.[1];

/**
 * Commits that only this worktree's HEAD, or the branch it has checked out, holds. A branch may be called `(detached)`; left
 * out for a HEAD that really is, it makes the count higher and never lower.
 */
async function countUnpushed(
  host: Host,
  path: string,
  head: string,
  branch: string,
): Promise<Source<number>> {
  const result = await git(
    host,
    path,
    ['rev-list', '--count', head, '--not', '--remotes', `--exclude=${branch}`, '--branches'],
    { timeoutMs: LOOK_TIMEOUT_MS },
  );
  if (result.failure !== undefined || result.code !== 0) return gitUnknown(path, result);
  const count = Number(result.stdout.trim());
  return Number.isInteger(count) && result.stdout.trim() !== ''
    ? known(count)
    : unknown(`git counted no commits in ${quoted(path)}`);
}
