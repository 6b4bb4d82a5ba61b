import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { known, unknown } from '../../src/model/source.ts';
import type { WorktreeErrorCode } from '../../src/worktrees/error.ts';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { removeWorktree } from '../../src/worktrees/remove.ts';
import { failure, makeWorld, noPanes, NOW, refs, type World } from './world.ts';

const wish = (world: World, more: object = {}) => ({
  fleet: 'f',
  agent: 'a',
  repository: world.repository,
  path: world.path('a'),
  panes: noPanes,
  now: NOW,
  ...more,
});

test('clean and pushed: removed, the branch stays, and again is nothing to do', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world, { branch: 'x' }));
  world.write(join(path, 'build.log'), 'ignored');
  assert.deepEqual(await removeWorktree(world.host, wish(world)), { removed: true });
  assert.equal(fs.existsSync(path), false);
  assert.deepEqual(refs(world), ['refs/heads/main', 'refs/heads/x']);
  assert.deepEqual(fs.readdirSync(join(world.repository, '.git')).includes('worktrees'), false);
  assert.deepEqual(await removeWorktree(world.host, wish(world)), { removed: false });
});

test('kept while it holds anything of its own, with what that is', async (t) => {
  const holds: [string, (world: World, path: string) => void, RegExp][] = [
    ['changed', (world, path) => world.write(join(path, 'README'), 'x'), /1 changed/],
    ['untracked', (world, path) => world.write(join(path, 'new'), 'x'), /1 untracked/],
    ['unpushed', (world, path) => world.git(path, 'commit', '--allow-empty', '-qm', 'x'), /1 unpushed/],
    ['bisect', (world, path) => world.git(path, 'bisect', 'start'), /a bisect in progress/],
  ];
  const world = makeWorld(t);
  for (const [agent, change, why] of holds) {
    const here = wish(world, { agent, path: world.path(agent) });
    await makeWorktree(world.host, here);
    change(world, here.path);
    const before = fs.readdirSync(here.path).toSorted();
    const kept = await failure(removeWorktree(world.host, here), 'has-work');
    assert.match(kept.message, why);
    assert.deepEqual(fs.readdirSync(here.path).toSorted(), before);
  }
});

test('kept where what is in it cannot be told', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  const host = {
    ...world.host,
    exec: (...args: Parameters<typeof world.host.exec>) =>
      args[1].includes('status')
        ? Promise.resolve({ stdout: '', stderr: '', failure: 'timeout' as const })
        : world.host.exec(...args),
  };
  await failure(removeWorktree(host, wish(world)), 'has-work');
  assert.ok(fs.existsSync(path));
});

test('kept while a process works in it, or a pane is in it, or that cannot be told', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  const process = spawn('sleep', ['60'], { cwd: join(path, 'src'), stdio: 'ignore' });
  const used = await failure(removeWorktree(world.host, wish(world)), 'in-use');
  process.kill('SIGKILL');
  await once(process, 'exit');
  assert.ok(used.message.includes(`process ${process.pid}`), used.message);

  fs.symlinkSync(path, join(world.root, 'link'));
  for (const pane of [path, join(path, 'src'), join(world.root, 'link/src')]) {
    await failure(removeWorktree(world.host, wish(world, { panes: known([pane]) })), 'in-use');
  }
  await failure(removeWorktree(world.host, wish(world, { panes: unknown('tmux hangs') })), 'in-use');
  const blind = { ...world.host, processes: { ...world.host.processes, cwd: () => undefined } };
  await failure(removeWorktree(blind, wish(world)), 'in-use');
  // A neighbour whose name begins the same is not in it.
  assert.deepEqual(await removeWorktree(world.host, wish(world, { panes: known([`${path}2`]) })), {
    removed: true,
  });
});

test('only ours: by hand, another agent’s, another fleet’s, locked, the main one, and plain folders stay', async (t) => {
  const world = makeWorld(t);
  world.git(world.repository, 'worktree', 'add', '-q', '--detach', world.path('hand'));
  await makeWorktree(world.host, wish(world, { agent: 'b', path: world.path('b') }));
  await makeWorktree(world.host, wish(world, { fleet: 'other', path: world.path('o') }));
  await makeWorktree(world.host, wish(world, { path: world.path('locked') }));
  world.git(world.repository, 'worktree', 'lock', world.path('locked'));
  world.write(join(world.path('plain'), 'file'), '');
  const cases: [string, WorktreeErrorCode][] = [
    [world.path('hand'), 'foreign'],
    [world.path('b'), 'foreign'],
    [world.path('o'), 'foreign'],
    [world.path('locked'), 'in-use'],
    [world.path('plain'), 'foreign'],
    [world.repository, 'foreign'],
  ];
  for (const [path, code] of cases) {
    await failure(removeWorktree(world.host, wish(world, { path })), code);
    assert.ok(fs.existsSync(path));
  }
});

test('a lock of ours that an interrupted making left does not keep it', async (t) => {
  const world = makeWorld(t);
  await makeWorktree(world.host, wish(world));
  world.git(world.repository, 'worktree', 'lock', '--reason', 'mosaic:f/a', world.path('a'));
  assert.deepEqual(await removeWorktree(world.host, wish(world)), { removed: true });
});

test('git cannot remove it: what it deleted is put back, and it is whole again', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  const host = {
    ...world.host,
    exec: (...args: Parameters<typeof world.host.exec>) => {
      if (!args[1].includes('remove')) return world.host.exec(...args);
      fs.rmSync(join(path, 'src'), { recursive: true });
      fs.rmSync(join(path, '.git'));
      return Promise.resolve({
        stdout: '',
        stderr: "error: failed to delete 'x': Permission denied\n",
        code: 255,
      });
    },
  };
  const failed = await failure(removeWorktree(host, wish(world)), 'failed');
  assert.match(failed.message, /Permission denied/);
  assert.equal(world.git(path, 'status', '--porcelain'), '');
  assert.deepEqual(await removeWorktree(world.host, wish(world)), { removed: true });
});

test('something new between the look and the removal: git itself refuses, and it is whole again', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  const host = {
    ...world.host,
    exec: (...args: Parameters<typeof world.host.exec>) => {
      if (args[1].includes('remove')) world.write(join(path, 'late'), 'work');
      return world.host.exec(...args);
    },
  };
  await failure(removeWorktree(host, wish(world)), 'failed');
  assert.equal(fs.readFileSync(join(path, 'late'), 'utf8'), 'work');
  await failure(removeWorktree(world.host, wish(world)), 'has-work');
});

test('its folder was deleted by hand: forgotten, and a commit that nothing else holds is saved', async (t) => {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, wish(world));
  world.git(path, 'commit', '--allow-empty', '-qm', 'mine');
  const head = world.git(path, 'rev-parse', 'HEAD');
  fs.rmSync(path, { recursive: true });
  const { removed, rescued = '' } = await removeWorktree(world.host, wish(world));
  assert.equal(removed, true);
  assert.equal(world.git(world.repository, 'rev-parse', rescued), head);
});
