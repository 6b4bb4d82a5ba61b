/** Agents that run on although their session, their unit's name or their server's socket says otherwise. */
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { forScenes, inScene } from './support/scene.ts';

inScene('a renamed agent lives on when another takes its former name', 'systemd', async (scene) => {
  scene.fleet([{ name: 'old' }]);
  await scene.apply();
  const { pid } = await scene.session('old');
  scene.fleet([{ name: 'new', renamed_from: 'old' }]);
  await scene.apply();
  scene.fleet([{ name: 'new' }, { name: 'old' }]);
  const { stdout } = await scene.apply();
  assert.match(stdout, /its unit name is still used by new/);
  assert.equal((await scene.session('new')).pid, pid);
  await scene.apply(['--restart', 'new']);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['new', 'old']);
  await scene.inSync();
});

forScenes('a server whose socket was removed is not taken for gone', async (scene) => {
  scene.fleet([{ name: 'a' }, { name: 'b' }]);
  await scene.apply();
  const before = await scene.sessions();
  const format = '#{pid} #{socket_path}';
  const { stdout: told } = await scene.world.tmux('display-message', '-p', format);
  const [pid = '', socket = ''] = told.trim().split(' ');
  rmSync(socket);
  const { stdout, stderr } = await scene.apply([], 69);
  assert.match(stdout + stderr, new RegExp(`kill -USR1 ${pid} makes its socket again`));
  await scene.mosaic(['down'], 69);
  await scene.world.run('kill', ['-USR1', pid]);
  await scene.world.until('the socket is there again', () => existsSync(socket));
  assert.deepEqual(await scene.sessions(), before);
  await scene.inSync();
});

forScenes('an agent lives on in the session that its pane was moved to', async (scene) => {
  scene.fleet([{ name: 'a' }]);
  await scene.apply();
  const { pid } = await scene.session('a');
  await scene.world.tmux('join-pane', '-d', '-s', '=a:', '-t', '=stranger:');
  scene.foreigners.forgetFleetSocket();
  const { stdout } = await scene.apply();
  assert.match(stdout, /its pane was moved to the session stranger/);
  assert.deepEqual(await scene.sessions(), {});
  assert.equal((await scene.world.run('kill', ['-0', String(pid)])).code, 0);
});

forScenes('a stop says what else ends with the session', async (scene) => {
  scene.fleet([{ name: 'a' }]);
  await scene.apply();
  await scene.world.tmux('split-window', '-d', '-t', '=a:', 'sleep', 'infinity');
  scene.fleet([{ name: 'a', state: 'stopped' }]);
  const { stdout } = await scene.mosaic(['plan']);
  assert.match(stdout, /- stop +a +state: stopped \(ends 1 other pane\)/);
  await scene.apply();
  assert.deepEqual(await scene.sessions(), {});
});
