/** Changed wishes for worktrees: who runs is not stopped for what cannot be made. */
import assert from 'node:assert/strict';
import { forScenes, inScene } from './support/scene.ts';

forScenes('who runs is stopped only when its new worktree is made', async (scene) => {
  const repository = await scene.world.makeRepository('app');
  const coder = (worktree: object) => [
    { name: 'coder', on_change: 'restart', worktree: { repository, ...worktree } },
  ];
  scene.fleet(coder({}));
  await scene.apply();
  const before = await scene.session('coder');
  scene.fleet(coder({ path: scene.world.path('elsewhere'), base: 'no-such-branch' }));
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /no-such-branch/);
  assert.deepEqual(await scene.session('coder'), before);
  scene.fleet(coder({ path: scene.world.path('elsewhere'), base: 'main' }));
  await scene.apply();
  assert.notEqual((await scene.session('coder')).id, before.id);
});

forScenes('a branch goes from an agent that is gone to a new one in one apply', async (scene) => {
  const repository = await scene.world.makeRepository('app');
  const worktree = { repository, base: 'main', branch: 'work' };
  scene.fleet([{ name: 'first', worktree }]);
  await scene.apply();
  scene.fleet([{ name: 'second', worktree }]);
  await scene.apply();
  assert.equal((await scene.status('second')).worktree?.branch, 'work');
  await scene.inSync();
});

inScene('a branch that is checked out elsewhere stops nobody', 'none', async (scene) => {
  const repository = await scene.world.makeRepository('app');
  const path = scene.world.path('elsewhere');
  scene.fleet([{ name: 'coder', on_change: 'restart' }]);
  await scene.apply();
  const before = await scene.session('coder');
  scene.fleet([{ name: 'coder', on_change: 'restart', worktree: { repository, path, branch: 'main' } }]);
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /its branch main is checked out in /);
  assert.deepEqual(await scene.session('coder'), before);
});

forScenes('another branch for a worktree that is there: held until it is checked out', async (scene) => {
  const repository = await scene.world.makeRepository('app');
  const coder = (branch: string) => [
    { name: 'coder', on_change: 'restart', worktree: { repository, base: 'main', branch } },
  ];
  scene.fleet(coder('first'));
  await scene.apply();
  const before = await scene.session('coder');
  const tree = scene.state('worktrees', 'coder');
  scene.fleet(coder('second'));
  const { stdout } = await scene.apply();
  assert.match(
    stdout,
    /# hold +coder +pending restart: its worktree \S+ is on first, and should be on second/,
  );
  assert.deepEqual(await scene.session('coder'), before);
  await scene.world.git(tree, 'switch', '--quiet', '--create', 'second');
  await scene.apply();
  assert.notEqual((await scene.session('coder')).id, before.id);
  await scene.inSync();
});
