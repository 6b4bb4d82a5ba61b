/** The worktrees of each repository: one `git worktree list` a repository, the rest are file reads. Writes nothing. */
import { basename, dirname, join, resolve } from 'node:path';
import { quoted } from '../base/text.ts';
import type { Files, Host } from '../host/host.ts';
import type { WorktreeSeen } from '../model/observation.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { git, gitUnknown } from './git.ts';
import { commonDirOf, gitDirOf, withoutNewline } from './git-folders.ts';
import { fewAtATime } from './pool.ts';
import { MARK_FILE, parseLockReason, parseMark, type WorktreeMark } from './worktree-mark.ts';

export { describeWork, inspectWork } from './work.ts';

const AT_ONCE = 8;
const LIST_TIMEOUT_MS = 10_000;

/** Looks at every repository, a few at a time. One that cannot be asked is `unknown` and does not hold up the others. */
export async function observeRepositories(
  host: Host,
  repositories: readonly string[],
): Promise<Map<string, Source<WorktreeSeen[]>>> {
  const distinct = [...new Set(repositories)];
  const reads = await fewAtATime(distinct, AT_ONCE, (repository) => readRepository(host, repository));
  return new Map(
    reads.map((read, index) => [
      distinct[index] ?? '',
      read.known ? known(read.value.map(({ seen }) => seen)) : read,
    ]),
  );
}

/** A worktree as its repository knows it, and what we know of it besides. */
export interface Registration {
  seen: WorktreeSeen;
  /** The worktree's own git directory; absent for the main worktree, and where none can be trusted. */
  gitDir?: string;
  /** Our mark, also when a removal was begun. */
  mark?: WorktreeMark;
  lockReason?: string;
}

/** What git lists, with what its files tell. `unknown` when any of it cannot be trusted. */
export async function readRepository(host: Host, repository: string): Promise<Source<Registration[]>> {
  let common: string | undefined;
  try {
    if (host.files.target(repository)?.kind !== 'folder') {
      return unknown(
        `there is no folder ${quoted(repository)}`,
        'Clone the repository there, or correct `repository`.',
      );
    }
    common = commonDirOf(host.files, repository);
  } catch (error) {
    return unknown(`${quoted(repository)} cannot be looked at: ${(error as Error).message}`);
  }
  if (common === undefined) {
    return unknown(
      `${quoted(repository)} is not a git repository`,
      'Clone it there, or correct `repository`.',
    );
  }
  const result = await git(host, repository, ['worktree', 'list', '--porcelain', '-z'], {
    timeoutMs: LIST_TIMEOUT_MS,
  });
  if (result.failure !== undefined || result.code !== 0) return gitUnknown(repository, result);
  const listed = parseWorktreeList(result.stdout);
  if (listed === undefined)
    return unknown(`git listed no worktrees of ${quoted(repository)} that we can read`);
  try {
    const gitDirs = gitDirsByPath(host.files, common);
    return known(
      listed
        .filter((entry) => !entry.bare)
        .map((entry) => register(host.files, entry, gitDirs.get(entry.path))),
    );
  } catch (error) {
    return unknown(`the worktrees of ${quoted(repository)} cannot be read: ${(error as Error).message}`);
  }
}

export interface ListedWorktree {
  path: string;
  head?: string;
  /** Without refs/heads/. */
  branch?: string;
  bare: boolean;
  /** The reason, which may be empty. */
  locked?: string;
  prunable?: string;
}

/** Reads `git worktree list --porcelain -z`; undefined when the text is none. */
export function parseWorktreeList(text: string): ListedWorktree[] | undefined {
  if (!text.endsWith('\0\0')) return undefined;
  const worktrees: ListedWorktree[] = [];
  for (const record of text.slice(0, -2).split('\0\0')) {
    const [first = '', ...lines] = record.split('\0');
    if (!first.startsWith('worktree /')) return undefined;
    const worktree: ListedWorktree = { path: first.slice('worktree '.length), bare: false };
    for (const line of lines) {
      const space = line.indexOf(' ');
      const word = space < 0 ? line : line.slice(0, space);
      const value = space < 0 ? '' : line.slice(space + 1);
      if (word === 'HEAD') {
        if (!/^[0-9a-f]{40,64}$/.test(value)) return undefined;
        // All zeroes: no commit yet.
        if (/[^0]/.test(value)) worktree.head = value;
      } else if (word === 'branch') worktree.branch = value.replace(/^refs\/heads\//, '');
      else if (word === 'bare') worktree.bare = true;
      else if (word === 'locked') worktree.locked = value;
      else if (word === 'prunable') worktree.prunable = value;
    }
    worktrees.push(worktree);
  }
  return worktrees;
}

function register(files: Files, entry: ListedWorktree, gitDir: string | undefined): Registration {
  const { path, head, branch, locked } = entry;
  const kind = files.stat(path)?.kind;
  const seen: WorktreeSeen = {
    path,
    ...(head === undefined ? {} : { head }),
    ...(branch === undefined ? {} : { branch }),
    prunable: entry.prunable !== undefined || kind === undefined,
    locked: locked !== undefined,
  };
  if (gitDir === undefined) return { seen };
  const registration: Registration = {
    seen,
    gitDir,
    ...(locked === undefined ? {} : { lockReason: locked }),
  };
  const mark = readMark(files, gitDir);
  const locker = parseLockReason(locked);
  if (locker !== undefined) seen.locked = false;
  // What stands at the path must be this worktree, or nothing at all: a link or another repository's folder is foreign.
  const points = kind === 'folder' ? gitDirOf(files, path) : undefined;
  const itself = points !== undefined && files.realpath(points) === files.realpath(gitDir);
  const torn = kind === 'folder' && files.stat(join(path, '.git')) === undefined;
  if (mark === undefined) {
    if (locker !== undefined && (itself || torn || kind === undefined)) seen.unfinished = locker;
    return registration;
  }
  const { fleet, agent, removing } = mark;
  // With our lock still on it, its making came as far as the mark and not to its end.
  const begun = removing !== undefined || locker !== undefined;
  if (begun && (itself || torn || kind === undefined)) seen.unfinished = { fleet, agent };
  else if (itself || kind === undefined) seen.owner = { fleet, agent };
  else return registration;
  return { ...registration, mark };
}

function readMark(files: Files, gitDir: string): WorktreeMark | undefined {
  try {
    const path = join(gitDir, MARK_FILE);
    // Read through no link: a mark that stands elsewhere is not on this worktree.
    return files.stat(path)?.kind === 'file' ? parseMark(files.read(path) ?? '') : undefined;
  } catch {
    return undefined;
  }
}

/** From each worktree's path to its git directory, as the repository has them (gitrepository-layout(5), worktrees/). */
function gitDirsByPath(files: Files, common: string): Map<string, string> {
  const folder = join(common, 'worktrees');
  const found = new Map<string, string>();
  for (const id of files.list(folder)) {
    const gitDir = join(folder, id);
    if (files.stat(gitDir)?.kind !== 'folder') continue;
    const text = files.read(join(gitDir, 'gitdir'));
    if (text === undefined) continue;
    const file = resolve(gitDir, withoutNewline(text));
    if (basename(file) === '.git') found.set(dirname(file), gitDir);
  }
  return found;
}
