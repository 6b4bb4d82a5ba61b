/** Each kind of lock, judged on the real machine with real processes; time, host and boot through the seam. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { endSession } from '../../src/coord/end.ts';
import type { Facts, Host } from '../../src/host/host.ts';
import { judgeLock } from '../../src/mission/lock-state.ts';
import type { MissionLock } from '../../src/model/mission.ts';
import { observeMission } from '../../src/observe/mission.ts';
import { at, begin, failure, makeWorld, program, withMissionMade, type World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The lock as it is seen, in a word or two. */
function judged(world: World, host: Host = world.host): string {
  const lock = observeMission(host, world.project).lock;
  return lock.kind === 'dead' ? `dead: ${lock.why}` : lock.kind;
}

const withFacts = (host: Host, facts: Partial<Facts>): Host => ({
  ...host,
  facts: { ...host.facts, ...facts },
});
const later = (host: Host, ms: number): Host => ({
  ...host,
  clock: { ...host.clock, now: () => host.clock.now() + ms },
});

test('its process lives', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime, kill } = await program(t, world.host);
  const { bootId, hostname } = world.host.facts;
  world.writeLock({ pid, pid_start_time: startTime, boot_id: bootId, host: hostname });
  assert.equal(judged(world), 'live');
  await kill();
  assert.equal(judged(world), 'dead: gone');
});

test('another process has its pid now', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime } = await program(t, world.host);
  world.writeLock({ pid, pid_start_time: startTime - 1, boot_id: world.host.facts.bootId });
  assert.equal(judged(world), 'dead: reused');
});

test('a program started by hand: without its process, what it lay over counts again', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime, kill } = await program(t, world.host);
  const { bootId, hostname } = world.host.facts;
  const own = { session_id: 'by-hand', by_hand: true, pid, pid_start_time: startTime };
  const place = { runtime: 'claude', project_path: world.project, started_at: at(Date.now()) };
  const dead = { ...place, session_id: 'sess-001', pid, pid_start_time: 1, boot_id: bootId };
  const written: [Partial<MissionLock>, string, string][] = [
    [{ ...own, boot_id: bootId, host: hostname }, 'live', 'none'],
    [{ ...own, boot_id: bootId, host: hostname, over: dead }, 'live', 'dead: gone'],
    [{ ...own, boot_id: bootId, over: { ...dead, ...own, boot_id: bootId } }, 'live', 'none'],
    [{ ...own, boot_id: 'another', host: hostname }, 'none', 'none'],
    [{ ...own, boot_id: 'another', host: 'elsewhere' }, 'elsewhere', 'elsewhere'],
    [{ ...own, boot_id: bootId, by_hand: false }, 'live', 'dead: gone'],
    [{ ...own, boot_id: bootId, over: {} as MissionLock }, 'corrupt', 'corrupt'],
  ];
  for (const [lock, before] of written) {
    world.writeLock(lock);
    assert.equal(judged(world), before, JSON.stringify(lock));
  }
  await kill();
  for (const [lock, , after] of written) {
    world.writeLock(lock);
    assert.equal(judged(world), after, JSON.stringify(lock));
  }
});

test("an older tool's lock: its process lives, is gone, or began long after the lock", async (t) => {
  const world = makeWorld(t);
  const { pid, kill } = await program(t, world.host);
  world.writeLock({ pid });
  assert.equal(judged(world), 'live');
  world.writeLock({ pid, started_at: at(Date.now() - 2 * MINUTE) });
  assert.equal(judged(world), 'dead: reused');
  world.writeLock({ pid });
  await kill();
  assert.equal(judged(world), 'dead: gone');
});

test('before a reboot', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime } = await program(t, world.host);
  const { bootId, hostname } = world.host.facts;
  world.writeLock({ pid, pid_start_time: startTime, boot_id: bootId, host: hostname });
  assert.equal(judged(world, withFacts(world.host, { bootId: 'another' })), 'dead: reboot');
  world.writeLock({ pid, pid_start_time: startTime, boot_id: 'an earlier one' });
  assert.equal(judged(world), 'dead: reboot');
  world.writeLock({ pid: 0, boot_id: 'an earlier one', host: hostname });
  assert.equal(judged(world), 'dead: reboot');
});

test('before a reboot, by an older tool: its time tells', async (t) => {
  const world = makeWorld(t);
  const { pid } = await program(t, world.host);
  const rebooted = withFacts(world.host, { bootedAt: Date.now() - HOUR });
  world.writeLock({ pid, started_at: at(Date.now() - 2 * HOUR) });
  assert.equal(judged(world, rebooted), 'dead: reboot');
  // The same boot, by a clock that was a little off then.
  world.writeLock({ pid, started_at: at(Date.now() - 2000) });
  assert.equal(judged(world, withFacts(world.host, { bootedAt: Date.now() })), 'live');
});

test('of another host', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime } = await program(t, world.host);
  world.writeLock({ pid, pid_start_time: startTime, boot_id: 'theirs', host: 'far-away' });
  assert.equal(judged(world), 'elsewhere');
  // The machine was given another name: it is the same boot.
  world.writeLock({ pid, pid_start_time: startTime, boot_id: world.host.facts.bootId, host: 'my-old-name' });
  assert.equal(judged(world), 'live');
});

test('of a container beside this one: what is not found here may well live there', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime, kill } = await program(t, world.host);
  const there = { boot_id: world.host.facts.bootId, host: 'beside' };
  world.writeLock({ ...there, pid, pid_start_time: startTime - 1 });
  assert.equal(judged(world), 'elsewhere');
  // A pid alone says nothing: each container counts its own.
  world.writeLock({ ...there, pid });
  assert.equal(judged(world), 'elsewhere');
  world.writeLock({ ...there, pid: 0, launcher_pid: pid, launcher_start_time: startTime });
  assert.equal(judged(world), 'starting');
  world.writeLock({ ...there, pid: 0, launcher_pid: pid, launcher_start_time: startTime - 1 });
  assert.equal(judged(world), 'elsewhere');
  world.writeLock({ ...there, pid: 0, started_at: at(Date.now() - HOUR) });
  assert.equal(judged(world), 'elsewhere');
  world.writeLock({ ...there, pid, pid_start_time: startTime });
  assert.equal(judged(world), 'live');
  await kill();
  assert.equal(judged(world), 'elsewhere');
});

test('no process yet: as long as its launcher lives', async (t) => {
  const world = makeWorld(t);
  const { pid, startTime, kill } = await program(t, world.host);
  world.writeLock({
    pid: 0,
    launcher_pid: pid,
    launcher_start_time: startTime,
    started_at: at(Date.now() - HOUR),
  });
  assert.equal(judged(world), 'starting');
  world.writeLock({ pid: 0, launcher_pid: pid, launcher_start_time: startTime - 1 });
  assert.equal(judged(world), 'dead: never-started');
  world.writeLock({ pid: 0, launcher_pid: pid, launcher_start_time: startTime });
  await kill();
  assert.equal(judged(world), 'dead: never-started');
});

test('no process yet and nobody named who starts it: for a minute', (t) => {
  const world = makeWorld(t);
  world.writeLock({ pid: 0 });
  assert.equal(judged(world), 'starting');
  assert.equal(judged(world, later(world.host, 59_000)), 'starting');
  assert.equal(judged(world, later(world.host, 61_000)), 'dead: never-started');
});

const corrupt: Record<string, { put: (path: string) => void; why: RegExp }> = {
  'is empty': { put: (path) => fs.writeFileSync(path, ''), why: /^line 1, column 1: it is empty$/ },
  'holds only spaces': { put: (path) => fs.writeFileSync(path, ' \n'), why: /it is empty/ },
  'is half written': {
    put: (path) => fs.writeFileSync(path, '{\n  "session_id": "sess-001",\n  "pid": 1'),
    why: /^line 3, column 11: it is not JSON: it ends too early$/,
  },
  'has a pid in words': {
    put: (path) =>
      fs.writeFileSync(
        path,
        '{ "session_id": "s", "runtime": "x", "started_at": "2026-01-02T03:04:05Z", "project_path": "/",\n  "pid": "12" }',
      ),
    why: /^line 2, column 10: pid must be integer$/,
  },
  'is a list': { put: (path) => fs.writeFileSync(path, '[]'), why: /it must be object/ },
  'is no text': {
    put: (path) => fs.writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d])),
    why: /no valid UTF-8/,
  },
  'is a folder': { put: (path) => fs.mkdirSync(path), why: /it is a folder/ },
  'is a pipe': { put: (path) => execFileSync('mkfifo', [path]), why: /no regular file/ },
  'is a link that leads nowhere': {
    put: (path) => fs.symlinkSync('/nowhere/at/all', path),
    why: /leads nowhere/,
  },
};

for (const [name, { put, why }] of Object.entries(corrupt)) {
  test(`a lock that ${name} is corrupt: kept, then cleared when that is asked for`, async (t) => {
    const world = await withMissionMade(t);
    put(world.places.lock);
    const seen = observeMission(world.host, world.project).lock;
    assert.equal(seen.kind, 'corrupt');
    assert.match(seen.why, why);
    assert.match((await failure(begin(world), 'conflict')).message, /cannot be used/);
    await endSession(world.host, world.project, { reason: 'crashed', at: Date.now() });
    assert.equal(judged(world), 'corrupt');
    await endSession(world.host, world.project, { reason: 'crashed', at: Date.now(), clearCorrupt: true });
    assert.equal(judged(world), 'none');
    assert.equal((await begin(world)).sessionId, 'sess-001');
  });
}

test('a folder with something in it, in the place of the lock, is never removed', async (t) => {
  const world = await withMissionMade(t);
  world.write(join(world.places.lock, 'notes'), 'mine');
  const clear = () =>
    endSession(world.host, world.project, { reason: 'crashed', at: Date.now(), clearCorrupt: true });
  assert.match((await failure(clear(), 'conflict')).message, /a folder, and not empty/);
  assert.equal(world.read(join(world.places.lock, 'notes')), 'mine');
});

test('any lock on any machine is judged', () => {
  const moment = fc.integer({ min: 0, max: 4_102_444_800_000 });
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const ticks = fc.constantFrom(5, 6);
  const lock = fc.record({
    session_id: fc.constant('sess-001'),
    runtime: fc.constant('claude'),
    pid: fc.constantFrom(0, 1, 4711),
    started_at: fc.oneof(moment.map(at), fc.constant('2026-99-99T99:99:99Z')),
    project_path: fc.constant('/p'),
    pid_start_time: fc.option(ticks),
    boot_id: fc.option(fc.constantFrom('', 'here', 'there')),
    host: fc.option(fc.constantFrom('', 'h', 'far')),
    launcher_pid: fc.option(fc.constantFrom(0, 1)),
    launcher_start_time: fc.option(ticks),
  });
  const machine = fc.record({
    now: moment,
    bootedAt: maybe(moment),
    runs: fc.boolean(),
    startedAt: maybe(moment),
  });
  fc.assert(
    fc.property(lock, machine, (given: MissionLock, { now, bootedAt, runs, startedAt }) => {
      const state = judgeLock(given, {
        bootId: 'here',
        hostname: 'h',
        now,
        bootedAt,
        startTime: () => (runs ? 5 : undefined),
        startedAt: () => startedAt,
      });
      // Believed at work only what runs and is not known to be another process or of another boot.
      if (state.kind === 'live')
        assert.ok(runs && given.pid > 0 && given.pid_start_time !== 6 && given.boot_id !== 'there');
      if (state.kind === 'elsewhere') assert.equal(given.host, 'far');
      // Of a container beside this one, nothing is known to be over.
      if (given.host === 'far' && given.boot_id === 'here') assert.notEqual(state.kind, 'dead');
      if (state.kind === 'starting') assert.equal(given.pid, 0);
      // A process that is known to be the very one is never taken for dead.
      if (runs && given.pid > 0 && given.pid_start_time === 5 && given.boot_id === 'here')
        assert.equal(state.kind, 'live');
    }),
  );
});
