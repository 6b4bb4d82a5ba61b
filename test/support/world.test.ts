import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand, startCommand } from './command.ts';
import { processesOf } from './processes.ts';
import { forSupervisors, inWorld } from './supervisors.ts';
import { until } from './until.ts';
import { createWorld, openWorld, type World } from './world.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

forSupervisors('a world sees nothing of the real home and sockets', async (world) => {
  const { stdout } = await world.run('env');
  for (const name of ['TMUX', 'DBUS_SESSION_BUS_ADDRESS', 'CI']) {
    assert.doesNotMatch(stdout, new RegExp(`^${name}=`, 'm'));
  }
  assert.match(stdout, new RegExp(`^HOME=${world.folder}/`, 'm'));
  assert.deepEqual(await world.sessions(), []);
  const foreign = await world.foreignTmux('list-sessions');
  assert.match(foreign.stderr, new RegExp(`error connecting to ${world.folder}/`));
});

forSupervisors('the fleet and the foreign tmux server are two', async (world) => {
  await world.tmux('new-session', '-d', '-s', 'ours', 'sleep', 'infinity');
  await world.foreignTmux('new-session', '-d', '-s', 'theirs', 'sleep', 'infinity');
  assert.deepEqual(await world.sessions(), ['ours']);
  const foreign = await world.foreignTmux('list-sessions', '-F', '#{session_name}');
  assert.equal(foreign.stdout, 'theirs\n');
});

forSupervisors('a command gets its input, and tells its output and its end', async (world) => {
  const done = await world.run('sh', ['-c', 'cat; echo no >&2; exit 3'], { input: 'yes' });
  assert.deepEqual([done.code, done.signal, done.stdout, done.stderr], [3, null, 'yes', 'no\n']);
  const killed = await world.run('sh', ['-c', 'kill -TERM $$']);
  assert.deepEqual([killed.code, killed.signal], [null, 'SIGTERM']);
});

forSupervisors('a command works where it should', async (world) => {
  assert.equal((await world.run('pwd')).stdout, `${world.cwd}\n`);
  assert.equal((await world.run('pwd', [], { cwd: world.home })).stdout, `${world.home}\n`);
});

forSupervisors('a command that does not end is killed and rejected', async (world) => {
  const run = world.run('sh', ['-c', 'echo begun; exec sleep 1000'], { timeoutMs: 300 });
  await assert.rejects(run, /did not end within 300 ms\nstdout: begun/);
});

forSupervisors('a signal reaches a running program itself', async (world) => {
  const script = 'trap "echo caught; exit 130" INT; echo ready; while :; do sleep 0.01; done';
  const running = await world.spawn('sh', ['-c', script]);
  await world.until('it is ready', () => running.output().stdout === 'ready\n');
  running.signal('SIGINT');
  const { code, stdout } = await running.ended;
  assert.deepEqual([code, stdout], [130, 'ready\ncaught\n']);
});

forSupervisors('a repository has a first commit that its remote holds too', async (world) => {
  const tree = await world.makeRepository('app');
  assert.equal(await world.git(tree, 'rev-parse', 'HEAD'), await world.git(tree, 'rev-parse', '@{upstream}'));
  assert.equal(await world.git(tree, 'status', '--porcelain'), '');
  await assert.rejects(
    world.git(tree, 'checkout', 'nowhere'),
    /git checkout nowhere: exit 1: error: pathspec/,
  );
});

forSupervisors('a fleet file is completed from an object and left alone as text', (world) => {
  const file = world.writeFleet({ tmux: { holder_session: 'hold' }, agents: [] });
  assert.equal(
    readFileSync(file, 'utf8'),
    `version: 1\nname: test\ntransport: tmux\nsupervisor: ${world.supervisor}\nagents: []\n` +
      `tmux:\n  socket_name: ${world.socket}\n  holder_session: hold\n`,
  );
  assert.equal(readFileSync(world.writeFleet('version: 2\n'), 'utf8'), 'version: 2\n');
});

inWorld('systemctl finds no manager where there is none', 'none', async (world) => {
  const { code, stderr } = await world.systemctl('list-units');
  assert.notEqual(code, 0);
  assert.match(stderr, /Failed to connect to bus/);
});

inWorld('the manager starts units, which see the environment of the world', 'systemd', async (world) => {
  const script = 'echo "$HOME $TMUX_TMPDIR"';
  await ok(world.run('systemd-run', ['--user', '--collect', '--unit=told', 'sh', '-c', script]));
  await world.until('the unit printed', () =>
    readFileSync(world.path('manager.log'), 'utf8').includes(`${world.home} ${world.env['TMUX_TMPDIR']}`),
  );
});

inWorld('a scope keeps its limits, and its stop ends what left the session', 'systemd', async (world) => {
  const scope = (name: string, limits: string[], script: string) =>
    world.run('systemd-run', [
      '--user',
      '--scope',
      '--collect',
      `--unit=${name}`,
      ...limits,
      'sh',
      '-c',
      script,
    ]);
  const greedy = `exec ${process.execPath} -e 'for (const all = []; all.length < 300;) all.push(Buffer.alloc(1e6, 1))'`;
  assert.equal((await scope('greedy', ['-p', 'MemoryMax=80M'], greedy)).signal, 'SIGKILL');
  const many = await scope('many', ['-p', 'TasksMax=3'], 'for i in 1 2 3 4 5 6; do sleep 0.1 & done; wait');
  assert.notEqual(many.code, 0);
  const escape = 'setsid sleep 1000 & echo $!; exec sleep 1000';
  const asScope = ['--user', '--scope', '--collect', '--unit=escapes'];
  const escaped = await world.spawn('systemd-run', [...asScope, 'sh', '-c', escape]);
  const child = (await world.until('it escaped', () => escaped.output().stdout)).trim();
  assert.equal((await world.run('kill', ['-0', child])).code, 0);
  await ok(world.systemctl('stop', 'escapes.scope'));
  assert.notEqual((await world.run('kill', ['-0', child])).code, 0);
});

inWorld('two managers at once have nothing to do with each other', 'systemd', async (world, t) => {
  const other = await createWorld(t, { systemd: true });
  const start = ['--user', '--unit=same', 'sleep', 'infinity'];
  await Promise.all([ok(world.run('systemd-run', start)), ok(other.run('systemd-run', start))]);
  await ok(other.systemctl('stop', 'same.service'));
  assert.equal((await world.systemctl('is-active', 'same.service')).stdout, 'active\n');
});

for (const supervisor of ['none', 'systemd'] as const) {
  inWorld('nothing is left of a closed world', supervisor, async () => {
    const { world, close } = await openWorld({ systemd: supervisor === 'systemd' });
    await makeMess(world);
    assert.notDeepEqual(processesOf(world.folder), []);
    await close();
    assertNothingLeft(world.folder);
  });

  inWorld('nothing is left of a world whose test process was ended', supervisor, async (outer) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const script = `
        import { openWorld } from ${JSON.stringify(join(here, 'world.ts'))};
        const { world } = await openWorld({ systemd: ${supervisor === 'systemd'} });
        await world.tmux('new-session', '-d', 'setsid sleep 1000 & sleep 1000');
        console.log(world.folder);
        setInterval(() => {}, 1000);`;
      const entrance = { cwd: here, env: { ...outer.env, TMPDIR: '/tmp' }, record: () => {} };
      const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
      const running = await startCommand(entrance, [process.execPath, ...args], {});
      const folder = (await until('its world stands', () => running.output().stdout)).trim();
      running.signal(signal);
      await running.ended;
      await until('its processes are gone', () => processesOf(folder).length === 0);
      assertNothingLeft(folder);
    }
  });
}

inWorld('a failed test keeps its commands, screens and files', 'none', async (_, t) => {
  const name = `artefacts of ${process.pid}`;
  const after: (() => unknown)[] = [];
  const said: string[] = [];
  const failing = {
    name,
    passed: false,
    after: (hook: unknown) => {
      after.push(hook as () => unknown);
    },
    diagnostic: (text: string) => void said.push(text),
  };
  const world = await createWorld(failing, { systemd: false });
  world.writeFleet({ agents: [] });
  await world.tmux('new-session', '-d', '-s', 'seen', 'echo on the screen; exec sleep 1000');
  await world.until('it is on the screen', async () =>
    (await world.tmux('capture-pane', '-p', '-t', '=seen:')).stdout.includes('on the screen'),
  );
  for (const hook of after) await hook();
  const folder = said[0]?.replace('what happened is kept in ', '') ?? '';
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.equal(existsSync(world.folder), false);
  assert.match(folder, /test-artefacts\/artefacts-of-\d+$/);
  assert.match(
    readFileSync(join(folder, 'commands.log'), 'utf8'),
    /^\$ tmux -L \S+ new-session .*# exit 0, \d+ ms$/m,
  );
  assert.match(readFileSync(join(folder, `tmux-${world.socket}.txt`), 'utf8'), /on the screen/);
  assert.match(readFileSync(join(folder, 'work/fleet.yaml'), 'utf8'), /^agents: \[\]$/m);
});

void test('waiting in vain tells what was seen last', async () => {
  await assert.rejects(
    until(
      'three',
      () => 2,
      20,
      (value) => value === 3,
    ),
    /^Error: waited 20 ms in vain until three; last seen: 2$/,
  );
  await assert.rejects(
    until('equal', () => assert.equal(1, 2), 20),
    /^Error: waited 20 ms in vain until equal; last failure: Expected values/,
  );
});

void test('a program that does not exist rejects', async () => {
  const entrance = { env: {}, cwd: '/', record: () => {} };
  await assert.rejects(runCommand(entrance, ['/no/such/program'], {}), /ENOENT/);
});

/** A tmux server whose pane left a child in a session of its own. */
async function makeMess(world: World): Promise<void> {
  await world.tmux('new-session', '-d', '-s', 'mess', 'setsid sleep 1000 & exec sleep 1000');
  await world.foreignTmux('new-session', '-d', 'sleep', 'infinity');
  await world.until('the child runs', () => processesOf(world.folder).length >= 5);
}

function assertNothingLeft(folder: string): void {
  assert.deepEqual(processesOf(folder), []);
  assert.equal(existsSync(folder), false);
  const name = folder.split('/').at(-1) ?? '';
  const hierarchies = existsSync('/sys/fs/cgroup') ? readdirSync('/sys/fs/cgroup') : [];
  const left = ['', ...hierarchies].filter((group) => existsSync(join('/sys/fs/cgroup', group, name)));
  assert.deepEqual(left, []);
}

async function ok(running: ReturnType<World['run']>): Promise<string> {
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, stderr);
  return stdout;
}
