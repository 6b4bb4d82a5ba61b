/** When the next round of apply --watch is due, on a clock of the test's own. */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { createAlarm } from '../../src/commands/watch-alarm.ts';
import type { Host } from '../../src/host/host.ts';
import { memoryFiles, type MemoryFiles } from '../model/fake-files.ts';

interface Machine {
  host: Pick<Host, 'clock' | 'files'>;
  files: MemoryFiles;
  /** Awake time that passed. */
  awake(): number;
  sleeps(): number;
  /** What happens during the given sleep. */
  during(sleep: number, what: () => void): void;
  /** The machine sleeps, or somebody sets its clock. */
  jump(ms: number): void;
}

function machine(): Machine {
  const began = Date.UTC(2026, 0, 1);
  let now = began;
  let awake = 0;
  let sleeps = 0;
  const happenings = new Map<number, () => void>();
  const files = memoryFiles();
  files.put('/f/fleet.yaml', 'one');
  return {
    files,
    awake: () => awake,
    sleeps: () => sleeps,
    during: (sleep, what) => void happenings.set(sleep, what),
    jump: (ms) => void (now += ms),
    host: {
      files,
      clock: {
        now: () => now,
        sleep: async (ms, signal) => {
          if (signal?.aborted === true) return;
          now += ms;
          awake += ms;
          sleeps += 1;
          happenings.get(sleeps)?.();
        },
      },
    },
  };
}

const never = new AbortController().signal;

test('it waits for the interval, and looks up from time to time', async () => {
  const m = machine();
  const alarm = createAlarm(m.host, never);
  alarm.watchFile('/f/fleet.yaml');
  await alarm.wait(60_000);
  assert.equal(m.awake(), 60_000);
  assert.equal(m.sleeps(), 12);
});

test('a machine that slept over the moment reacts soon after it wakes, once', async () => {
  const m = machine();
  m.during(2, () => m.jump(8 * 3_600_000));
  const alarm = createAlarm(m.host, never);
  await alarm.wait(3_600_000);
  assert.equal(m.awake(), 10_000, 'no more than a slice after waking');
  await alarm.wait(3_600_000);
  assert.equal(m.awake(), 10_000 + 3_600_000, 'what was slept over is not made up for again');
});

test('whatever the clock does, no wait is longer than its interval', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 600_000 }),
      fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 5 }),
      fc.option(fc.integer({ min: -600_000, max: 600_000 }), { nil: undefined }),
      async (ms, jumps, at) => {
        const m = machine();
        for (const [index, jump] of jumps.entries()) m.during(index + 1, () => m.jump(jump));
        await createAlarm(m.host, never).wait(ms, at === undefined ? undefined : m.host.clock.now() + at);
        assert.ok(m.awake() <= ms);
      },
    ),
  );
});

test('a moment that comes before the interval is the one; one that has passed meanwhile is now', async () => {
  const m = machine();
  const alarm = createAlarm(m.host, never);
  await alarm.wait(60_000, m.host.clock.now() + 7_000);
  assert.equal(m.awake(), 7_000);
  await alarm.wait(60_000, m.host.clock.now() - 1);
  await alarm.wait(60_000, m.host.clock.now());
  assert.equal(m.awake(), 7_000);
});

test('without a watch of the system: a change of the file, a flag, at the next look', async () => {
  const m = machine();
  const alarm = createAlarm(m.host, never);
  alarm.watchFile('/f/fleet.yaml');
  alarm.watchFlag('/f/wake');
  m.during(1, () => m.files.put('/f/fleet.yaml', 'another text'));
  await alarm.wait(60_000);
  assert.equal(m.awake(), 5_000);
  alarm.watchFile('/f/fleet.yaml');
  m.during(3, () => m.files.put('/f/wake', ''));
  await alarm.wait(60_000);
  assert.equal(m.awake(), 15_000);
  assert.notEqual(m.files.stat('/f/wake'), undefined, 'who looks takes it down');
  alarm.lower();
  assert.equal(m.files.stat('/f/wake'), undefined);
  await alarm.wait(60_000);
  assert.equal(m.awake(), 75_000);
});

test('what changes between the look and the wait is not forgotten', async () => {
  const m = machine();
  const alarm = createAlarm(m.host, never);
  alarm.watchFile('/f/fleet.yaml');
  alarm.watchFlag('/f/wake');
  alarm.lower();
  m.files.put('/f/fleet.yaml', 'another text');
  await alarm.wait(60_000);
  assert.equal(m.awake(), 0);
  alarm.watchFile('/f/fleet.yaml');
  alarm.lower();
  m.files.put('/f/wake', '');
  await alarm.wait(60_000);
  assert.equal(m.awake(), 0);
  alarm.lower();
  alarm.ring();
  await alarm.wait(60_000);
  assert.equal(m.awake(), 0);
});

test('a file that is gone rings once, and once more when it is back', async () => {
  const m = machine();
  const alarm = createAlarm(m.host, never);
  alarm.watchFile('/f/fleet.yaml');
  m.files.remove('/f/fleet.yaml');
  await alarm.wait(60_000);
  assert.equal(m.awake(), 0);
  alarm.lower();
  await alarm.wait(60_000);
  assert.equal(m.awake(), 60_000, 'who finds no file to read has seen that');
  m.files.put('/f/fleet.yaml', 'one');
  await alarm.wait(60_000);
  assert.equal(m.awake(), 60_000);
});

test('a flag that cannot be taken down does not ring for ever', async () => {
  const m = machine();
  m.files.put('/f/wake', '');
  const files = {
    ...m.files,
    remove: () => {
      throw new Error('read-only');
    },
  };
  const alarm = createAlarm({ ...m.host, files }, never);
  alarm.watchFlag('/f/wake');
  alarm.lower();
  await alarm.wait(60_000);
  assert.equal(m.awake(), 60_000);
});

test('an aborted signal ends a wait', async () => {
  const m = machine();
  const stop = new AbortController();
  m.during(2, () => stop.abort());
  await createAlarm(m.host, stop.signal).wait(3_600_000);
  assert.equal(m.awake(), 10_000);
});
