import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { realHost } from '../../src/host/real.ts';
import { canonicalPath, commonDirOf } from '../../src/observe/git-folders.ts';
import { formatMark, parseLockReason, parseMark } from '../../src/observe/worktree-mark.ts';
import { observeRepositories, parseWorktreeList } from '../../src/observe/worktrees.ts';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { makeWorld, NOW, valueOf, type World } from './world.ts';

const make = (world: World, agent: string) =>
  makeWorktree(world.host, {
    fleet: 'f',
    agent,
    repository: world.repository,
    path: world.path(agent),
    now: NOW,
  });

async function observe(world: World, repository = world.repository) {
  const source = (await observeRepositories(world.host, [repository])).get(repository);
  assert.ok(source);
  return source;
}

test('one git a repository, eight at the same time, in the order asked, each repository once', async (t) => {
  const world = makeWorld(t);
  const repositories = Array.from({ length: 12 }, (_, at) => world.init(join(world.root, `r${at}`)));
  for (const agent of ['a', 'b', 'c']) await make(world, agent);
  const calls: string[] = [];
  let running = 0;
  let most = 0;
  const host = {
    ...world.host,
    exec: async (...args: Parameters<typeof world.host.exec>) => {
      calls.push(args[1].join(' '));
      most = Math.max(most, ++running);
      try {
        return await world.host.exec(...args);
      } finally {
        running--;
      }
    },
  };
  const asked = [world.repository, ...repositories, world.repository];
  const seen = await observeRepositories(host, asked);
  assert.deepEqual([...seen.keys()], [world.repository, ...repositories]);
  assert.equal(calls.length, 13);
  assert.ok(calls.every((call) => call.endsWith('worktree list --porcelain -z')));
  assert.equal(most, 8);
  assert.equal(valueOf(seen.get(world.repository)).length, 4);
});

test('observing writes nothing and runs nothing of the repository', async (t) => {
  const world = makeWorld(t);
  await make(world, 'a');
  const ran = join(world.root, 'ran');
  world.git(world.repository, 'config', 'core.fsmonitor', `touch '${ran}'; false`);
  const names = () =>
    fs.readdirSync(join(world.repository, '.git'), { recursive: true, encoding: 'utf8' }).toSorted();
  const before = names();
  valueOf(await observe(world));
  assert.deepEqual(names(), before);
  assert.equal(fs.existsSync(ran), false);
});

test('where a repository is asked from: its git directory, bare, a worktree of it, through a link', async (t) => {
  const world = makeWorld(t);
  await make(world, 'a');
  const bare = join(world.root, 'bare.git');
  world.git(world.root, 'clone', '-q', '--bare', world.repository, bare);
  fs.symlinkSync(world.repository, join(world.root, 'link'));
  for (const spelling of [join(world.repository, '.git'), world.path('a'), join(world.root, 'link')]) {
    assert.deepEqual(await observe(world, spelling), await observe(world), spelling);
    assert.equal(commonDirOf(world.host.files, spelling), join(world.repository, '.git'), spelling);
  }
  assert.deepEqual(valueOf(await observe(world, bare)), []);
  await makeWorktree(world.host, {
    fleet: 'f',
    agent: 'b',
    repository: bare,
    path: world.path('b'),
    now: NOW,
  });
  assert.deepEqual(valueOf(await observe(world, bare))[0]?.owner, { fleet: 'f', agent: 'b' });
});

test('what cannot be asked is unknown, with why and a way out', async (t) => {
  const world = makeWorld(t);
  const plain = join(world.root, 'plain');
  fs.mkdirSync(plain);
  world.write(join(world.root, 'file'), '');
  const broken = world.init(join(world.root, 'broken'));
  fs.rmSync(join(broken, '.git/HEAD'));
  // A folder within a repository is not the repository: agents would get worktrees of what happens to be above.
  const cases: [string, RegExp][] = [
    [join(world.root, 'absent'), /there is no folder/],
    [join(world.root, 'file'), /there is no folder/],
    [plain, /is not a git repository/],
    [broken, /is not a git repository/],
    [join(world.repository, 'src'), /is not a git repository/],
  ];
  for (const [path, why] of cases) {
    const source = await observe(world, path);
    assert.ok(!source.known, path);
    assert.match(source.why, why);
    assert.ok(source.fix !== undefined, path);
  }
});

test('a git that fails, hangs, is missing or answers garbage is unknown', async (t) => {
  const world = makeWorld(t);
  const dubious = "fatal: detected dubious ownership in repository at '/x'\nTo add an exception …\n";
  const cases: [object, RegExp, RegExp?][] = [
    [{ failure: 'timeout', message: 'git -C: no answer' }, /did not answer in time/, /by hand/],
    [{ failure: 'missing', message: 'git is not installed' }, /git is not installed/, /Install git/],
    [{ code: 128, stderr: dubious }, /belongs to another user/, /safe\.directory/],
    [{ code: 129, stderr: "error: unknown switch `z'\n" }, /too old/, /2\.36/],
    [{ code: 128, stderr: 'fatal: bad\u001b[2J config\n' }, /bad\\x1b\[2J config/],
    [{ code: 0, stdout: '' }, /no worktrees/],
    [{ code: 0, stdout: 'worktree /x\nHEAD abc\n\n' }, /no worktrees/],
    [{ code: 0, stdout: 'worktree /x\0HEAD abc\0\0' }, /no worktrees/],
    [{ failure: 'signal', message: 'git: ended by SIGKILL' }, /SIGKILL/],
  ];
  for (const [answer, why, fix] of cases) {
    const host = { ...world.host, exec: () => Promise.resolve({ stdout: '', stderr: '', ...answer }) };
    const source = (await observeRepositories(host, [world.repository])).get(world.repository);
    assert.ok(source?.known === false, JSON.stringify(answer));
    assert.match(source.why, why);
    if (fix !== undefined) assert.match(source.fix ?? '', fix);
  }
});

test('one repository that cannot be asked does not hold up the others', async (t) => {
  const world = makeWorld(t);
  const seen = await observeRepositories(world.host, [join(world.root, 'absent'), world.repository]);
  assert.deepEqual(
    [...seen.values()].map(({ known }) => known),
    [false, true],
  );
});

test('ours only when mark, registration and folder agree', async (t) => {
  const world = makeWorld(t);
  const owner = async (agent: string) =>
    valueOf(await observe(world)).find(({ path }) => path === world.path(agent))?.owner;
  const ours = { fleet: 'f', agent: 'a' };
  const gitDir = join(world.repository, '.git/worktrees/a');
  const { path } = await make(world, 'a');
  assert.deepEqual(await owner('a'), ours);

  // Behind a link, or replaced by another repository's folder: foreign.
  fs.renameSync(path, `${path}.real`);
  fs.symlinkSync(`${path}.real`, path);
  assert.equal(await owner('a'), undefined);
  fs.rmSync(path);
  world.init(path);
  assert.equal(await owner('a'), undefined);
  fs.rmSync(path, { recursive: true });
  fs.mkdirSync(path);
  world.write(join(path, '.git'), `gitdir: ${join(world.root, 'elsewhere')}\n`);
  assert.equal(await owner('a'), undefined);
  fs.rmSync(path, { recursive: true });
  // Gone: still known as ours.
  assert.deepEqual(await owner('a'), ours);
  fs.renameSync(`${path}.real`, path);
  assert.deepEqual(await owner('a'), ours);

  // A mark that is torn, of a later format, or a link.
  const mark = fs.readFileSync(join(gitDir, 'mosaic.json'), 'utf8');
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    mark.replace('"format_version": 1', '"format_version": 2'),
    mark.slice(0, 60),
  ]) {
    fs.writeFileSync(join(gitDir, 'mosaic.json'), text);
    assert.equal(await owner('a'), undefined, text);
  }
  fs.rmSync(join(gitDir, 'mosaic.json'));
  world.write(join(world.root, 'mark'), mark);
  fs.symlinkSync(join(world.root, 'mark'), join(gitDir, 'mosaic.json'));
  assert.equal(await owner('a'), undefined);
});

test('somebody else’s lock is told apart from ours', async (t) => {
  const world = makeWorld(t);
  await make(world, 'a');
  const locked = async () => valueOf(await observe(world)).find(({ path }) => path === world.path('a'));
  world.git(world.repository, 'worktree', 'lock', '--reason', 'on a stick\nthat moves', world.path('a'));
  assert.equal((await locked())?.locked, true);
  world.git(world.repository, 'worktree', 'unlock', world.path('a'));
  world.git(world.repository, 'worktree', 'lock', '--reason', 'mosaic:f/a', world.path('a'));
  // Ours goes when a worktree is whole: one that still bears it was not finished.
  const begun = await locked();
  assert.deepEqual([begun?.locked, begun?.owner, begun?.unfinished?.agent], [false, undefined, 'a']);
});

test('parseWorktreeList', () => {
  const head = 'a'.repeat(40);
  const text =
    `worktree /r\0HEAD ${head}\0branch refs/heads/main\0\0` +
    `worktree /w 1\n\0HEAD ${'0'.repeat(40)}\0detached\0locked\0\0` +
    `worktree /w2\0HEAD ${head}\0branch refs/heads/a/b\0locked why so\0prunable gone\0something new\0\0` +
    'worktree /bare\0bare\0\0';
  assert.deepEqual(parseWorktreeList(text), [
    { path: '/r', head, branch: 'main', bare: false },
    { path: '/w 1\n', bare: false, locked: '' },
    { path: '/w2', head, branch: 'a/b', bare: false, locked: 'why so', prunable: 'gone' },
    { path: '/bare', bare: true },
  ]);
  for (const garbage of ['', '\0\0', 'x', `worktree relative\0HEAD ${head}\0\0`, text.slice(0, -1)]) {
    assert.equal(parseWorktreeList(garbage), undefined, JSON.stringify(garbage));
  }
});

test('marks are read back as written; lock reasons too', () => {
  const mark = { fleet: 'f', agent: 'a_b', createdAt: NOW, repository: '/r\n"', branch: 'x' };
  assert.deepEqual(parseMark(formatMark(mark)), mark);
  const removing = { ...mark, removing: { head: 'abc' } };
  assert.deepEqual(parseMark(formatMark(removing)), removing);
  assert.deepEqual(parseMark(formatMark({ ...mark, removing: {} })), { ...mark, removing: {} });
  assert.deepEqual(parseLockReason('mosaic:f/a_b'), { fleet: 'f', agent: 'a_b' });
  for (const other of [undefined, '', 'mosaic', 'mosaic:f', 'mosaic:f/a/b', 'mosaic:F/a', 'my mosaic:f/a']) {
    assert.equal(parseLockReason(other), undefined);
  }
});

test('canonicalPath resolves what is above, as far as it is there, and not the last part', (t) => {
  const world = makeWorld(t);
  fs.symlinkSync(world.repository, join(world.root, 'link'));
  const { files } = world.host;
  assert.equal(canonicalPath(files, join(world.root, 'link/src')), join(world.repository, 'src'));
  assert.equal(canonicalPath(files, join(world.root, 'link/no/such')), join(world.repository, 'no/such'));
  assert.equal(canonicalPath(files, join(world.root, 'link')), join(world.root, 'link'));
  assert.equal(canonicalPath(files, '/'), '/');
});

test('what our own environment says of repositories is not passed on', async (t) => {
  const world = makeWorld(t);
  const other = world.init(join(world.root, 'other'));
  const surroundings = {
    GIT_DIR: join(other, '.git'),
    GIT_WORK_TREE: other,
    GIT_INDEX_FILE: join(world.root, 'nothing'),
    GIT_CEILING_DIRECTORIES: '/',
  };
  Object.assign(process.env, surroundings);
  const host = realHost();
  for (const name of Object.keys(surroundings)) delete process.env[name];
  const made = await makeWorktree(host, {
    fleet: 'f',
    agent: 'a',
    repository: world.repository,
    path: world.path('a'),
    now: NOW,
  });
  assert.equal(world.git(made.path, 'status', '--porcelain'), '');
  assert.equal(
    valueOf((await observeRepositories(host, [world.repository])).get(world.repository)).length,
    2,
  );
});
