/** What the tmux server does by itself when a program of the fleet ends: it raises the flag that wakes a reconcile. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostileNames, requireNothingRan } from '../hostile/hostile.ts';
import { forSupervisors } from '../support/supervisors.ts';
import { forScenes } from './support/scene.ts';

forScenes('an agent that ends raises the flag', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }, { name: 'coder0' }]);
  await scene.apply();
  const flag = scene.state('wake');
  assert.equal(existsSync(flag), false);
  scene.fleet([{ name: 'coder' }, { name: 'coder0', state: 'stopped' }]);
  await scene.apply();
  assert.equal(existsSync(flag), false, 'nobody needs to be woken for what mosaic does itself');
  await scene.kill('coder', 'SIGKILL');
  await world.until('the flag', () => existsSync(flag));
  await scene.apply();
  await scene.inSync();
});

forScenes('no end is missed', async (scene) => {
  const { world } = scene;
  // Alone, tmux 3.3a misses one in four.
  const names = Array.from({ length: 16 }, (_, index) => `a${index}`);
  scene.fleet(names.map((name) => ({ name })));
  await scene.apply();
  const flag = scene.state('wake');
  for (const name of names) {
    const { pid } = await scene.session(name);
    rmSync(flag, { force: true });
    await world.run('kill', ['-KILL', String(pid)]);
    await world.until(`the flag for ${name}`, () => existsSync(flag));
  }
  assert.equal((await scene.apply()).code, 0);
  await scene.inSync();
});

forScenes('the hook comes back when somebody took it away, and the hooks of others stay', async (scene) => {
  const { world } = scene;
  const hooks = async (): Promise<string> => (await world.tmux('show-hooks', '-g', 'pane-died')).stdout;
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  const before = await hooks();
  assert.match(before, /^pane-died\[\d+\] run-shell -b "?true mosaic-/m);
  // Without an index it replaces them all.
  await world.tmux('set-hook', '-g', 'pane-died', 'display-message theirs');
  assert.doesNotMatch(await hooks(), /mosaic-/);
  await scene.apply();
  const after = await hooks();
  assert.match(after, /^pane-died\[0\] display-message theirs$/m);
  assert.ok(after.includes(before.trim()), after);
  await scene.inSync();
});

forScenes('a flag that cannot be raised leaves the pane as it was', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder', command: ['sh', '-c', 'echo last words; exec sleep infinity'] }]);
  await scene.apply();
  rmSync(scene.state(), { recursive: true });
  await scene.kill('coder', 'SIGKILL');
  await world.run('sleep', ['0.3']);
  const screen = (await world.tmux('capture-pane', '-p', '-S', '-50', '-t', '=coder:')).stdout;
  assert.match(screen, /^last words/m);
  assert.doesNotMatch(screen, /wake|returned/);
});

forSupervisors('state folders of any name', async (world) => {
  const names = hostileNames.filter((_, index) => index % 2 === (world.supervisor === 'none' ? 0 : 1));
  for (const [index, name] of names.entries()) {
    const stateHome = world.path('state', name);
    mkdirSync(stateHome, { recursive: true });
    const file = world.path(`fleet-${index}.yaml`);
    const fleet = {
      version: 1,
      name: `f${index}`,
      transport: 'tmux',
      tmux: { socket_name: `${world.socket}-${index}` },
      supervisor: world.supervisor,
      systemd: { unit_prefix: `f${index}` },
      runtimes: { idle: { command: ['sleep', 'infinity'] } },
      agents: [{ name: 'a', runtime: 'idle', working_directory: world.cwd }],
    };
    writeFileSync(file, JSON.stringify(fleet));
    const env = { XDG_STATE_HOME: stateHome };
    const applied = await world.mosaic(['apply', '--file', file], { env });
    assert.equal(applied.code, 0, applied.stderr);
    const socket = ['-L', `${world.socket}-${index}`];
    const pid = await world.run('tmux', [...socket, 'list-panes', '-t', '=a:', '-F', '#{pane_pid}']);
    await world.run('kill', ['-9', pid.stdout.trim()]);
    const flag = join(stateHome, 'mosaic', `f${index}`, 'wake');
    await world.until(`the flag in ${name}`, () => existsSync(flag));
    assert.equal((await world.mosaic(['down', '--purge', '--file', file], { env })).code, 0);
    assert.equal(existsSync(join(stateHome, 'mosaic')), false, `nothing is left in ${name}`);
  }
  requireNothingRan(world);
});
