/** The table "what is done when": agents that never ran, that run, and whose definition changes while they do. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { forScenes } from './support/scene.ts';

forScenes('no session: starts it with worktree, files, unit, session and lock', async (scene) => {
  const { world } = scene;
  const repository = await world.makeRepository('app');
  scene.fleet([{ name: 'coder', worktree: { repository, base: 'main', branch: 'agents/coder' } }]);
  await scene.apply();

  const { pid } = await scene.session('coder');
  const folder = scene.state('worktrees', 'coder');
  const workingIn = await world.tmux('display-message', '-p', '-t', '=coder:', '#{pane_current_path}');
  assert.equal(workingIn.stdout.trim(), folder);
  assert.equal(await world.git(folder, 'branch', '--show-current'), 'agents/coder');

  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const lock = scene.lock('coder');
  assert.deepEqual(
    [lock?.pid, lock?.boot_id, lock?.agent, lock?.runtime, lock?.project_path],
    [pid, bootId, 'coder', 'idle', folder],
  );
  assert.equal(scene.readState().agents['coder']?.run?.pid, pid);
  const rendered = `${world.env['XDG_CONFIG_HOME']}/mosaic/fleet/test/agents/coder.tmux`;
  assert.equal(statSync(rendered).mode & 0o777, 0o600);
  if (world.supervisor === 'systemd') {
    const units = ['mosaic-agent@coder.service', 'mosaic-agent.coder.scope', 'mosaic-tmux-holder.service'];
    const { stdout } = await world.systemctl('is-active', ...units);
    assert.equal(stdout, 'active\nactive\nactive\n');
  }
  await scene.inSync();
});

forScenes('live with the same definition: nothing', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();
  const { stdout } = await scene.apply();
  assert.equal(stdout, 'Nothing to do: 2 agents as wanted.\n');
  assert.deepEqual(await scene.sessions(), before);
});

forScenes('stopped by us and wanted again: starts it', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester', state: 'stopped' }]);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()), ['coder']);
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()), ['coder', 'tester']);
  assert.deepEqual(scene.crashes('tester'), []);
  await scene.inSync();
});

forScenes('another definition, on_change: hold: pending until somebody asks', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder', env: { COLOUR: 'red' } }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();

  scene.fleet([{ name: 'coder', env: { COLOUR: 'green' } }, { name: 'tester' }]);
  const held = await scene.apply();
  assert.match(held.stdout, /# hold +coder +pending restart: its definition changed/);
  assert.deepEqual(await scene.sessions(), before);
  assert.equal((await scene.status('coder')).state, 'pending-restart');
  const again = await scene.mosaic(['plan']);
  assert.match(again.stdout, /-.*red[^]*\+.*green/);
  assert.match(again.stdout, /^Plan: .*1 held, 1 unchanged\.$/m);

  await scene.apply(['--restart', 'coder']);
  const after = await scene.sessions();
  assert.notEqual(after['coder']?.pid, before['coder']?.pid);
  assert.deepEqual(after['tester'], before['tester']);
  const environ = await world.run('cat', [`/proc/${after['coder']?.pid}/environ`]);
  assert.match(environ.stdout, /COLOUR=green/);
  await scene.inSync();
});

forScenes('another definition, on_change: restart: restarts exactly that one', async (scene) => {
  scene.fleet([{ name: 'coder', on_change: 'restart', env: { COLOUR: 'red' } }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();
  scene.fleet([{ name: 'coder', on_change: 'restart', env: { COLOUR: 'green' } }, { name: 'tester' }]);
  const { stdout, stderr } = await scene.apply();
  assert.match(stderr, /^restarted coder$/m);
  assert.match(stdout, /^Done: 1 restarted in /);
  const after = await scene.sessions();
  assert.notEqual(after['coder']?.pid, before['coder']?.pid);
  assert.deepEqual(after['tester'], before['tester']);
  assert.deepEqual(scene.crashes('coder'), []);
  assert.equal(scene.readState().agents['coder']?.restarts, 0);
  await scene.inSync();
});
