import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { standIn } from '../e2e/support/stand-in.ts';
import { inWorld } from '../support/supervisors.ts';
import { ailment, clinicOf, type Clinic } from './clinic.ts';

/** A file system of its own under the state folder, in the namespace of the user manager. */
const mounted =
  (options: string) =>
  async (clinic: Clinic): Promise<void> => {
    await clinic.shell(
      `mkdir -p -m 700 '${clinic.state()}' && mount -t tmpfs -o mode=700,${options} tmpfs '${clinic.state()}'`,
    );
    clinic.fleet([{ name: 'coder' }]);
    await clinic.apply();
  };

ailment('a state folder that cannot be written', 'systemd', {
  check: 'state-folder',
  health: 'broken',
  says: /cannot be written: .*read-only/,
  well: mounted('size=100m'),
  breaks: (clinic) => clinic.shell(`mount -o remount,ro '${clinic.state()}'`),
});

ailment('a state folder with little room', 'systemd', {
  check: 'state-room',
  health: 'warning',
  says: /^\d+ KiB are left on /,
  well: mounted('size=100m'),
  breaks: (clinic) => clinic.shell(`head -c 60M /dev/zero > '${clinic.state('filler')}'`),
  mend: (clinic) => clinic.shell(`rm '${clinic.state('filler')}'`),
});

ailment('a full state folder', 'systemd', {
  check: 'state-folder',
  health: 'broken',
  says: /no space is left/,
  well: mounted('size=100m'),
  breaks: (clinic) =>
    clinic.shell(`head -c 200M /dev/zero > '${clinic.state('filler')}' 2>/dev/null || true`),
  also: { 'state-room': 'broken' },
  mend: (clinic) => clinic.shell(`rm '${clinic.state('filler')}'`),
});

ailment('a state folder in which few files more fit', 'systemd', {
  check: 'state-room',
  health: 'warning',
  says: /^\d+ files more fit on /,
  well: mounted('size=100m,nr_inodes=2000'),
  breaks: (clinic) =>
    clinic.shell(`mkdir '${clinic.state('many')}' && cd '${clinic.state('many')}' && seq 1500 | xargs touch`),
  mend: (clinic) => clinic.shell(`rm -r '${clinic.state('many')}'`),
});

ailment('no user manager where units are wanted', 'systemd', {
  check: 'user-manager',
  health: 'broken',
  says: /^no user manager runs .*, and the fleet asks for it/,
  breaks(clinic) {
    clinic.env = { XDG_RUNTIME_DIR: clinic.world.path('tmp') };
  },
  untold: ['lingering'],
  mend(clinic, finding) {
    assert.match(finding.advice ?? '', /^XDG_RUNTIME_DIR is .*set it to where yours listens\.$/);
    clinic.env = {};
  },
});

ailment('a user bus that does not answer', 'systemd', {
  check: 'user-bus',
  health: 'warning',
  says: /^the user bus does not answer: /,
  async well(clinic) {
    await clinic.world.systemctl('start', 'dbus.socket');
    clinic.fleet([{ name: 'coder' }]);
    await clinic.apply();
  },
  breaks: (clinic) => clinic.shell('systemctl --user stop dbus.socket dbus.service'),
});

ailment('a user who does not linger', 'systemd', {
  check: 'lingering',
  health: 'warning',
  says: /^root does not linger/,
  async well(clinic) {
    const flag = clinic.world.path('lingers');
    writeFileSync(flag, '');
    const script = `case "$1" in
show-user) if [ -e '${flag}' ]; then echo yes; else echo no; fi ;;
enable-linger) [ "$2" = root ] && touch '${flag}' ;;
*) exit 1 ;; esac`;
    clinic.env = { ...(await standIn(clinic.world, 'loginctl', script)).env };
    clinic.fleet([{ name: 'coder' }]);
    await clinic.apply();
  },
  breaks: ({ world }) => rmSync(world.path('lingers')),
});

ailment('a clock that nothing keeps right', 'none', {
  check: 'time-sync',
  health: 'warning',
  says: /^nothing keeps the clock right/,
  async well(clinic) {
    const flag = clinic.world.path('synchronized');
    writeFileSync(flag, '');
    const script = `case "$1" in
show) if [ -e '${flag}' ]; then echo NTP=yes; echo NTPSynchronized=yes; else echo NTP=no; echo NTPSynchronized=no; fi ;;
set-ntp) touch '${flag}' ;; esac`;
    clinic.env = { ...(await standIn(clinic.world, 'timedatectl', script)).env };
    clinic.fleet([{ name: 'coder' }]);
    await clinic.apply();
  },
  breaks: ({ world }) => rmSync(world.path('synchronized')),
});

inWorld('without a fleet file, the machine alone is looked at', 'none', async (world, t) => {
  const { code, findings, of } = await clinicOf(world, t).examine();
  assert.equal(code, 0);
  assert.deepEqual(of('fleet-file'), []);
  const file = findings.find(({ check }) => check === 'fleet-file');
  assert.ok(file);
  assert.equal(file.health, 'not-applicable');
  assert.match(file.message, /there is no fleet file/);
  assert.ok(findings.some(({ check, health }) => check === 'tmux' && health === 'ok'));
  assert.ok(!findings.some(({ check }) => check === 'programs'));
  assert.ok(!existsSync(world.path('home/.local/state/mosaic')), 'it leaves nothing behind');
});

inWorld('a fleet file that was named and is not there is broken', 'none', async (world, t) => {
  const { ill } = await clinicOf(world, t).examine(['--file', world.path('none.yaml')]);
  assert.equal(ill['fleet-file'], 'broken');
});

inWorld(
  'for people: what is broken first, its fix whole, and a sentence at the end',
  'none',
  async (world, t) => {
    const clinic = clinicOf(world, t);
    clinic.fleet([{ name: 'coder', working_directory: world.path('a folder') }]);
    const { code, stdout } = await world.mosaic(['doctor'], { env: { COLUMNS: '80' } });
    assert.equal(code, 1);
    assert.match(stdout, /^broken {3}folders /);
    assert.ok(stdout.includes(`fix: mkdir -p '${world.path('a folder')}'\n`));
    assert.match(stdout, /\n1 broken, \d warnings? and \d that could not be told; \d+ ok\.\n$/);
    const long = stdout.split('\n').filter((line) => line.length > 80 && !line.includes('fix: '));
    assert.deepEqual(long, []);
  },
);

inWorld('a state folder of somebody else, to whom root is another', 'none', async (world, t) => {
  const person = ['--reuid=12345', '--regid=12345', '--clear-groups', '--'];
  const clinic = clinicOf(world, t, (file, args = [], { env = {}, ...options } = {}) =>
    world.run('setpriv', [...person, file, ...args], {
      ...options,
      env: { ...env, TMUX_TMPDIR: world.path('tmp') },
    }),
  );
  await world.run('sh', [
    '-c',
    `chmod 711 '${world.folder}' && chown -R 12345:12345 '${world.home}' '${world.path('tmp')}' && mkdir '${clinic.state()}' -p -m 700`,
  ]);
  clinic.fleet([{ name: 'coder' }]);
  const broken = await clinic.examine();
  assert.equal(broken.ill['state-folder'], 'broken');
  assert.match(broken.of('state-folder')[0]?.message ?? '', /cannot be written: .*permission denied/);
  const command = broken.of('state-folder')[0]?.command ?? '';
  assert.equal(command, `sudo chown -R 12345 ${clinic.state()}`);
  assert.equal((await world.run('sh', ['-c', command.replace('sudo ', '')])).code, 0);
  assert.equal((await clinic.examine()).ill['state-folder'], undefined);
});

inWorld('it changes nothing', 'systemd', async (world, t) => {
  const clinic = clinicOf(world, t);
  clinic.fleet([{ name: 'coder' }]);
  await clinic.apply();
  const look = async (): Promise<string> =>
    (await world.run('find', [world.home, world.cwd, '-type', 'f', '-printf', '%p %m %s %T@ %C@\\n'])).stdout;
  const sessions = async (): Promise<string> =>
    (await world.tmux('list-panes', '-a', '-F', '#{session_id} #{session_created} #{pane_pid}')).stdout;
  const before = [await look(), await sessions()];
  await clinic.examine(['--remote']);
  assert.deepEqual([await look(), await sessions()], before);
});
