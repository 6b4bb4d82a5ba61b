/** What happens with no command given, once the triggers are installed. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { inScene } from '../e2e/support/scene.ts';
import { install, property, untilQuiet, untilRunning } from './scene.ts';

inScene(
  'an edited fleet file is applied: written, replaced, and while a reconcile runs',
  'systemd',
  async (scene) => {
    const { world } = scene;
    scene.fleet([{ name: 'one' }]);
    await install(scene);
    const pid = await untilRunning(scene, 'one');
    await untilQuiet(scene);
    scene.fleet([{ name: 'one' }, { name: 'two' }]);
    await untilRunning(scene, 'two');
    await untilQuiet(scene);
    // As most editors do, and git.
    const replace = (text: string): void => {
      writeFileSync(`${world.fleetFile}.new`, text);
      renameSync(`${world.fleetFile}.new`, world.fleetFile);
    };
    const text = readFileSync(world.fleetFile, 'utf8');
    replace(text.replace('name: two', 'name: three'));
    await untilRunning(scene, 'three');
    await untilQuiet(scene);

    // Two more (nobody ends: that would raise the flag), while a reconcile stands and waits for us.
    const slow = await holdReconcile(scene);
    scene.fleet([{ name: 'one' }, { name: 'three' }, { name: 'four' }]);
    // It has read the file when it stands in line.
    await world.until('a reconcile waits for us', async () => {
      const { stdout } = await world.run('sh', ['-c', 'cat /proc/[0-9]*/cmdline']);
      return stdout.includes('flock\0--timeout');
    });
    scene.fleet([{ name: 'one' }, { name: 'three' }, { name: 'four' }, { name: 'five' }]);
    await slow.release();
    await untilRunning(scene, 'five');
    assert.equal((await scene.session('one')).pid, pid, 'the one that was not edited was left alone');
  },
);

/** Has each reconcile wait, through its apply lock, until it is let go. */
async function holdReconcile(scene: Parameters<typeof install>[0]) {
  const held = await scene.world.spawn('flock', [scene.state('apply.lock'), 'sh', '-c', 'echo held; read _']);
  await scene.world.until('the lock is held', () => held.output().stdout.includes('held'));
  return {
    state: () => property(scene, 'mosaic-reconcile.service', 'ActiveState'),
    release: async () => {
      held.write('\n');
      await held.ended;
    },
  };
}

inScene('an agent that is killed runs again, with a crash record', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  const other = await untilRunning(scene, 'tester');
  await untilQuiet(scene);
  await scene.world.run('kill', ['-KILL', String(pid)]);
  await untilRunning(scene, 'coder', pid);
  assert.equal(scene.crashes('coder').length, 1);
  assert.equal((await scene.session('tester')).pid, other);
});

inScene('a crash while a reconcile runs is not missed', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'one' }, { name: 'two' }]);
  await install(scene);
  const [one, two] = [await untilRunning(scene, 'one'), await untilRunning(scene, 'two')];
  await untilQuiet(scene);
  const slow = await holdReconcile(scene);
  await world.run('kill', ['-KILL', String(one)]);
  await world.until(
    'a reconcile has begun, and taken the flag',
    async () => (await slow.state()) === 'activating' && !existsSync(scene.state('wake')),
  );
  await world.run('kill', ['-KILL', String(two)]);
  await world.until('the flag is raised again', () => existsSync(scene.state('wake')));
  await slow.release();
  await untilRunning(scene, 'one', one);
  await untilRunning(scene, 'two', two);
  await untilQuiet(scene);
  assert.equal(existsSync(scene.state('wake')), false);
});

inScene('the timer comes by itself', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.mosaic(['fleet', 'install-systemd', '--interval', '1s']);
  await untilRunning(scene, 'coder');
  const began = async (): Promise<number> =>
    Number(await property(scene, 'mosaic-reconcile.service', 'ExecMainStartTimestampMonotonic'));
  const first = await began();
  await scene.world.until('it came', async () => (await began()) > first);
  const second = await began();
  await scene.world.until('it came again', async () => (await began()) > second);
});

inScene('node that is gone stops nothing for good', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const unit = `${world.env['XDG_CONFIG_HOME']}/systemd/user/mosaic-reconcile.service`;
  const right = readFileSync(unit, 'utf8');
  writeFileSync(unit, right.replaceAll(process.execPath, '/nowhere/node'));
  await world.systemctl('daemon-reload');
  await world.run('kill', ['-KILL', String(pid)]);
  await world.until(
    'it has tried, and does not try on',
    async () =>
      (await property(scene, 'mosaic-reconcile.service', 'ActiveState')) === 'failed' &&
      !existsSync(scene.state('wake')),
  );
  assert.equal(await property(scene, 'mosaic-reconcile.path', 'ActiveState'), 'active');
  const { stdout } = await scene.mosaic(['fleet', 'install-systemd']);
  assert.match(stdout, /^Wrote .*\/mosaic-reconcile\.service$/m);
  await untilRunning(scene, 'coder', pid);
});

inScene('a fleet file that becomes invalid or absent changes nothing', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const failed = () =>
    world.until('the reconcile has failed', async () =>
      /^failed$/.test(await property(scene, 'mosaic-reconcile.service', 'ActiveState')),
    );
  writeFileSync(world.fleetFile, 'agents: [');
  await failed();
  rmSync(world.fleetFile);
  await failed();
  assert.equal((await scene.session('coder')).pid, pid);
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await untilRunning(scene, 'tester');
  assert.equal((await scene.session('coder')).pid, pid);
});
