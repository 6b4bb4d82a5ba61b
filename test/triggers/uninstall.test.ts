/** mosaic fleet install-systemd --uninstall, and mosaic down beside installed triggers. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fleetInstallSystemd } from '../../src/generated/fleetInstallSystemd.js';
import { inScene, type Scene } from '../e2e/support/scene.ts';
import { snapshot } from '../e2e/support/snapshot.ts';
import { install, property, unitFiles, UNITS, untilQuiet, untilRunning } from './scene.ts';

/** Everything in the home but when folders were changed: that they were looked into is seen there. */
const tree = (scene: Scene): Record<string, string> =>
  Object.fromEntries(
    Object.entries(snapshot(scene.world))
      .filter(([path]) => path.startsWith(scene.world.home))
      .map(([path, about]) => [path, / .* /.test(about) ? about : (about.split(' ')[0] ?? '')]),
  );

inScene('--uninstall leaves the home as it was', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  // What others have there stays: a unit of theirs, enabled.
  const folder = `${world.env['XDG_CONFIG_HOME']}/systemd/user`;
  mkdirSync(`${folder}/timers.target.wants`, { recursive: true });
  writeFileSync(`${folder}/theirs.timer`, '[Timer]\nOnCalendar=daily\n');
  symlinkSync('../theirs.timer', `${folder}/timers.target.wants/theirs.timer`);
  const before = tree(scene);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  await world.run('kill', ['-KILL', String(pid)]);
  await untilRunning(scene, 'coder', pid);
  await untilQuiet(scene);

  const { stdout } = await scene.mosaic(['fleet', 'install-systemd', '--uninstall', '--yes', '--json']);
  const data: unknown = JSON.parse(stdout);
  assert.ok(fleetInstallSystemd(data), JSON.stringify(fleetInstallSystemd.errors));
  assert.equal((data as { action: string }).action, 'uninstalled');
  assert.deepEqual(await scene.sessions(), {});
  assert.deepEqual(tree(scene), before);
  const left = await world.systemctl('list-units', '--all', '--plain', '--no-legend', 'mosaic-*');
  assert.equal(left.stdout, '');
  const again = await scene.mosaic(['fleet', 'install-systemd', '--uninstall', '--json']);
  assert.equal((JSON.parse(again.stdout) as { action: string }).action, 'absent');
  assert.deepEqual(tree(scene), before);
});

inScene('--uninstall of a home in which nothing was, not even its folders', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const before = tree(scene);
  await install(scene);
  await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const dry = await scene.mosaic(['fleet', 'install-systemd', '--uninstall', '--dry-run']);
  assert.match(dry.stdout, /^Would remove .*\/mosaic-fleet\.path$/m);
  assert.match(dry.stdout, /^- stop +coder /m);
  await untilRunning(scene, 'coder');
  await scene.mosaic(['fleet', 'install-systemd', '--uninstall', '--yes']);
  assert.deepEqual(tree(scene), before);
});

inScene('--uninstall asks before it ends running agents, and nobody is no yes', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const installed = tree(scene);
  const { stderr } = await scene.mosaic(['fleet', 'install-systemd', '--uninstall'], 1);
  assert.match(stderr, /^This ends 2 running agents: coder and tester\.$/m);
  assert.match(stderr, /nobody answered .*; nothing was done\n +fix: .*--yes/);
  assert.deepEqual(tree(scene), installed);

  // On a terminal: `script` makes one of its standard input.
  const onTerminal = async (answer: string): Promise<string> => {
    const mosaic = [process.execPath, new URL('../../dist/mosaic.js', import.meta.url).pathname];
    const command = [...mosaic, 'fleet', 'install-systemd', '--uninstall'].map((word) => `'${word}'`);
    const running = await world.spawn('script', ['-qec', command.join(' '), '/dev/null']);
    await world.until('it asks', () => running.output().stdout.includes('[y/N]'));
    running.write(`${answer}\n`);
    return (await running.ended).stdout;
  };
  assert.match(await onTerminal('n'), /nothing was done/);
  assert.equal((await scene.session('coder')).pid, pid);
  assert.deepEqual(tree(scene), installed);
  await onTerminal('yes');
  assert.deepEqual(await scene.sessions(), {});
  assert.equal(existsSync(scene.state()), false);
});

inScene('down takes the triggers along, so that nothing comes back', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.mosaic(['fleet', 'install-systemd', '--interval', '1s']);
  await untilRunning(scene, 'coder');
  const dry = await scene.mosaic(['down', '--dry-run']);
  assert.match(dry.stdout, /^The units that reconcile the fleet by themselves would be removed\.$/m);
  const { stdout } = await scene.mosaic(['down']);
  assert.match(stdout, /^The user manager no longer reconciles the fleet: /m);
  for (const unit of UNITS) assert.equal(await property(scene, unit, 'LoadState'), 'not-found', unit);
  assert.deepEqual(await scene.sessions(), {});
  assert.match(readFileSync(scene.world.fleetFile, 'utf8'), /coder/);
});

inScene('down that is refused leaves the fleet looked after', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const stands = async (): Promise<void> => {
    for (const unit of UNITS.filter((name) => /timer|path/.test(name)))
      assert.equal(await property(scene, unit, 'ActiveState'), 'active', unit);
    assert.equal(await property(scene, 'mosaic-reconcile.service', 'UnitFileState'), 'enabled');
    assert.equal((await scene.session('coder')).pid, pid);
  };

  // From the agent's own session.
  const { stdout } = await world.tmux(
    'display-message',
    '-p',
    '-t',
    '=coder:',
    '#{socket_path},#{pid},#{session_id}',
  );
  const inside = await world.mosaic(['down'], { env: { TMUX: stdout.trim().replace('$', '') } });
  assert.equal(inside.code, 1);
  assert.match(inside.stderr, /runs in the session of coder/);
  await stands();

  // tmux that does not answer.
  const bin = world.path('bin');
  mkdirSync(bin);
  writeFileSync(`${bin}/tmux`, '#!/bin/sh\necho "no answer today" >&2; exit 3\n', { mode: 0o755 });
  const blind = await world.mosaic(['down'], {
    env: { PATH: `${bin}:${world.env['PATH'] ?? process.env['PATH']}` },
  });
  assert.equal(blind.code, 69, blind.stdout + blind.stderr);
  await stands();

  // Another apply that does not end: whoever waits for it gives up.
  const held = await world.spawn('flock', [scene.state('apply.lock'), 'sh', '-c', 'echo held; read _']);
  await world.until('the lock is held', () => held.output().stdout.includes('held'));
  const waiting = await world.start(['down']);
  await world.until('it waits', () => waiting.output().stderr.includes('Waits for another apply'));
  waiting.signal('SIGINT');
  assert.equal((await waiting.ended).code, 130);
  await stands();
  const patient = await world.start(['down']);
  await world.until('it waits', () => patient.output().stderr.includes('Waits for another apply'));
  held.write('\n');
  await held.ended;
  assert.equal((await patient.ended).code, 0);
  assert.deepEqual(await scene.sessions(), {});
});

const renamed = (scene: Scene): void =>
  scene.fleet([{ name: 'coder' }], { systemd: { unit_prefix: 'swarm' } });

inScene('units under a former prefix go: with the new installation', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  renamed(scene);
  const { stdout } = await install(scene);
  assert.match(stdout, /^Removed .*\/mosaic-reconcile\.timer$/m);
  for (const unit of UNITS) assert.equal(await property(scene, unit, 'LoadState'), 'not-found', unit);
  assert.notEqual(await property(scene, 'mosaic-tmux-holder.service', 'UnitFileState'), 'enabled');
  assert.equal(await property(scene, 'swarm-reconcile.timer', 'ActiveState'), 'active');
  await untilRunning(scene, 'coder');
});

for (const command of [
  ['down', '--purge'],
  ['fleet', 'install-systemd', '--uninstall', '--yes'],
]) {
  inScene(`units under a former prefix go: with ${command.join(' ')}`, 'systemd', async (scene) => {
    const { world } = scene;
    scene.fleet([{ name: 'coder' }]);
    await install(scene);
    await untilRunning(scene, 'coder');
    await untilQuiet(scene);
    // Nothing that looks at the file may come in between.
    await world.systemctl('stop', 'mosaic-fleet.path');
    renamed(scene);
    await scene.mosaic(command);
    assert.deepEqual(await scene.sessions(), {});
    const left = await world.systemctl(
      'list-units',
      '--all',
      '--plain',
      '--no-legend',
      'mosaic-*',
      'swarm-*',
    );
    assert.equal(left.stdout, '');
    const units = `${world.env['XDG_CONFIG_HOME']}/systemd/user`;
    assert.deepEqual(existsSync(units) ? unitFiles(scene) : [], []);
  });
}

inScene('a manager that does not stop the triggers: said, and nothing removed', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const before = unitFiles(scene);
  const bin = world.path('bin');
  mkdirSync(bin);
  const path = world.env['PATH'] ?? process.env['PATH'] ?? '';
  for (const verb of ['stop', 'disable']) {
    const refuse = `[ "$2" = ${verb} ] && { echo 'Access denied' >&2; exit 4; }`;
    writeFileSync(`${bin}/systemctl`, `#!/bin/sh\n${refuse}\nPATH='${path}' exec systemctl "$@"\n`, {
      mode: 0o755,
    });
    const { code, stdout, stderr } = await world.mosaic(
      ['fleet', 'install-systemd', '--uninstall', '--yes'],
      {
        env: { PATH: `${bin}:${path}` },
      },
    );
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      new RegExp(`did not ${verb} .*: Access denied\n +fix: None of their files was removed`),
    );
    assert.doesNotMatch(
      stdout,
      verb === 'stop' ? /^(?:Stopped|Disabled|Removed) /m : /^(?:Disabled|Removed) /m,
    );
    assert.deepEqual(unitFiles(scene), before);
    assert.equal(await property(scene, 'mosaic-reconcile.timer', 'ActiveState'), 'active');
    assert.equal((await scene.session('coder')).pid, pid);
  }
});

inScene('a fleet whose file names another now, or is gone, goes by its name', 'systemd', async (scene) => {
  const { world } = scene;
  const before = tree(scene);
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  const pid = await untilRunning(scene, 'coder');
  await untilQuiet(scene);
  const text = readFileSync(world.fleetFile, 'utf8');
  // Nothing that looks at the file may come in between.
  await world.systemctl('stop', 'mosaic-fleet.path');
  writeFileSync(world.fleetFile, text.replace(/^name: test$/m, 'name: other'));
  for (const command of [['down'], ['fleet', 'install-systemd', '--uninstall', '--yes']]) {
    const { stderr } = await scene.mosaic(command, 1);
    assert.match(stderr, /names the fleet other now, and is applied by units of the fleet test: /);
    assert.match(stderr, /^ +fix: First take that one away: mosaic down --name test\.$/m);
  }
  rmSync(world.fleetFile);
  const gone = await scene.mosaic(['down'], 65);
  assert.match(gone.stderr, /^ +fix: .* Without a file: --name test\.$/m);
  const none = await scene.mosaic(['down', '--name', 'nobody'], 1);
  assert.match(none.stderr, /nothing of a fleet nobody stands on this host/);
  assert.match(
    none.stderr,
    new RegExp(`the tmux sockets ${world.socket}\\.$`, 'm'),
    'and not on the default one',
  );
  await scene.mosaic(['down', '--name', '../test'], 64);
  assert.equal((await scene.session('coder')).pid, pid);
  await scene.mosaic(['fleet', 'install-systemd', '--uninstall', '--yes', '--name', 'test']);
  assert.deepEqual(await scene.sessions(), {});
  const left = await world.systemctl('list-units', '--all', '--plain', '--no-legend', 'mosaic-*');
  assert.equal(left.stdout, '');
  assert.deepEqual(tree(scene), before);
});

inScene(
  'down takes the folders along that were made for it, when its history goes',
  'systemd',
  async (scene) => {
    scene.fleet([{ name: 'coder' }]);
    const before = tree(scene);
    await install(scene);
    const pid = await untilRunning(scene, 'coder');
    await untilQuiet(scene);
    await scene.world.run('kill', ['-KILL', String(pid)]);
    await untilRunning(scene, 'coder', pid);
    await untilQuiet(scene);
    await scene.mosaic(['down']);
    assert.equal(existsSync(`${scene.world.env['XDG_CONFIG_HOME']}/systemd`), false);
    assert.equal(existsSync(scene.state('crashes', 'coder')), true);
    await scene.mosaic(['down', '--purge']);
    assert.deepEqual(tree(scene), before);
  },
);
