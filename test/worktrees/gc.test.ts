import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { known, unknown } from '../../src/model/source.ts';
import { planGc, runGc, type GcRow, type GcWish } from '../../src/worktrees/gc.ts';
import { listWorktrees } from '../../src/worktrees/list.ts';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { repositoriesIn } from '../../src/worktrees/survey.ts';
import { DAY, makeWorld, noPanes, refs, type World } from './world.ts';

const LATER = Date.now() + 2 * DAY + 60_000;

const wish = (world: World, more: Partial<GcWish> = {}): GcWish => ({
  fleet: 'f',
  repositories: [world.repository],
  wanted: new Set(),
  panes: noPanes,
  olderThanMs: DAY,
  now: LATER,
  ...more,
});

const make = (world: World, agent: string, more: object = {}) =>
  makeWorktree(world.host, {
    fleet: 'f',
    agent,
    repository: world.repository,
    path: world.path(agent),
    now: Date.now(),
    ...more,
  });

const short = (rows: GcRow[]): string[] =>
  rows.map(({ agent, action, reason }) => `${agent}: ${action}: ${reason}`);

test('clean ones go, dirty ones are saved and go, and the plan says the same beforehand', async (t) => {
  const world = makeWorld(t);
  await make(world, 'clean', { branch: 'x' });
  const { path } = await make(world, 'dirty');
  world.write(join(path, 'new'), 'untracked');
  world.write(join(path, 'README'), 'changed');
  world.git(path, 'commit', '--allow-empty', '-qm', 'mine');

  const expected = [
    'clean: removed: clean, pushed, last used 2d ago',
    'dirty: rescued-and-removed: 1 changed, 1 untracked, 1 unpushed, last used 2d ago',
  ];
  const before = refs(world);
  assert.deepEqual(short((await planGc(world.host, wish(world))).rows), expected);
  assert.deepEqual(refs(world), before);
  assert.ok(fs.existsSync(path));

  const { rows } = await runGc(world.host, wish(world));
  assert.deepEqual(short(rows), expected);
  assert.deepEqual(fs.readdirSync(world.worktrees), []);
  const ref = rows[1]?.ref ?? '';
  assert.match(ref, /^refs\/mosaic\/rescue\/dirty\//);
  assert.equal(world.git(world.repository, 'show', `${ref}:new`), 'untracked');
  assert.equal(world.git(world.repository, 'show', `${ref}:README`), 'changed');
  assert.equal(world.git(world.repository, 'log', '-1', '--format=%s', `${ref}^`), 'mine');
  assert.equal(rows[0]?.ref, undefined);
  assert.deepEqual((await runGc(world.host, wish(world))).rows, []);
});

test('kept: wanted, in use, young, locked, of another fleet, made by hand', async (t) => {
  const world = makeWorld(t);
  for (const agent of ['wanted', 'pane', 'process', 'young', 'locked']) await make(world, agent);
  await make(world, 'theirs', { fleet: 'other' });
  world.git(world.repository, 'worktree', 'add', '-q', '--detach', world.path('hand'));
  world.git(world.repository, 'worktree', 'lock', world.path('locked'));
  // Written to without git: only the file's own time tells.
  world.write(join(world.path('young'), 'README'), 'x');
  fs.utimesSync(join(world.path('young'), 'README'), LATER / 1000, LATER / 1000 - 3600);
  const process = spawn('sleep', ['60'], { cwd: world.path('process'), stdio: 'ignore' });
  const { rows } = await runGc(
    world.host,
    wish(world, { wanted: new Set(['wanted']), panes: known([join(world.path('pane'), 'src')]) }),
  );
  process.kill('SIGKILL');
  await once(process, 'exit');
  assert.deepEqual(short(rows), [
    'locked: kept: locked with `git worktree lock`',
    `pane: kept: in use: a tmux pane is in "${join(world.path('pane'), 'src')}"`,
    `process: kept: in use: process ${process.pid} works in it`,
    'wanted: kept: wanted is wanted running',
    'young: kept: last used 1h ago',
  ]);
  assert.equal(fs.readdirSync(world.worktrees).length, 7);
});

test('everything is kept where it cannot be told what is in use, or what is in it', async (t) => {
  const world = makeWorld(t);
  await make(world, 'a');
  const blind = await runGc(world.host, wish(world, { panes: unknown('tmux hangs') }));
  assert.deepEqual(short(blind.rows), [
    'a: kept: in use: it cannot be told which tmux panes use it: tmux hangs',
  ]);
  const gone = join(world.root, 'gone');
  const host = {
    ...world.host,
    exec: (...args: Parameters<typeof world.host.exec>) =>
      args[1].includes('status')
        ? Promise.resolve({ stdout: '', stderr: 'fatal: index file corrupt\n', code: 128 })
        : world.host.exec(...args),
  };
  const { rows, unknown: repositories } = await runGc(
    host,
    wish(world, { repositories: [gone, world.repository] }),
  );
  assert.equal(rows[0]?.action, 'kept');
  assert.match(rows[0].reason, /index file corrupt/);
  assert.deepEqual(
    repositories.map(({ repository }) => repository),
    [gone],
  );
  assert.ok(fs.existsSync(world.path('a')));
});

test('what cannot be saved is kept, says why, and the others go on', async (t) => {
  const world = makeWorld(t);
  await make(world, 'a');
  world.init(join(world.path('a'), 'nested'));
  await make(world, 'b');
  const { rows } = await runGc(world.host, wish(world));
  assert.deepEqual(
    rows.map(({ agent, action, failed }) => [agent, action, failed]),
    [
      ['a', 'kept', true],
      ['b', 'removed', undefined],
    ],
  );
  assert.match(rows[0]?.reason ?? '', /"nested" .* is a repository of its own/);
  assert.ok(fs.existsSync(join(world.path('a'), 'nested/README')));
});

test('changed between the saving and the removal: kept, with the ref', async (t) => {
  const world = makeWorld(t);
  const { path } = await make(world, 'a');
  world.write(join(path, 'new'), 'one');
  let verified = false;
  const host = {
    ...world.host,
    exec: (...args: Parameters<typeof world.host.exec>) => {
      // The first thing that is asked once the rescue is done.
      if (args[1].includes('merge-base') && !verified) {
        verified = true;
        world.write(join(path, 'late'), 'two');
      }
      return world.host.exec(...args);
    },
  };
  const { rows } = await runGc(host, wish(world));
  assert.equal(verified, true);
  assert.deepEqual(short(rows), ['a: kept: it changed while it was saved']);
  assert.match(rows[0]?.ref ?? '', /^refs\/mosaic\/rescue\/a\//);
  assert.equal(fs.readFileSync(join(path, 'late'), 'utf8'), 'two');
});

test('interrupted ones and those without a folder are cleared away', async (t) => {
  const world = makeWorld(t);
  const add = (agent: string, ...more: string[]) =>
    world.git(
      world.repository,
      'worktree',
      'add',
      '-q',
      '--lock',
      '--reason',
      `mosaic:f/${agent}`,
      '--detach',
      ...more,
      world.path(agent),
    );
  add('half', '--no-checkout');
  add('whole');
  world.write(join(world.path('whole'), 'new'), 'put here meanwhile');
  await make(world, 'gone');
  fs.rmSync(world.path('gone'), { recursive: true });
  const planned = short((await planGc(world.host, wish(world))).rows);
  assert.deepEqual(planned, [
    'gone: removed: its folder is gone',
    'half: removed: its making was interrupted 2d ago',
    'whole: removed: its making was interrupted 2d ago',
  ]);
  const { rows } = await runGc(world.host, wish(world));
  assert.deepEqual(
    rows.map(({ agent, action }) => `${agent}: ${action}`),
    ['gone: removed', 'half: removed', 'whole: rescued-and-removed'],
  );
  assert.equal(world.git(world.repository, 'show', `${rows[2]?.ref}:new`), 'put here meanwhile');
  assert.deepEqual(fs.readdirSync(world.worktrees), []);
});

test('repositories of worktrees in the state folder are found; twice the same is one', async (t) => {
  const world = makeWorld(t);
  const bare = join(world.root, 'bare.git');
  world.git(world.root, 'clone', '-q', '--bare', world.repository, bare);
  await make(world, 'a');
  await make(world, 'b', { repository: bare });
  world.write(join(world.worktrees, 'stray/file'), '');
  world.write(join(world.worktrees, 'broken/.git'), 'gitdir: /nowhere/worktrees/x\n');
  const found = repositoriesIn(world.host.files, world.worktrees);
  assert.deepEqual(found, [join(world.repository, '.git'), bare]);
  assert.deepEqual(repositoriesIn(world.host.files, join(world.root, 'absent')), []);
  const { rows } = await planGc(world.host, wish(world, { repositories: [world.repository, ...found] }));
  assert.deepEqual(
    rows.map(({ agent }) => agent),
    ['a', 'b'],
  );
});

test('the list', async (t) => {
  const world = makeWorld(t);
  await make(world, 'clean', { branch: 'x' });
  const { path } = await make(world, 'dirty');
  world.write(join(path, 'new'), '');
  await make(world, 'gone');
  fs.rmSync(world.path('gone'), { recursive: true });
  await make(world, 'pushed-not', { branch: 'y' });
  world.git(world.path('pushed-not'), 'commit', '--allow-empty', '-qm', 'mine');
  const { rows } = await listWorktrees(world.host, {
    fleet: 'f',
    repositories: [world.repository],
    panes: known([path]),
    now: LATER,
  });
  assert.deepEqual(
    rows.map(({ agent, branch, state, modified, untracked, unpushed, usedBy }) => [
      agent,
      branch,
      state,
      modified,
      untracked,
      unpushed,
      usedBy !== undefined,
    ]),
    [
      ['clean', 'x', 'clean', 0, 0, 0, false],
      ['dirty', undefined, 'dirty', 0, 1, 0, true],
      ['gone', undefined, 'folder-gone', 0, 0, 0, false],
      ['pushed-not', 'y', 'unpushed', 0, 0, 1, false],
    ],
  );
  assert.ok(rows.every(({ ageMs }) => ageMs > DAY && ageMs < 3 * DAY));
});
