/**
 * Saves everything that only a worktree holds under a ref of its repository. The working tree and the real index are not
 * touched: all of it happens in index files of our own. Contents pass the repository's clean filters, as in any commit.
 */
import { join } from 'node:path';
import { quoted } from '../base/text.ts';
import type { Host } from '../host/host.ts';
import type { WorktreeSeen } from '../model/observation.ts';
import { gitWhy } from '../observe/git.ts';
import { commonDirOf, gitDirOf } from '../observe/git-folders.ts';
import { overlooked, type Overlooked } from '../observe/work.ts';
import { gitFailed, WorktreeError } from './error.ts';
import { copyIndex, withIndex } from './own-index.ts';
import { runner, type Runner } from './runner.ts';

export interface RescueWish {
  repository: string;
  path: string;
  agent: string;
  /** Names the ref; milliseconds since the epoch. */
  now: number;
}

export interface Rescued {
  ref: string;
  commit: string;
}

/**
 * Saves what is uncommitted, untracked (and not ignored) and unpushed in a worktree, and reads it back. An index that differs
 * from both the commit and the files, and commits of an operation in progress, become further parents.
 *
 * Throws WorktreeError: `unsavable` where a commit cannot hold it all (repositories within, files that cannot be read),
 * `disk-full`, `busy`, `failed`. Nothing is lost by a failure, and the worktree is as it was.
 */
export async function rescue(host: Host, wish: RescueWish): Promise<Rescued> {
  const { path, agent, now } = wish;
  const gitDir = gitDirOf(host.files, path);
  if (gitDir === undefined || commonDirOf(host.files, path) !== commonDirOf(host.files, wish.repository)) {
    throw new WorktreeError('unsavable', `${quoted(path)} is not a worktree of ${quoted(wish.repository)}`);
  }
  const git = runner(host, path);
  const head = await git.commitOf('HEAD');
  const flags = await flagged(host, git, path);
  const { staged, tree } = await withIndex(host, gitDir, async (index) => {
    const copied = await copyIndex(host, gitDir, index);
    // Undefined with conflicts: only the files can be saved then, which hold both sides.
    const staged = copied ? await git.tryTree(index) : undefined;
    await git.flag(index, '--no-assume-unchanged', flags.present);
    await git.flag(index, '--no-skip-worktree', flags.present);
    await git.addAll(index);
    return { staged, tree: await git.tree(index) };
  });
  refuseRepositories(
    host,
    path,
    (await git.run('list what was saved', ['ls-tree', '-r', '-z', tree])).stdout,
  );
  const headTree = head === undefined ? await git.emptyTree() : await git.treeOf(head);
  const message = `Saved from the worktree of ${agent} at ${JSON.stringify(path)}\n`;
  const parents = head === undefined ? [] : [head];
  if (staged !== undefined && staged !== tree && staged !== headTree) {
    parents.push(await git.commit(staged, parents, `Index: ${message}`, now));
  }
  for (const name of heldByOperations(host, gitDir)) {
    const commit = await git.commitOf(name);
    if (commit !== undefined && !parents.includes(commit)) parents.push(commit);
  }
  const commit =
    head !== undefined && tree === headTree && parents.length === 1
      ? head
      : await git.commit(tree, parents, message, now);
  const ref = await createRef(git, agent, commit, now);
  await verify(host, path, gitDir, { ref, commit, tree, head });
  return { ref, commit };
}

/** Whether the folder still holds exactly what a rescue saved, by the contents of every file. */
export async function isSaved(host: Host, path: string, saved: Rescued): Promise<boolean> {
  const gitDir = gitDirOf(host.files, path);
  if (gitDir === undefined) return false;
  const git = runner(host, path);
  const head = await git.commitOf('HEAD');
  // Committed since: not saved, though the files may be the same.
  if (head !== undefined) {
    const within = await git.try(['merge-base', '--is-ancestor', head, saved.commit]);
    if (within.code !== 0) return false;
  }
  return (await differenceFrom(host, path, gitDir, saved.commit)) === undefined;
}

/**
 * For a worktree whose folder is gone: saves what its registration alone still holds, which is a commit that no ref reaches,
 * or an index that was not committed. Gives the ref; undefined when there is no such thing.
 */
export async function saveRegistered(
  host: Host,
  wish: { repository: string; gitDir: string; seen: WorktreeSeen; agent: string; now: number },
): Promise<string | undefined> {
  const { repository, gitDir, seen, agent, now } = wish;
  const { head } = seen;
  if (head === undefined || gitDir === '') return undefined;
  const git = runner(host, repository);
  const staged = await withIndex(host, gitDir, async (index) =>
    (await copyIndex(host, gitDir, index)) ? git.tree(index) : undefined,
  );
  if (staged !== undefined && staged !== (await git.treeOf(head))) {
    const message = `Index of the worktree of ${agent} at ${JSON.stringify(seen.path)}, whose folder is gone\n`;
    return createRef(git, agent, await git.commit(staged, [head], message, now), now);
  }
  // Without --single-worktree, the HEAD in question would itself count as holding the commit.
  const alone = await git.run('count commits', [
    'rev-list',
    '--single-worktree',
    '--count',
    head,
    '--not',
    '--all',
  ]);
  return alone.stdout.trim() === '0' ? undefined : createRef(git, agent, head, now);
}

/** Makes the ref, never replacing one: the time is counted on where two fall together. */
async function createRef(git: Runner, agent: string, commit: string, now: number): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(/[-:]/g, '');
  const none = '0'.repeat(commit.length);
  for (let count = 1; ; count++) {
    const ref = `refs/mosaic/rescue/${agent}/${time}${count === 1 ? '' : `-${count}`}`;
    const result = await git.try(['update-ref', ref, commit, none]);
    if (result.code === 0) return ref;
    if (count === 100 || !/already exists/.test(result.stderr)) throw gitFailed(`write ${ref}`, result);
  }
}

/** Reads back what was saved: the ref, every object, and that the tree is what the folder holds. */
async function verify(
  host: Host,
  path: string,
  gitDir: string,
  saved: { ref: string; commit: string; tree: string; head: string | undefined },
): Promise<void> {
  const git = runner(host, path);
  if ((await git.commitOf(saved.ref)) !== saved.commit || (await git.treeOf(saved.ref)) !== saved.tree) {
    throw new WorktreeError('unsavable', `${saved.ref} does not hold what was saved`);
  }
  const known = saved.head === undefined ? [] : ['--not', saved.head];
  await git.run('read back what was saved', ['rev-list', '--objects', '--quiet', saved.commit, ...known]);
  const difference = await differenceFrom(host, path, gitDir, saved.commit);
  if (difference === undefined) return;
  throw new WorktreeError(
    'unsavable',
    `${quoted(path)} changed while it was saved under ${saved.ref}: ${difference}`,
    {
      transient: true,
    },
  );
}

/** Where the folder differs from a commit, by contents and not by times; undefined when it does not. */
async function differenceFrom(
  host: Host,
  path: string,
  gitDir: string,
  commit: string,
): Promise<string | undefined> {
  const git = runner(host, path);
  return withIndex(host, gitDir, async (index) => {
    await git.run('read what was saved', ['read-tree', commit], { index });
    await git.flag(index, '--skip-worktree', (await flagged(host, git, path)).absent);
    const refresh = await git.try(['update-index', '--refresh'], { index });
    if (refresh.code !== 0) return refresh.stdout.split('\n')[0] ?? gitWhy(refresh);
    const others = await git.run('list files', ['ls-files', '--others', '--exclude-standard', '-z'], {
      index,
    });
    const first = others.stdout.split('\0')[0] ?? '';
    return first === '' ? undefined : `${quoted(first)} was added`;
  });
}

const flagged = async (host: Host, git: Runner, path: string): Promise<Overlooked> =>
  overlooked(host.files, path, (await git.run('list the index', ['ls-files', '-v', '-z'])).stdout);

/** A commit holds of a repository within the worktree only the name of its commit, and not its files. */
function refuseRepositories(host: Host, path: string, tree: string): void {
  for (const entry of tree.split('\0')) {
    const [, name] = /^160000 commit [0-9a-f]+\t([^]+)$/.exec(entry) ?? [];
    if (name === undefined || host.files.list(join(path, name)).length === 0) continue;
    throw new WorktreeError(
      'unsavable',
      `${quoted(name)} in ${quoted(path)} is a repository of its own, which a commit here would not hold`,
      { fix: 'Push or move it, then try again.' },
    );
  }
}

/** Files in which git keeps commits for an operation that is not ended. */
const OPERATION_FILES = [
  'MERGE_HEAD',
  'MERGE_AUTOSTASH',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'rebase-merge/orig-head',
  'rebase-merge/autostash',
  'rebase-apply/orig-head',
  'rebase-apply/autostash',
];

const heldByOperations = (host: Host, gitDir: string): string[] =>
  OPERATION_FILES.flatMap((file) => (host.files.read(join(gitDir, file)) ?? '').split('\n')).filter((line) =>
    /^[0-9a-f]{40,64}$/.test(line),
  );
