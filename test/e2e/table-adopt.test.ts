/** The table "what is done when": runs that nobody wrote down, files that changed, and what belongs to others. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { forScenes, inScene, type Scene } from './support/scene.ts';
import { logCalls } from './support/stand-in.ts';

const rendered = (scene: Scene, agent: string): string =>
  `${scene.world.env['XDG_CONFIG_HOME']}/mosaic/fleet/test/agents/${agent}.tmux`;
const unit = (scene: Scene, name: string): string =>
  `${scene.world.env['XDG_CONFIG_HOME']}/systemd/user/${name}`;

forScenes('live and its lock missing: adopts it', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();
  const lock = scene.lock('coder');
  rmSync(scene.state('locks', 'coder.json'));
  const { stderr } = await scene.apply();
  assert.doesNotMatch(stderr, /started|stopped/);
  assert.deepEqual(scene.lock('coder'), lock);
  assert.deepEqual(await scene.sessions(), before);
  await scene.inSync();
});

forScenes('live and its lock not readable: writes it anew', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  const before = await scene.sessions();
  const lock = scene.lock('coder');
  writeFileSync(scene.state('locks', 'coder.json'), '{"session_id": "tr');
  await scene.apply();
  assert.deepEqual(scene.lock('coder'), lock);
  assert.deepEqual(await scene.sessions(), before);
});

forScenes('state folder deleted: everything is adopted, nothing restarted', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();
  rmSync(scene.state(), { recursive: true });
  await scene.apply();
  assert.deepEqual(await scene.sessions(), before);
  assert.equal(scene.lock('coder')?.pid, before['coder']?.pid);
  await scene.inSync();
});

inScene('unit active and session missing: the unit is restarted', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();
  const invocation = async (): Promise<string> =>
    (await scene.world.systemctl('show', '-P', 'InvocationID', 'mosaic-agent@coder.service')).stdout;
  const first = await invocation();
  await scene.world.tmux('kill-session', '-t', '=coder');
  // Also when nothing but the unit tells that it ever ran.
  rmSync(scene.state(), { recursive: true });
  await scene.apply();
  const after = await scene.sessions();
  assert.equal(after['coder']?.dead, false);
  assert.notEqual(await invocation(), first);
  assert.deepEqual(after['tester'], before['tester']);
  await scene.inSync();
});

inScene('unit files changed on disk: rewritten, one reload, nobody restarted', 'systemd', async (scene) => {
  // From the start, since the units name the programs that were on the PATH.
  const calls = await logCalls(scene.world, 'systemctl');
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  assert.equal((await scene.world.mosaic(['apply'], calls)).code, 0);
  const before = await scene.sessions();
  const files = [unit(scene, 'mosaic-agent@.service'), unit(scene, 'mosaic-tmux-holder.service')];
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  for (const file of files) appendFileSync(file, '# by hand\n');
  calls.clear();
  const { stdout } = await scene.world.mosaic(['plan'], calls);
  assert.match(stdout, /^-# by hand$/m);
  const { code } = await scene.world.mosaic(['apply'], calls);
  assert.equal(code, 0);
  assert.deepEqual(
    files.map((file) => readFileSync(file, 'utf8')),
    texts,
  );
  assert.deepEqual(
    calls.made().filter((call) => !call.includes('list-units')),
    ['--user daemon-reload'],
  );
  assert.deepEqual(await scene.sessions(), before);
});

forScenes('an agent file changed on disk: rewritten, nobody restarted', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  const before = await scene.sessions();
  const text = readFileSync(rendered(scene, 'coder'), 'utf8');
  appendFileSync(rendered(scene, 'coder'), '# by hand\n');
  await scene.apply();
  assert.equal(readFileSync(rendered(scene, 'coder'), 'utf8'), text);
  assert.deepEqual(await scene.sessions(), before);
  await scene.inSync();
});

forScenes('a foreign session: a conflict, the others go on, --adopt takes it over', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'tester' }]);
  await scene.apply();
  await world.tmux('new-session', '-d', '-s', 'coder', 'sleep', 'infinity');
  const pidOf = async (): Promise<string> =>
    (await world.tmux('list-panes', '-s', '-t', '=coder:', '-F', '#{session_id} #{pane_pid}')).stdout.trim();
  const before = await pidOf();

  scene.fleet([{ name: 'coder' }, { name: 'tester' }, { name: 'third' }]);
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /! conflict +coder +a session named coder is there and is not ours/);
  assert.match(stdout, /fix: mosaic apply --adopt coder takes it over/);
  assert.deepEqual(Object.keys(await scene.sessions()), ['tester', 'third']);
  assert.equal(await pidOf(), before);

  await scene.apply(['--adopt', 'coder']);
  assert.equal(await pidOf(), before);
  const { id, pid, dead } = await scene.session('coder');
  assert.deepEqual([`${id} ${pid}`, dead], [before, false]);
  assert.equal(scene.lock('coder')?.pid, pid);
  await scene.inSync();
  // From now on it is ours: what ends in it is seen, and it is started again.
  await scene.kill('coder');
  await scene.apply();
  assert.equal((await scene.session('coder')).dead, false);
  await scene.inSync();
});

forScenes('a foreign agent file: a conflict, the others go on, --adopt replaces it', async (scene) => {
  const file = rendered(scene, 'coder');
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  writeFileSync(file, '# mine\n');
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /! conflict +coder .*is not ours: it was not made by mosaic/);
  assert.deepEqual(Object.keys(await scene.sessions()), ['tester']);
  assert.equal(readFileSync(file, 'utf8'), '# mine\n');
  await scene.apply(['--adopt', 'coder']);
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'tester']);
  await scene.inSync();
});

inScene(
  'a foreign unit file: a conflict, the others go on, --adopt replaces it',
  'systemd',
  async (scene) => {
    const { world } = scene;
    const file = unit(scene, 'mosaic-agent@coder.service');
    mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    writeFileSync(file, `[Service]\nType=oneshot\nExecStart=/bin/touch ${world.path('foreign-unit-ran')}\n`);
    scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
    await scene.apply([], 1);
    assert.deepEqual(Object.keys(await scene.sessions()), ['tester']);
    assert.ok(existsSync(file));
    await scene.apply(['--adopt', 'coder']);
    assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'tester']);
    assert.equal(existsSync(world.path('foreign-unit-ran')), false);
    await scene.inSync();
  },
);

inScene('a foreign template unit: nothing starts, nothing is overwritten', 'systemd', async (scene) => {
  const file = unit(scene, 'mosaic-agent@.service');
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  writeFileSync(file, '# mine\n');
  scene.fleet([{ name: 'coder' }]);
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /! conflict +coder .*mosaic-agent@\.service is there and is not ours/);
  assert.equal(readFileSync(file, 'utf8'), '# mine\n');
  assert.deepEqual(await scene.sessions(), {});
});

forScenes('renamed_from: session, worktree, lock and history go on under the new name', async (scene) => {
  const { world } = scene;
  const repository = await world.makeRepository('app');
  const worktree = { repository, branch: 'agents/coder' };
  scene.fleet([{ name: 'coder', worktree }, { name: 'tester' }]);
  await scene.apply();
  await scene.kill('coder');
  await scene.apply();
  const before = await scene.sessions();
  const folder = scene.state('worktrees', 'coder');
  writeFileSync(`${folder}/half-done.txt`, 'unsaved work\n');

  scene.fleet([{ name: 'builder', renamed_from: 'coder', worktree }, { name: 'tester' }]);
  const { stdout } = await scene.apply();
  assert.match(stdout, /1 renamed/);
  assert.deepEqual(await scene.sessions(), { builder: before['coder'], tester: before['tester'] });
  assert.equal(scene.lock('builder')?.pid, before['coder']?.pid);
  assert.equal(scene.lock('coder'), undefined);
  assert.equal(scene.readState().agents['builder']?.restarts, 1);
  assert.ok(existsSync(`${folder}/half-done.txt`));
  await scene.inSync();

  // It can be stopped, restarted and crash under its new name, with everything that was started under the old one.
  await scene.apply(['--restart', 'builder']);
  const after = await scene.session('builder');
  assert.notEqual(after.pid, before['coder']?.pid);
  const workingIn = await world.tmux('display-message', '-p', '-t', '=builder:', '#{pane_current_path}');
  assert.equal(workingIn.stdout.trim(), folder);
  await scene.inSync();
  scene.fleet([{ name: 'tester' }]);
  await scene.apply();
  assert.deepEqual(await scene.sessions(), { tester: before['tester'] });
});
