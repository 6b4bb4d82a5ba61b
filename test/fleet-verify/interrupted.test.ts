/** `fleet verify` that does not come to its end: interrupted, it leaves nothing; killed, the next one clears what it left. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { Running } from '../support/command.ts';
import type { World } from '../support/world.ts';
import { traces, userServer, verify } from './scene.ts';

/** Moments of a run: as soon as it has a state folder, and after so many properties. */
const MOMENTS = [0, 1, 3, 6] as const;

/** Each test has as much more for what comes after. */
const PATIENCE_MS = 60_000;

async function stoppedAt(world: World, moment: number, signal: NodeJS.Signals): Promise<Running> {
  const running = await world.start(['fleet', 'verify']);
  const all = `${world.env['XDG_STATE_HOME']}/mosaic`;
  await world.until(
    `${moment} properties are proved`,
    () =>
      moment === 0
        ? existsSync(all) && readdirSync(all).length > 0
        : running
            .output()
            .stdout.split('\n')
            .filter((line) => /^(ok|n\/a)/.test(line)).length >= moment,
    // Most of a whole verification, on a machine that does much else.
    PATIENCE_MS,
  );
  running.signal(signal);
  return running;
}

for (const [at, moment] of MOMENTS.entries()) {
  const signal = at % 2 === 0 ? 'SIGINT' : 'SIGTERM';
  forSupervisors(
    `${signal} after ${moment}: exit 130, and nothing is left`,
    async (world) => {
      await userServer(world);
      const before = await traces(world);
      const running = await stoppedAt(world, moment, signal);
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 130, stdout);
      if (moment > 0) assert.match(stderr, /^Interrupted: .* leaves that to: mosaic fleet verify --clear$/m);
      assert.match(stdout, /^not tried .*\n +interrupted$/m);
      assert.match(stdout, /^ok +nothing of it is left$/m);
      assert.deepEqual(await traces(world), before);
    },
    { timeout: 2 * PATIENCE_MS },
  );

  forSupervisors(
    `SIGKILL after ${moment}: --clear takes away what is left`,
    async (world) => {
      await userServer(world);
      const before = await traces(world);
      const running = await stoppedAt(world, moment, 'SIGKILL');
      await running.ended.catch(() => {});
      assert.notDeepEqual(await traces(world), before);
      const { code, stderr } = await verify(world, ['--clear']);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Took away what an earlier run had left: verify-[0-9a-f]{8}\.$/m);
      assert.deepEqual(await traces(world), before);
    },
    { timeout: 2 * PATIENCE_MS },
  );
}

forSupervisors(
  'what a writer that was killed left half written is taken away too',
  async (world) => {
    const before = await traces(world);
    const running = await stoppedAt(world, 1, 'SIGKILL');
    await running.ended.catch(() => {});
    const all = `${world.env['XDG_STATE_HOME']}/mosaic`;
    const name = readdirSync(all).find((one) => one.startsWith('verify-'));
    const { pid } = running;
    const places = ['', '/conversations', '/locks'].map((folder) => `${all}/${name}${folder}`);
    if (world.supervisor === 'systemd') places.push(`${world.env['XDG_CONFIG_HOME']}/systemd/user`);
    for (const place of places) {
      mkdirSync(place, { recursive: true });
      writeFileSync(`${place}/.mosaic-${pid}.7.tmp`, 'half');
    }
    const { code, stderr } = await verify(world, ['--clear']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await traces(world), before);
  },
  { timeout: 2 * PATIENCE_MS },
);

inWorld('killed while it wrote its mark', 'none', async (world) => {
  const folder = `${world.env['XDG_STATE_HOME']}/mosaic/verify-0123abcd`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/apply.lock`, '');
  // Of a pid that is another's by now: ours, which is younger than that file.
  const half = `${folder}/.mosaic-${process.pid}.0.tmp`;
  writeFileSync(half, '{');
  utimesSync(half, 1, 1);
  const { code, stderr } = await verify(world, ['--clear']);
  assert.equal(code, 0, stderr);
  assert.equal(existsSync(folder), false);
});

inWorld(
  'the next run clears what a killed one left, and leaves one that is at work alone',
  'none',
  async (world) => {
    const killed = await stoppedAt(world, 1, 'SIGKILL');
    await killed.ended.catch(() => {});
    const first = await world.start(['fleet', 'verify']);
    await world.until('it is at work', () => first.output().stdout.includes('ok'));
    const { code, stdout } = await verify(world, ['--json']);
    assert.equal(code, 0, stdout);
    assert.deepEqual((JSON.parse(stdout) as { cleared: string[] }).cleared, []);
    const { code: firstCode, stdout: text, stderr } = await first.ended;
    assert.equal(firstCode, 0, text);
    assert.match(stderr, /Took away what an earlier run had left/);
  },
  { timeout: 2 * PATIENCE_MS },
);

forSupervisors('--keep leaves it to be looked at, until the next run', async (world) => {
  const before = await traces(world);
  const { code, stdout } = await verify(world, ['--keep']);
  assert.equal(code, 0, stdout);
  const socket = /tmux -L (\S+) attach/.exec(stdout)?.[1] ?? '';
  const { stdout: sessions } = await world.run('tmux', [
    '-L',
    socket,
    'list-sessions',
    '-F',
    '#{session_name}',
  ]);
  assert.deepEqual(sessions.trim().split('\n').sort(), ['_holder', 'app', 'app-2']);
  await verify(world, ['--clear']);
  assert.deepEqual(await traces(world), before);
});

inWorld("another fleet's state that is only called like one stays", 'none', async (world) => {
  const folder = `${world.env['XDG_STATE_HOME']}/mosaic/verify-0123abcd`;
  await world.run('mkdir', ['-p', folder]);
  await world.run('sh', ['-c', `echo '{}' >'${folder}/state.json'`]);
  assert.equal((await verify(world, ['--clear'])).code, 0);
  assert.ok(existsSync(`${folder}/state.json`));
});
