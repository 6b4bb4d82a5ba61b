/** mosaic fleet install-systemd on a real user manager: what it installs, and what it leaves alone. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fleetInstallSystemd } from '../../src/generated/fleetInstallSystemd.js';
import { inScene } from '../e2e/support/scene.ts';
import { install, property, unitFiles, UNITS, untilQuiet, untilRunning } from './scene.ts';

inScene('from a fresh home: all is enabled, verified, and the agents run', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  const { stdout, stderr } = await install(scene);
  assert.match(stdout, /^Wrote .*\/mosaic-reconcile\.timer$/m);
  assert.match(stdout, /^Enabled mosaic-tmux-holder\.service$/m);
  assert.match(stdout, /^coder +running/m);
  assert.match(stderr, /lingering/i);
  for (const unit of [...UNITS.filter((name) => !name.includes('gates')), 'mosaic-tmux-holder.service']) {
    assert.equal(await property(scene, unit, 'UnitFileState'), 'enabled', unit);
  }
  for (const unit of UNITS.filter((name) => /timer|path/.test(name))) {
    assert.equal(await property(scene, unit, 'ActiveState'), 'active', unit);
  }
  const verified = await world.run('systemd-analyze', [
    '--user',
    'verify',
    ...UNITS,
    'mosaic-tmux-holder.service',
    'mosaic-wake.service',
    'mosaic-agent@coder.service',
  ]);
  assert.deepEqual([verified.code, verified.stdout, verified.stderr], [0, '', '']);
  for (const name of UNITS) {
    const text = readFileSync(`${world.env['XDG_CONFIG_HOME']}/systemd/user/${name}`, 'utf8');
    assert.match(text, /^# mosaic fleet=test\n/);
    assert.doesNotMatch(text, /@[A-Z]|\/sh\b/);
  }

  await untilQuiet(scene);
  const stamps = (): unknown =>
    unitFiles(scene).map((name) => {
      const { mtimeMs, ino } = lstatSync(`${world.env['XDG_CONFIG_HOME']}/systemd/user/${name}`);
      return [name, mtimeMs, ino];
    });
  const before = stamps();
  const again = await scene.mosaic(['fleet', 'install-systemd']);
  assert.match(again.stdout, /^Nothing to install: the fleet test is reconciled every 1d already\.$/m);
  assert.doesNotMatch(again.stdout, /^(?:Wrote|Enabled|Started|Restarted|Reloaded) /m);
  assert.deepEqual(stamps(), before);

  // Another interval is an update.
  const { stdout: dry } = await scene.mosaic(['fleet', 'install-systemd', '--interval', '12h', '--dry-run']);
  assert.match(dry, /^-OnCalendar=\*-\*-\* 0:0:0\n\+OnCalendar=0\/12:0:0$/m);
  assert.doesNotMatch(dry, /reconcile\.service|holder/);
  const { stdout: changed } = await scene.mosaic(['fleet', 'install-systemd', '--interval', '12h', '--json']);
  const data: unknown = JSON.parse(changed);
  assert.ok(fleetInstallSystemd(data), JSON.stringify(fleetInstallSystemd.errors));
  const { action, steps } = data as { action: string; steps: { do: string; subject: string }[] };
  assert.equal(action, 'installed');
  assert.deepEqual(
    steps.map((step) => [step.do, step.subject]),
    [
      ['write', 'mosaic-reconcile.timer'],
      ['reload', 'the user manager'],
      ['restart', 'mosaic-reconcile.timer'],
    ],
  );
  assert.match(
    await property(scene, 'mosaic-reconcile.timer', 'TimersCalendar'),
    /OnCalendar=\*-\*-\* 00\/12:00:00/,
  );
});

inScene('--dry-run shows it, and writes nothing', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const { stdout } = await install(scene, '--dry-run');
  assert.match(stdout, /^Would write .*\/mosaic-reconcile\.service$/m);
  assert.match(stdout, /^Would start mosaic-fleet\.path$/m);
  assert.match(stdout, /^Would enable mosaic-tmux-holder\.service$/m);
  assert.match(stdout, /^--- \/dev\/null\n\+\+\+ \S+\/mosaic-reconcile\.timer\t\(mode 0644\)\n@@/m);
  assert.match(stdout, /^\+ start +coder /m);
  assert.equal(existsSync(`${scene.world.env['XDG_CONFIG_HOME']}/systemd`), false);
  assert.equal(existsSync(scene.state()), false);
});

inScene('a unit of somebody else in the way is left alone, and told', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const folder = `${scene.world.env['XDG_CONFIG_HOME']}/systemd/user`;
  mkdirSync(folder, { recursive: true });
  const theirs = '[Service]\nType=oneshot\nExecStart=/bin/true\n';
  writeFileSync(join(folder, 'mosaic-reconcile.service'), theirs);
  const other = '# mosaic fleet=other\n[Timer]\nOnCalendar=daily\n';
  writeFileSync(join(folder, 'mosaic-reconcile.timer'), other);
  const { stderr } = await scene.mosaic(['fleet', 'install-systemd'], 1);
  assert.match(stderr, /in the way: .*mosaic-reconcile\.service \(not made by mosaic\)/);
  assert.match(stderr, /mosaic-reconcile\.timer \(it belongs to the fleet other\)/);
  assert.match(stderr, /fix: .*systemd\.unit_prefix/);
  assert.deepEqual(unitFiles(scene), ['mosaic-reconcile.service', 'mosaic-reconcile.timer']);
  // Nor does taking down touch them.
  await scene.mosaic(['fleet', 'install-systemd', '--uninstall']);
  assert.equal(readFileSync(join(folder, 'mosaic-reconcile.service'), 'utf8'), theirs);
  assert.equal(readFileSync(join(folder, 'mosaic-reconcile.timer'), 'utf8'), other);
});

inScene('an interval that no timer has, and supervisor: none', 'systemd', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const { stderr } = await scene.mosaic(['fleet', 'install-systemd', '--interval', '7m'], 64);
  assert.match(
    stderr,
    /cannot come every 7m: .*\n +fix: Near it, it can come every 6m or 10m: --interval 6m\./,
  );
  scene.fleet([{ name: 'coder' }], { supervisor: 'none' });
  const none = await scene.mosaic(['fleet', 'install-systemd'], 1);
  assert.match(none.stderr, /supervisor: none\n +fix: mosaic fleet install-cron/);
});

inScene('without a user manager it says so', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }], { supervisor: 'auto' });
  const { stderr } = await scene.mosaic(['fleet', 'install-systemd'], 69);
  assert.match(stderr, /fix: .*install-cron/);
});

inScene('--linger asks loginctl, and says what it said', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  const bin = world.path('bin');
  mkdirSync(bin);
  const fake = (text: string): void =>
    writeFileSync(join(bin, 'loginctl'), `#!/bin/sh\necho "$@" >>'${world.path('asked')}'\n${text}\n`, {
      mode: 0o755,
    });
  const env = { PATH: `${bin}:${world.env['PATH']}` };
  fake('case $1 in show-user) echo no;; *) echo "Access denied" >&2; exit 1;; esac');
  const refused = await world.mosaic(['fleet', 'install-systemd', '--linger'], { env });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /enable-linger \S+ failed: Access denied\n +fix: .*sudo loginctl/);
  fake('case $1 in show-user) echo no;; esac');
  const done = await world.mosaic(['fleet', 'install-systemd', '--linger', '--interval', '24h'], { env });
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^Turned lingering on for /m);
  assert.match(readFileSync(world.path('asked'), 'utf8'), /^enable-linger \S+$/m);
  await untilRunning(scene, 'coder');

  fake('case $1 in show-user) echo yes;; esac');
  const gone = await world.mosaic(['fleet', 'install-systemd', '--uninstall', '--yes'], { env });
  assert.equal(gone.code, 0, gone.stderr);
  assert.match(gone.stderr, /^Lingering stays on for \S+ \(loginctl disable-linger/m);
  assert.doesNotMatch(readFileSync(world.path('asked'), 'utf8'), /disable/);
});

inScene('Ctrl-C between the steps: it ends there, and says what stands', 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'coder' }]);
  const bin = world.path('bin');
  mkdirSync(bin);
  const path = world.env['PATH'] ?? process.env['PATH'] ?? '';
  const script = `#!/bin/sh\n[ "$2" = enable ] && kill -INT $PPID\nPATH='${path}' exec systemctl "$@"\n`;
  writeFileSync(join(bin, 'systemctl'), script, { mode: 0o755 });
  const { code, stderr } = await world.mosaic(['fleet', 'install-systemd', '--interval', '24h'], {
    env: { PATH: `${bin}:${path}` },
  });
  assert.equal(code, 130, stderr);
  assert.match(
    stderr,
    /interrupted after 10 steps \(the last: enable mosaic-fleet\.path\); what was done stands\n +fix: /,
  );
  assert.equal(await property(scene, 'mosaic-reconcile.timer', 'UnitFileState'), 'enabled');
  assert.equal(await property(scene, 'mosaic-reconcile.timer', 'ActiveState'), 'inactive');
  assert.deepEqual(await scene.sessions(), {});
  await install(scene);
  await untilRunning(scene, 'coder');
});
