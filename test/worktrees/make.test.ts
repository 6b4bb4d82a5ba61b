import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HostError } from '../../src/host/host.ts';
import { observeRepositories } from '../../src/observe/worktrees.ts';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { contents, failure, makeWorld, NOW, refs, valueOf, type World } from './world.ts';

const wish = (world: World, agent = 'coder0', more: object = {}) => ({
  fleet: 'f',
  agent,
  repository: world.repository,
  path: world.path(agent),
  now: NOW,
  ...more,
});

async function seen(world: World, path: string, repository = world.repository) {
  const all = valueOf((await observeRepositories(world.host, [repository])).get(repository));
  return all.find((worktree) => worktree.path === path);
}

test('a new branch begins at the base, tracks nothing, and the worktree is whole, marked and not locked', async (t) => {
  const world = makeWorld(t);
  const first = world.git(world.repository, 'rev-parse', 'HEAD');
  world.write(join(world.repository, 'second'), '2');
  world.git(world.repository, 'add', '.');
  world.git(world.repository, 'commit', '-qm', 'second');
  world.git(world.repository, 'config', 'branch.autoSetupMerge', 'always');
  world.git(world.repository, 'tag', 'v1', first);

  const made = await makeWorktree(world.host, wish(world, 'coder0', { base: 'v1', branch: 'agents/coder0' }));

  assert.deepEqual(made, { path: world.path('coder0') });
  assert.deepEqual(Object.keys(contents(made.path)).sort(), ['.gitignore', 'README', 'src/run.sh']);
  assert.equal(world.git(made.path, 'status', '--porcelain'), '');
  assert.deepEqual(await seen(world, made.path), {
    path: made.path,
    head: first,
    branch: 'agents/coder0',
    owner: { fleet: 'f', agent: 'coder0' },
    prunable: false,
    locked: false,
  });
  assert.throws(() => world.git(world.repository, 'config', 'branch.agents/coder0.merge'));
  assert.doesNotMatch(world.git(world.repository, 'worktree', 'list', '--porcelain'), /locked/);
  const mark: unknown = JSON.parse(
    fs.readFileSync(join(world.repository, '.git/worktrees/coder0/mosaic.json'), 'utf8'),
  );
  assert.deepEqual(mark, {
    format_version: 1,
    fleet: 'f',
    agent: 'coder0',
    created_at: '2026-01-02T03:04:05.678Z',
    repository: world.repository,
    branch: 'agents/coder0',
  });
});

test('without a branch it is detached at HEAD; an existing branch is checked out as it is', async (t) => {
  const world = makeWorld(t);
  const head = world.git(world.repository, 'rev-parse', 'HEAD');
  world.git(world.repository, 'checkout', '-qb', 'topic');
  world.write(join(world.repository, 'topic'), 't');
  world.git(world.repository, 'add', '.');
  world.git(world.repository, 'commit', '-qm', 'topic');
  world.git(world.repository, 'checkout', '-q', 'main');

  const detached = await makeWorktree(world.host, wish(world, 'a'));
  const topic = await makeWorktree(
    world.host,
    wish(world, 'b', { branch: 'topic', base: 'nothing-of-this-name' }),
  );

  assert.deepEqual(
    { head: (await seen(world, detached.path))?.head, branch: (await seen(world, detached.path))?.branch },
    { head, branch: undefined },
  );
  assert.equal(fs.readFileSync(join(topic.path, 'topic'), 'utf8'), 't');
});

test('one that is there already is left exactly as it is', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world, 'a', { branch: 'x' }));
  world.write(join(path, 'README'), 'changed');
  world.git(path, 'checkout', '-qb', 'other');
  assert.deepEqual(await makeWorktree(world.host, wish(world, 'a', { branch: 'x' })), { path });
  assert.equal(fs.readFileSync(join(path, 'README'), 'utf8'), 'changed');
  assert.equal(world.git(path, 'branch', '--show-current'), 'other');
});

test('refusals say what is in the way, and change nothing', async (t) => {
  const world = makeWorld(t);
  const before = refs(world);
  const inUse = await failure(
    makeWorktree(world.host, wish(world, 'a', { branch: 'main' })),
    'branch-in-use',
  );
  assert.ok(inUse.message.includes(world.repository), inUse.message);
  assert.equal(inUse.transient, false);

  const base = await failure(
    makeWorktree(world.host, wish(world, 'a', { base: 'no-such' })),
    'base-not-found',
  );
  assert.match(base.message, /"no-such" is no branch, tag or commit/);
  for (const hostile of ['--all', '-x', '--output=/tmp/x', 'a b', '\n']) {
    await failure(makeWorktree(world.host, wish(world, 'a', { base: hostile })), 'base-not-found');
  }
  for (const hostile of [
    '-d',
    '--force',
    'a b',
    'a..b',
    'x.lock',
    '@{-1}',
    'HEAD',
    'a\nb',
    '../x',
    'a:b',
    '\u001b[2J',
    '',
  ]) {
    await failure(makeWorktree(world.host, wish(world, 'a', { branch: hostile })), 'bad-branch');
  }

  world.write(join(world.path('full'), 'mine'), 'work');
  await failure(makeWorktree(world.host, wish(world, 'full')), 'path-taken');
  world.write(world.path('file'), 'work');
  await failure(makeWorktree(world.host, wish(world, 'file')), 'path-taken');
  assert.equal(fs.readFileSync(join(world.path('full'), 'mine'), 'utf8'), 'work');

  const empty = join(world.root, 'empty');
  fs.mkdirSync(empty);
  world.git(empty, 'init', '-q');
  await failure(makeWorktree(world.host, wish(world, 'a', { repository: empty })), 'base-not-found');
  await failure(
    makeWorktree(world.host, wish(world, 'a', { repository: join(world.root, 'none') })),
    'repository',
  );
  assert.deepEqual(refs(world), before);
  assert.equal(fs.existsSync(world.path('a')), false);
});

test('an existing empty folder is used', async (t) => {
  const world = makeWorld(t);
  fs.mkdirSync(world.path('a'), { recursive: true });
  const { path } = await makeWorktree(world.host, wish(world, 'a'));
  assert.ok(fs.existsSync(join(path, 'README')));
});

test('links are not followed: neither at the path nor in our own folders above it', async (t) => {
  const world = makeWorld(t);
  const elsewhere = join(world.root, 'elsewhere');
  fs.mkdirSync(elsewhere);
  fs.mkdirSync(world.worktrees, { recursive: true });
  fs.symlinkSync(elsewhere, world.path('a'));
  await failure(makeWorktree(world.host, wish(world, 'a')), 'path-is-link');
  await failure(
    makeWorktree(
      world.host,
      wish(world, 'b', { path: join(world.path('a'), 'b'), within: join(world.root, 'state') }),
    ),
    'path-is-link',
  );
  const outside = join(world.root, 'outside');
  const within = join(world.root, 'state');
  assert.equal((await makeWorktree(world.host, wish(world, 'c', { path: outside, within }))).path, outside);
  assert.deepEqual(fs.readdirSync(elsewhere), []);
  // A link above our own folders, such as a home folder's, is none of our business: git records where it really is.
  fs.symlinkSync(join(world.root, 'state'), join(world.root, 'link'));
  const made = await makeWorktree(
    world.host,
    wish(world, 'd', {
      path: join(world.root, 'link/worktrees/d'),
      within: join(world.root, 'link/worktrees'),
    }),
  );
  assert.equal(made.path, world.path('d'));
});

test('a worktree of another fleet or agent, or made by hand, is a conflict', async (t) => {
  const world = makeWorld(t);
  await makeWorktree(world.host, { ...wish(world, 'a'), fleet: 'other' });
  const other = await failure(makeWorktree(world.host, wish(world, 'a')), 'foreign');
  assert.match(other.message, /belongs to other\/a/);
  world.git(world.repository, 'worktree', 'add', '--detach', world.path('b'));
  await failure(makeWorktree(world.host, wish(world, 'b')), 'foreign');
  fs.rmSync(world.path('b'), { recursive: true });
  const gone = await failure(makeWorktree(world.host, wish(world, 'b')), 'foreign');
  assert.match(gone.fix ?? '', /git worktree prune/);
});

test('the folder was deleted by hand: made again, and what only its registration held is saved', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  world.write(join(path, 'new'), 'committed');
  world.git(path, 'add', '.');
  world.git(path, 'commit', '-qm', 'only here');
  const lost = world.git(path, 'rev-parse', 'HEAD');
  world.write(join(path, 'staged'), 'staged');
  world.git(path, 'add', '.');
  fs.rmSync(path, { recursive: true });

  const made = await makeWorktree(world.host, wish(world));
  assert.equal(made.path, path);
  assert.match(made.rescued ?? '', /^refs\/mosaic\/rescue\/coder0\/20260102T030405\.678Z$/);
  assert.equal(world.git(world.repository, 'show', `${made.rescued}:staged`), 'staged');
  assert.equal(world.git(world.repository, 'rev-parse', `${made.rescued}^`), lost);
  assert.ok(fs.existsSync(join(path, 'README')));

  // Nothing of its own: no ref.
  fs.rmSync(path, { recursive: true });
  assert.deepEqual(await makeWorktree(world.host, wish(world)), { path });
});

test('hooks of the repository do not run', async (t) => {
  const world = makeWorld(t);
  const ran = join(world.root, 'ran');
  for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
    const file = join(world.repository, '.git/hooks', hook);
    world.write(file, `#!/bin/sh\ntouch '${ran}'\n`);
    fs.chmodSync(file, 0o755);
  }
  world.git(world.repository, 'config', 'core.fsmonitor', `touch '${ran}'; false`);
  fs.rmSync(ran, { force: true });
  await makeWorktree(world.host, wish(world, 'a', { branch: 'b' }));
  assert.equal(fs.existsSync(ran), false);
});

test('hostile but possible names arrive as they are', async (t) => {
  const world = makeWorld(t, 'it\'s a "repo" #(touch x) $(id) %n\nnew line: ü');
  const branch = "agents/#(x)'$(id)%n-ü";
  const path = join(world.root, 'wt', ' #(touch x) \'"`\n$HOME -- ü');
  const made = await makeWorktree(world.host, wish(world, 'a', { branch, path }));
  assert.equal(made.path, path);
  const worktree = await seen(world, path);
  assert.deepEqual([worktree?.branch, worktree?.owner], [branch, { fleet: 'f', agent: 'a' }]);
  assert.deepEqual(await makeWorktree(world.host, wish(world, 'a', { branch, path })), { path });
  assert.equal(world.git(path, 'status', '--porcelain'), '');
});

test('many at once in one repository, and in others, all succeed', async (t) => {
  const world = makeWorld(t);
  const second = world.init(join(world.root, 'second'));
  const agents = ['a', 'b', 'c', 'd', 'e', 'f'];
  let running = 0;
  let most = 0;
  const host = {
    ...world.host,
    exec: async (...args: Parameters<typeof world.host.exec>) => {
      const adding = args[1].includes('add') && args[1].includes(world.repository);
      if (adding) most = Math.max(most, ++running);
      try {
        return await world.host.exec(...args);
      } finally {
        if (adding) running--;
      }
    },
  };
  // The same repository in another spelling waits too.
  const spellings = [world.repository, join(world.repository, '.git')];
  await Promise.all([
    ...agents.map((agent, at) =>
      makeWorktree(host, wish(world, agent, { branch: `w/${agent}`, repository: spellings[at % 2] })),
    ),
    makeWorktree(host, wish(world, 'z', { repository: second })),
  ]);
  assert.equal(most, 1);
  for (const agent of agents)
    assert.equal(world.git(world.path(agent), 'branch', '--show-current'), `w/${agent}`);
});

test('a lock that another git holds is transient', async (t) => {
  const world = makeWorld(t);
  world.write(join(world.repository, '.git/refs/heads/x.lock'), '');
  const busy = await failure(makeWorktree(world.host, wish(world, 'a', { branch: 'x' })), 'busy');
  assert.equal(busy.transient, true);
  fs.rmSync(join(world.repository, '.git/refs/heads/x.lock'));
  await makeWorktree(world.host, wish(world, 'a', { branch: 'x' }));
});

test('a full disk, a hung and a missing git are told apart', async (t) => {
  const world = makeWorld(t);
  const answer = (result: object) => ({
    ...world.host,
    exec: async (...args: Parameters<typeof world.host.exec>) =>
      args[1].includes('add') ? { stdout: '', stderr: '', ...result } : world.host.exec(...args),
  });
  const full = answer({
    code: 128,
    stderr: "fatal: could not create directory of 'x': No space left on device\n",
  });
  assert.equal((await failure(makeWorktree(full, wish(world)), 'disk-full')).transient, false);
  const hung = answer({ failure: 'timeout', message: 'git: no answer within 600 s' });
  assert.equal((await failure(makeWorktree(hung, wish(world)), 'busy')).transient, true);
  const missing = answer({ failure: 'missing', message: 'git is not installed' });
  assert.match((await failure(makeWorktree(missing, wish(world)), 'failed')).fix ?? '', /Install git/);
});

test('no space for the mark: said so, and the next try completes it', async (t) => {
  const world = makeWorld(t);
  const full = {
    ...world.host,
    files: {
      ...world.host.files,
      write: (path: string) => {
        throw new HostError(`cannot write ${path}: no space is left on the device`, { code: 'ENOSPC', path });
      },
    },
  };
  await failure(makeWorktree(full, wish(world)), 'disk-full');
  assert.deepEqual((await seen(world, world.path('coder0')))?.unfinished, { fleet: 'f', agent: 'coder0' });
  await makeWorktree(world.host, wish(world));
  assert.deepEqual((await seen(world, world.path('coder0')))?.owner, { fleet: 'f', agent: 'coder0' });
});

test('its folder is gone and somebody locked it, such as on a disk that is not there: left alone', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  world.git(path, 'commit', '--allow-empty', '-qm', 'mine');
  world.git(world.repository, 'worktree', 'lock', '--reason', 'on a stick', path);
  fs.renameSync(path, `${path}.away`);
  const locked = await failure(makeWorktree(world.host, wish(world)), 'in-use');
  assert.match(locked.message, /on a stick/);
  assert.deepEqual(refs(world), ['refs/heads/main']);
  fs.renameSync(`${path}.away`, path);
  assert.deepEqual(await makeWorktree(world.host, wish(world)), { path });
});
