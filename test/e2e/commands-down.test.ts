/** mosaic down takes a fleet away again, and only that. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { forScenes, type Scene } from './support/scene.ts';
import { filesWith } from './support/snapshot.ts';

async function fullFleet(scene: Scene): Promise<string> {
  const repository = await scene.world.makeRepository('app');
  const worktree = { repository, base: 'main' };
  scene.fleet([
    { name: 'coder', worktree },
    { name: 'dirty', worktree },
    { name: 'tester' },
    { name: 'dead' },
  ]);
  await scene.apply();
  await scene.kill('dead');
  writeFileSync(scene.state('worktrees', 'dirty', 'half-done.txt'), 'unsaved work\n');
  return repository;
}

forScenes('down: sessions, units and files are gone; others and unsaved work stay', async (scene) => {
  const { world } = scene;
  const repository = await fullFleet(scene);
  const config = world.env['XDG_CONFIG_HOME'] ?? '';
  mkdirSync(`${config}/systemd/user`, { recursive: true });
  writeFileSync(`${config}/systemd/user/theirs.service`, '[Service]\nExecStart=/bin/true\n');

  const { stdout } = await scene.mosaic(['down']);
  assert.deepEqual(await world.sessions(), ['stranger']);
  assert.deepEqual(
    readdirSync(`${config}/systemd/user`).filter((name) => name !== 'default.target.wants'),
    ['theirs.service'],
  );
  assert.deepEqual(filesWith(config, 'mosaic fleet=test'), []);
  if (world.supervisor === 'systemd') {
    const units = await world.systemctl('list-units', '--plain', '--no-legend', 'mosaic-*');
    assert.equal(units.stdout, '');
  }
  assert.equal(existsSync(scene.state('worktrees', 'coder')), false);
  assert.ok(existsSync(scene.state('worktrees', 'dirty', 'half-done.txt')));
  assert.match(stdout, /^Kept: dirty: its worktree \S+\/worktrees\/dirty is kept: 1 untracked\./m);
  assert.match(stdout, /The event log and crash records stay in /);
  assert.equal((await world.git(repository, 'worktree', 'list')).split('\n').length, 2);

  // Once more: nothing is left to take away. And the fleet can come back.
  await scene.mosaic(['down']);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'dead', 'dirty', 'tester']);
});

forScenes('down --purge: the history too', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  await scene.kill('coder');
  await scene.apply();
  assert.equal(scene.crashes('coder').length, 1);
  await scene.mosaic(['down', '--purge']);
  assert.equal(existsSync(scene.state()), false);
  assert.deepEqual(await scene.world.sessions(), ['stranger']);
});

forScenes('down ends the server where nobody else has a session', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.mosaic(['apply']);
  await scene.mosaic(['down']);
  await scene.world.until(
    'the server is gone',
    async () => (await scene.world.tmux('list-sessions')).code === 1,
  );
  const { stdout } = await scene.mosaic(['status']);
  assert.match(stdout, /no server/);
});

forScenes('down --dry-run shows it, and does nothing', async (scene) => {
  await fullFleet(scene);
  const before = await scene.sessions();
  const { stdout } = await scene.mosaic(['down', '--dry-run']);
  assert.match(stdout, /^- stop +coder /m);
  assert.match(stdout, /^- stop +holder +the fleet is taken down$/m);
  assert.deepEqual(await scene.sessions(), before);
});

forScenes('down leaves another fleet on the same socket alone', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  await world.tmux('new-session', '-d', '-s', 'visitor', 'sleep', 'infinity');
  await world.tmux('set-option', '-t', '=visitor:', '@mosaic', 'other/visitor 1-00 none visitor');
  await scene.mosaic(['down']);
  assert.deepEqual(await world.sessions(), ['stranger', 'visitor']);
});

forScenes('down --name takes a fleet away without its file', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  rmSync(scene.world.fleetFile);
  await scene.mosaic(['down', '--name', 'test', '--purge']);
  assert.deepEqual(await scene.world.sessions(), ['stranger']);
  assert.equal(existsSync(scene.state()), false);
  assert.deepEqual(filesWith(scene.world.env['XDG_CONFIG_HOME'] ?? '', 'mosaic fleet=test'), []);
});
