import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { describeWork, inspectWork, lookAtWork, parseStatus } from '../../src/observe/work.ts';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { makeWorld, NOW, valueOf, type World } from './world.ts';

async function withWorktree(t: TestContext, branch?: string): Promise<{ world: World; path: string }> {
  const world = makeWorld(t);
  const made = await makeWorktree(world.host, {
    fleet: 'f',
    agent: 'a',
    repository: world.repository,
    path: world.path('a'),
    now: NOW,
    ...(branch === undefined ? {} : { branch }),
  });
  return { world, path: made.path };
}

const work = async ({ world, path }: { world: World; path: string }) =>
  valueOf(await inspectWork(world.host, path));
const nothing = { modified: 0, untracked: 0, unpushed: 0 };

test('clean; ignored files do not count', async (t) => {
  const at = await withWorktree(t);
  at.world.write(join(at.path, 'x.log'), 'ignored');
  assert.deepEqual(await work(at), nothing);
});

test('changed, staged, deleted, untracked, odd names', async (t) => {
  const at = await withWorktree(t);
  const { world, path } = at;
  world.write(join(path, 'README'), 'changed');
  world.write(join(path, 'a b\nc'), 'staged');
  world.git(path, 'add', 'a b\nc');
  fs.rmSync(join(path, 'src/run.sh'));
  world.write(join(path, 'new\n"ü'), '');
  world.write(join(path, 'folder/one'), '');
  world.write(join(path, 'folder/two'), '');
  assert.deepEqual(await work(at), { modified: 3, untracked: 2, unpushed: 0 });
  const { paths } = valueOf(await lookAtWork(world.host, path));
  assert.deepEqual(paths.toSorted(), ['README', 'a b\nc', 'folder/', 'new\n"ü', 'src/run.sh']);
});

test('unpushed: commits that no remote branch and no other local branch holds', async (t) => {
  const at = await withWorktree(t, 'agents/a');
  const { world, path } = at;
  world.git(path, 'commit', '--allow-empty', '-qm', '1');
  world.git(path, 'commit', '--allow-empty', '-qm', '2');
  assert.equal((await work(at)).unpushed, 2);
  world.git(path, 'branch', 'kept', 'HEAD^');
  assert.equal((await work(at)).unpushed, 1);
  world.git(path, 'update-ref', 'refs/remotes/origin/agents/a', 'HEAD');
  assert.equal((await work(at)).unpushed, 0);
  world.git(path, 'checkout', '-q', '--detach');
  world.git(path, 'commit', '--allow-empty', '-qm', '3');
  assert.equal((await work(at)).unpushed, 1);
  // A branch of that name does not hide a commit of a HEAD that is detached.
  world.git(path, 'branch', '(detached)', 'HEAD');
  assert.equal((await work(at)).unpushed, 1);
  // A branch called as the beginning of another is not taken for it.
  world.git(path, 'checkout', '-qb', 'kept2');
  world.git(path, 'branch', '-D', '(detached)');
  assert.equal((await work(at)).unpushed, 1);
});

test('an operation in progress counts as changed', async (t) => {
  const at = await withWorktree(t);
  const { world, path } = at;
  world.git(path, 'bisect', 'start');
  assert.deepEqual(await work(at), { ...nothing, modified: 1 });
  world.git(path, 'bisect', 'reset');
  assert.deepEqual(await work(at), nothing);
  const gitDir = join(world.repository, '.git/worktrees/a');
  for (const file of [
    'MERGE_HEAD',
    'rebase-merge/head-name',
    'rebase-apply/onto',
    'CHERRY_PICK_HEAD',
    'REVERT_HEAD',
  ]) {
    world.write(join(gitDir, file), `${world.git(path, 'rev-parse', 'HEAD')}\n`);
    assert.equal((await work(at)).modified, 1, file);
    fs.rmSync(join(gitDir, file.split('/')[0] ?? ''), { recursive: true });
  }
});

test('conflicts count', async (t) => {
  const at = await withWorktree(t);
  const { world, path } = at;
  world.write(join(path, 'README'), 'one');
  world.git(path, 'commit', '-qam', 'one');
  world.git(path, 'branch', 'one');
  world.git(path, 'checkout', '-q', 'HEAD^');
  world.write(join(path, 'README'), 'two');
  world.git(path, 'commit', '-qam', 'two');
  assert.throws(() => world.git(path, 'merge', 'one'));
  assert.deepEqual(await work(at), { modified: 2, untracked: 0, unpushed: 1 });
});

test('what git was told to overlook counts; what a sparse worktree leaves out does not', async (t) => {
  const at = await withWorktree(t);
  const { world, path } = at;
  world.git(path, 'update-index', '--assume-unchanged', 'README');
  world.git(path, 'update-index', '--skip-worktree', 'src/run.sh');
  assert.equal((await work(at)).modified, 2);
  world.git(path, 'update-index', '--no-assume-unchanged', 'README');
  fs.rmSync(join(path, 'src/run.sh'));
  assert.deepEqual(await work(at), nothing);
});

test('changes within submodules and repositories within count', async (t) => {
  const at = await withWorktree(t);
  const { world, path } = at;
  const library = world.init(join(world.root, 'library'));
  world.git(path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  world.git(path, 'commit', '-qm', 'lib');
  world.git(path, 'config', 'submodule.lib.ignore', 'all');
  world.git(path, 'branch', 'kept');
  assert.deepEqual(await work(at), nothing);
  world.write(join(path, 'lib/README'), 'changed');
  assert.equal((await work(at)).modified, 1);
  world.init(join(path, 'nested'));
  assert.equal((await work(at)).untracked, 1);
});

test('a branch without a commit has nothing to push', async (t) => {
  const at = await withWorktree(t);
  at.world.git(at.path, 'checkout', '-q', '--orphan', 'fresh');
  assert.deepEqual(await work(at), { modified: 3, untracked: 0, unpushed: 0 });
});

test('looking changes nothing, and hooks and monitors do not run', async (t) => {
  const { world, path } = await withWorktree(t);
  const index = join(world.repository, '.git/worktrees/a/index');
  const ran = join(world.root, 'ran');
  world.write(join(world.repository, '.git/hooks/post-index-change'), `#!/bin/sh\ntouch '${ran}'\n`);
  fs.chmodSync(join(world.repository, '.git/hooks/post-index-change'), 0o755);
  world.git(world.repository, 'config', 'core.fsmonitor', `touch '${ran}'; false`);
  // Newer than the index knows: a status that may write would refresh it.
  fs.utimesSync(join(path, 'README'), new Date(), new Date());
  fs.rmSync(ran, { force: true });
  const before = fs.readFileSync(index);
  valueOf(await inspectWork(world.host, path));
  await describeWork(world.host, path);
  assert.deepEqual(fs.readFileSync(index), before);
  assert.equal(fs.existsSync(ran), false);
});

test('what cannot be told is unknown, never clean', async (t) => {
  const { world, path } = await withWorktree(t);
  const plain = join(world.repository, 'src');
  assert.equal((await inspectWork(world.host, plain)).known, false);
  assert.equal((await inspectWork(world.host, join(world.root, 'absent'))).known, false);
  const answers = [
    { stdout: '', stderr: '', failure: 'timeout' as const, message: 'git: no answer' },
    { stdout: '', stderr: 'fatal: index file corrupt\n', code: 128 },
    { stdout: 'garbage', stderr: '', code: 0 },
    { stdout: '', stderr: '', code: 0 },
    {
      stdout: '# branch.oid (initial)\0# branch.head x\0',
      stderr: "warning: could not open directory 'x/': Permission denied\n",
      code: 0,
    },
  ];
  for (const answer of answers) {
    const host = {
      ...world.host,
      exec: (...args: Parameters<typeof world.host.exec>) =>
        args[1].includes('status') ? Promise.resolve(answer) : world.host.exec(...args),
    };
    assert.equal((await inspectWork(host, path)).known, false, JSON.stringify(answer));
  }
  fs.writeFileSync(join(path, '.git'), 'gitdir: /nowhere\n');
  assert.equal((await inspectWork(world.host, path)).known, false);
});

test('parseStatus refuses what is no status', () => {
  assert.equal(parseStatus('?? old format\0'), undefined);
  assert.deepEqual(parseStatus('# branch.oid abc\0# branch.head main\0# stash 1\0? x\0'), {
    head: 'abc',
    branch: 'main',
    changed: [],
    untracked: ['x'],
  });
});

test('describeWork says it as git does, or why not', async (t) => {
  const { world, path } = await withWorktree(t, 'b');
  world.write(join(path, 'new'), '');
  assert.match(
    await describeWork(world.host, path),
    /^# branch\.oid [0-9a-f]{40}\n# branch\.head b\n\? new\n$/,
  );
  assert.match(await describeWork(world.host, world.root), /is not a git worktree/);
});
