/** The table "what is done when": agents whose program ended, by itself, by a crash, at a limit. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { crash as isCrashRecord } from '../../src/generated/validators.js';
import { forScenes, type Scene } from './support/scene.ts';

interface CrashRecord {
  cause: string;
  status?: number;
  signal?: number;
  screen?: string;
  git?: string;
}

/** The agent's only crash record, checked against its schema. */
function onlyCrash(scene: Scene, agent: string): { folder: string; record: CrashRecord } {
  const crashes = scene.crashes(agent);
  assert.equal(crashes.length, 1, `${crashes.length} crash records of ${agent}`);
  const [folder = ''] = crashes;
  const record: unknown = JSON.parse(readFileSync(`${folder}/record.json`, 'utf8'));
  assert.ok(isCrashRecord(record), JSON.stringify(isCrashRecord.errors));
  return { folder, record: record as CrashRecord };
}

forScenes('exit 0 under on-crash: completed, and stays', async (scene) => {
  scene.fleet([{ name: 'coder', command: scene.puppet.command }]);
  await scene.apply();
  await scene.exit('coder', 0);
  await scene.apply();
  assert.equal((await scene.status('coder')).state, 'completed');
  assert.equal((await scene.session('coder')).dead, true);
  assert.equal(scene.lock('coder'), undefined);
  assert.deepEqual(scene.crashes('coder'), []);
  await scene.inSync();
});

forScenes('exit 0 under always: starts again, charged to no budget', async (scene) => {
  const restart = { policy: 'always', backoff: { initial: '0s' } };
  scene.fleet([{ name: 'coder', command: scene.puppet.command, restart }]);
  await scene.apply();
  const before = await scene.session('coder');
  await scene.exit('coder', 0);
  await scene.apply();
  const after = await scene.session('coder');
  assert.deepEqual([after.dead, after.pid === before.pid], [false, false]);
  assert.equal(scene.readState().agents['coder']?.restarts, 0);
  assert.deepEqual(scene.crashes('coder'), []);
  await scene.inSync();
});

forScenes('non-zero exit: crash record, worktree kept, lock anew, restarted at once', async (scene) => {
  const { world } = scene;
  const repository = await world.makeRepository('app');
  const worktree = { repository, branch: 'agents/coder' };
  scene.fleet([{ name: 'coder', command: scene.puppet.command, worktree }, { name: 'tester' }]);
  await scene.apply();
  const before = await scene.sessions();
  const folder = scene.state('worktrees', 'coder');
  writeFileSync(`${folder}/half-done.txt`, 'unsaved work\n');
  const lines = Array.from({ length: 120 }, (_, i) => `line ${i + 1} of the last words`);
  await scene.puppet.say('coder', `${lines.join('\n')}\n`);
  await scene.exit('coder', 3);

  const { stderr } = await scene.apply();
  const crash = onlyCrash(scene, 'coder');
  assert.deepEqual([crash.record.cause, crash.record.status, crash.record.signal], ['crash', 3, undefined]);
  const screen = readFileSync(`${crash.folder}/${crash.record.screen}`, 'utf8');
  for (const line of lines) assert.ok(screen.includes(`${line}\n`), `the scrollback lacks "${line}"`);
  const git = readFileSync(`${crash.folder}/${crash.record.git}`, 'utf8');
  assert.match(git, /agents\/coder/);
  assert.match(git, /half-done\.txt/);
  assert.ok(stderr.includes(`worktree kept: ${folder}`), stderr);
  assert.equal(readFileSync(`${folder}/half-done.txt`, 'utf8'), 'unsaved work\n');

  const after = await scene.sessions();
  assert.equal(after['coder']?.dead, false);
  assert.notEqual(after['coder'].pid, before['coder']?.pid);
  assert.equal(scene.lock('coder')?.pid, after['coder'].pid);
  assert.deepEqual(after['tester'], before['tester']);
  assert.equal(scene.readState().agents['coder']?.restarts, 1);
  const events = await scene.mosaic(['events', '--agent', 'coder', '--json']);
  assert.match(events.stdout, new RegExp(`"event":"crash".*"path":"${crash.folder}"`));
  await scene.inSync();
});

forScenes('ended by a signal: a crash, with the signal in its record', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  await scene.kill('coder', 'SEGV');
  const { stderr } = await scene.apply();
  assert.match(stderr, /^crashed coder by signal 11$/m);
  const { record } = onlyCrash(scene, 'coder');
  assert.deepEqual([record.cause, record.status, record.signal], ['crash', undefined, 11]);
  assert.equal((await scene.session('coder')).dead, false);
  await scene.inSync();
});

forScenes('session gone without a trace: a crash, since its record says running', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.apply();
  await scene.world.tmux('kill-session', '-t', '=coder');
  await scene.apply();
  const { record } = onlyCrash(scene, 'coder');
  assert.deepEqual([record.cause, record.status, record.signal], ['crash', undefined, undefined]);
  assert.equal((await scene.session('coder')).dead, false);
  assert.equal(scene.readState().agents['coder']?.restarts, 1);
  await scene.inSync();
});

const MINUTE = 60_000;

/** Ends the agent's program with status 1, and applies. */
async function crash(scene: Scene, agent: string): Promise<void> {
  await scene.exit(agent, 1);
  await scene.apply();
}

/** Milliseconds from the agent's end to its next start, as `status` tells. */
async function waitOf(scene: Scene, agent: string): Promise<number> {
  const { state, until = '' } = await scene.status(agent);
  assert.equal(state, 'backoff');
  return Date.parse(until) - Number(scene.readState().agents[agent]?.ended?.at);
}

/** Sets the clock on by setting what was written down back. */
function passTime(scene: Scene, agent: string, ms: number): void {
  scene.changeState(({ agents }) => {
    const record = agents[agent];
    if (record?.ended !== undefined) record.ended.at -= ms;
    if (record?.run !== undefined) record.run.started_at -= ms;
  });
}

forScenes('crashes: the second waits, each further twice as long up to the maximum', async (scene) => {
  const restart = { max_restarts: 9, window: '10h', backoff: { initial: '1m', max: '3m' } };
  scene.fleet([{ name: 'coder', command: scene.puppet.command, restart }, { name: 'tester' }]);
  await scene.apply();
  await crash(scene, 'coder');
  assert.equal((await scene.session('coder')).dead, false, 'the first restart is at once');

  for (const [index, wait] of [MINUTE, 2 * MINUTE, 3 * MINUTE].entries()) {
    await crash(scene, 'coder');
    assert.equal((await scene.session('coder')).dead, true, 'it waits');
    assert.equal(await waitOf(scene, 'coder'), wait);
    await scene.apply();
    assert.equal((await scene.session('coder')).dead, true, 'it still waits');
    passTime(scene, 'coder', wait);
    await scene.apply();
    assert.equal((await scene.session('coder')).dead, false, 'its wait is over');
    assert.equal(scene.readState().agents['coder']?.restarts, index + 2);
  }
});

forScenes('a crash after a run longer than the window counts as the first', async (scene) => {
  const restart = { window: '1h', backoff: { initial: '1m', max: '3m' } };
  scene.fleet([{ name: 'coder', command: scene.puppet.command, restart }, { name: 'tester' }]);
  await scene.apply();
  await crash(scene, 'coder');
  passTime(scene, 'coder', 61 * MINUTE);
  await crash(scene, 'coder');
  assert.equal((await scene.session('coder')).dead, false, 'restarted at once');
  assert.equal(scene.readState().agents['coder']?.restarts, 1);
  await scene.inSync();
});

const loop = { max_restarts: 1, backoff: { initial: '0s' } };

async function blocked(scene: Scene): Promise<void> {
  scene.fleet([{ name: 'coder', command: scene.puppet.command, restart: loop }, { name: 'tester' }]);
  await scene.apply();
  await crash(scene, 'coder');
  assert.equal((await scene.session('coder')).dead, false);
  await crash(scene, 'coder');
  const { stdout } = await scene.apply();
  assert.match(stdout, /coder +crash loop: exit 1, after 1 restarts?; stays down/);
  assert.match(stdout, /fix: Look at its crash records, then mosaic apply --restart coder\./);
  assert.equal((await scene.session('coder')).dead, true);
  assert.equal((await scene.status('coder')).state, 'blocked');
}

forScenes('budget used up: blocked, until somebody asks for a restart', async (scene) => {
  await blocked(scene);
  await scene.apply(['--restart', 'coder']);
  assert.equal((await scene.session('coder')).dead, false);
  assert.equal(scene.readState().agents['coder']?.restarts, 0);
  assert.equal(scene.crashes('coder').length, 2);
  await scene.inSync();
});

forScenes('budget used up: blocked, until its definition changes', async (scene) => {
  await blocked(scene);
  const env = { MENDED: 'yes' };
  scene.fleet([{ name: 'coder', command: scene.puppet.command, restart: loop, env }, { name: 'tester' }]);
  await scene.apply();
  assert.equal((await scene.session('coder')).dead, false);
  await scene.inSync();
});

forScenes('crashed under never: recorded, and stays down', async (scene) => {
  const restart = { policy: 'never' };
  scene.fleet([{ name: 'coder', restart }, { name: 'tester' }]);
  await scene.apply();
  await scene.kill('coder');
  await scene.apply();
  onlyCrash(scene, 'coder');
  assert.equal((await scene.session('coder')).dead, true);
  assert.equal((await scene.status('coder')).state, 'crashed');
});

const limited = { runtimes: { metered: { limit: '^You hit your limit(?:, resets (\\S+))?' } } };

function meteredFleet(scene: Scene, restart: object): void {
  scene.fleet([{ name: 'coder', runtime: 'metered', restart }, { name: 'tester' }], {
    runtimes: { metered: { ...limited.runtimes.metered, command: scene.puppet.command } },
  });
}

forScenes('a limit on its screen: left alone, and shown with its time', async (scene) => {
  meteredFleet(scene, {});
  await scene.apply();
  const before = await scene.sessions();
  await scene.puppet.say('coder', 'You hit your limit, resets 7pm\n');
  const shown = await scene.world.until('status says limited', async () => {
    const row = await scene.status('coder');
    return row.state === 'limited' ? row : undefined;
  });
  assert.match(shown.reason ?? '', /until 7pm/);
  await scene.apply();
  assert.deepEqual(await scene.sessions(), before);
});

forScenes('an exit at a limit: waits, and charges no budget', async (scene) => {
  meteredFleet(scene, { max_restarts: 0, backoff: { initial: '5m' } });
  await scene.apply();
  await scene.puppet.say('coder', 'You hit your limit, resets 7pm\n');
  await scene.exit('coder', 1);
  await scene.apply();
  assert.equal(await waitOf(scene, 'coder'), 5 * MINUTE);
  assert.equal(scene.readState().agents['coder']?.ended?.cause, 'limit');
  passTime(scene, 'coder', 5 * MINUTE);
  await scene.apply();
  assert.equal((await scene.session('coder')).dead, false);
  assert.equal(scene.readState().agents['coder']?.restarts, 0);
  assert.ok(existsSync(scene.crashes('coder')[0] ?? ''), 'its last words are kept all the same');
  await scene.inSync();
});
