/** Killed before, within or after every single call that changes anything, then done again: the same end, and nothing lost. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { beginSession } from '../../src/coord/begin.ts';
import { MissionError } from '../../src/coord/error.ts';
import { endSession } from '../../src/coord/end.ts';
import { joinSession } from '../../src/coord/join.ts';
import { parseTasks } from '../../src/mission/tasks.ts';
import { observeMission } from '../../src/observe/mission.ts';
import { drive, type MissionCall } from './drive.ts';
import { begin, makeWorld, NOW, program, texts, wish, withMissionMade, type World } from './world.ts';

const KILLS = ['before', 'during', 'after'] as const;

interface Scene {
  /** The state that the call begins in. */
  prepare(t: TestContext): Promise<{ world: World; call: MissionCall }>;
  /** How many sessions are on record, whenever it was killed. */
  sessions: { least: number; most: number };
  /** Holds when it was done again. */
  completed(world: World, call: MissionCall, where: string): void;
  leastCalls: number;
}

/** Kills the call everywhere, and does it again. */
async function everywhere(t: TestContext, scene: Scene): Promise<void> {
  const { world, call } = await scene.prepare(t);
  const { calls, stderr } = await drive(world.project, call);
  assert.equal(stderr, '');
  scene.completed(world, call, 'never killed');
  assert.ok(
    calls.length >= scene.leastCalls,
    calls.map(({ name, subject }) => `${name} ${subject}`).join('\n'),
  );
  await inPairs(
    calls.flatMap(({ number }) => KILLS.map((how) => ({ at: number, how }))),
    async (fault) => {
      const { name, subject } = calls[fault.at - 1] ?? {};
      const where = `killed ${fault.how} call ${fault.at}: ${name} ${subject}`;
      const { world, call } = await scene.prepare(t);
      const { signal } = await drive(world.project, call, fault);
      assert.equal(signal, 'SIGKILL', where);
      allParses(world, scene, where);
      await again(world, call);
      scene.completed(world, call, where);
      const leftovers = fs.readdirSync(world.project, { recursive: true, encoding: 'utf8' });
      assert.deepEqual(
        leftovers.filter((path) => /\.tmp$|mission\.json\.new$/.test(path) && !mayStay(path, fault.how)),
        [],
        where,
      );
      fs.rmSync(world.project, { recursive: true });
    },
  );
}

/** A half-made new file is cleared when something is written beside it next. */
const mayStay = (path: string, how: string): boolean => how === 'during' && path.endsWith('.tmp');

async function inPairs<T>(items: T[], act: (item: T) => Promise<void>): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let item = items.shift(); item !== undefined; item = items.shift()) await act(item);
  };
  await Promise.all([worker(), worker()]);
}

function allParses({ host, project, places }: World, { sessions }: Scene, where: string): void {
  const seen = observeMission(host, project);
  assert.ok(seen.record.known && seen.tasks.known, where);
  assert.notEqual(seen.lock.kind, 'corrupt', where);
  if (fs.existsSync(places.capsule)) JSON.parse(fs.readFileSync(places.capsule, 'utf8'));
  const count = seen.record.value?.sessions.length ?? 0;
  assert.ok(count >= sessions.least && count <= sessions.most, `${where}: ${count} sessions`);
}

/** What was done to the end before it was killed is refused when it is done again, and stays done. */
async function again(world: World, call: MissionCall): Promise<void> {
  const { code, stderr } = await drive(world.project, call);
  if (call.kind === 'init' && code !== 0) assert.match(stderr, /this mission is active in this project/);
  else assert.equal(code, 0, stderr);
}

const ids = (world: World): string[] => world.record().sessions.map(({ session_id }) => session_id);
const headings = (world: World): string[] =>
  world
    .read(world.places.scratchpad)
    .split('\n')
    .filter((line) => line.startsWith('## '));
const lockOf = (world: World): unknown =>
  fs.existsSync(world.places.lock) ? JSON.parse(world.read(world.places.lock)) : undefined;

test('init', (t) =>
  everywhere(t, {
    prepare: (inner) => Promise.resolve({ world: makeWorld(inner), call: { kind: 'init', wish } }),
    sessions: { least: 0, most: 0 },
    leastCalls: 10,
    completed(world, _call, where) {
      assert.deepEqual(observeMission(world.host, world.project).missing, [], where);
      assert.equal(world.record().milestones.length, 2, where);
      assert.deepEqual(headings(world), ['## Prompt'], where);
      assert.ok(fs.existsSync(join(world.places.orchestrator, '.gitignore')), where);
    },
  }));

/** One session that ended before, so that there is one to lose. */
async function afterOne(t: TestContext): Promise<World> {
  const world = await withMissionMade(t);
  await begin(world, { now: NOW, taskId: 'T2' });
  await endSession(world.host, world.project, { reason: 'premature', at: NOW + 60_000 });
  return world;
}

test('begin', (t) =>
  everywhere(t, {
    prepare: async (inner) => ({ world: await afterOne(inner), call: { kind: 'begin', at: NOW + 120_000 } }),
    sessions: { least: 1, most: 2 },
    leastCalls: 7,
    completed(world, _call, where) {
      assert.deepEqual(ids(world), ['sess-001', 'sess-002'], where);
      const { pid, ended_at, last_task_id, milestone_id, tasks_digest } = world.record().sessions[1] ?? {};
      assert.deepEqual(
        { pid, ended_at, last_task_id, milestone_id },
        { pid: 0, ended_at: '', last_task_id: 'T2', milestone_id: 'M1' },
        where,
      );
      assert.ok(tasks_digest !== undefined, where);
      assert.equal((lockOf(world) as { session_id: string }).session_id, 'sess-002', where);
      assert.deepEqual(headings(world), ['## Prompt', '## Session sess-001', '## Session sess-002'], where);
      assert.equal(parseTasks(world.read(world.places.tasks)).tasks[1]?.status, 'in-progress', where);
      assert.equal(world.read(world.places.prompt), 'go on\n', where);
      assert.match(world.read(world.places.manifest), /sess-002/, where);
    },
  }));

test('join', (t) =>
  everywhere(t, {
    async prepare(inner) {
      const world = await afterOne(inner);
      await begin(world);
      return { world, call: { kind: 'join', session: 'sess-002', pid: process.pid } };
    },
    sessions: { least: 2, most: 2 },
    leastCalls: 3,
    completed(world, _call, where) {
      assert.deepEqual(ids(world), ['sess-001', 'sess-002'], where);
      assert.equal(world.record().sessions[1]?.pid, process.pid, where);
      assert.equal(world.record().sessions[1]?.run, '1.2.3', where);
      assert.equal(observeMission(world.host, world.project).lock.kind, 'live', where);
    },
  }));

/** Of a program that has ended. */
const over = spawnSync('true').pid;

test('end', (t) =>
  everywhere(t, {
    async prepare(inner) {
      const world = await afterOne(inner);
      await begin(world, { now: NOW + 120_000 });
      await joinSession(world.host, world.project, { sessionId: 'sess-002', pid: over });
      return { world, call: { kind: 'end', session: 'sess-002', at: NOW + 180_000 } };
    },
    sessions: { least: 2, most: 2 },
    leastCalls: 4,
    completed(world, _call, where) {
      assert.deepEqual(ids(world), ['sess-001', 'sess-002'], where);
      const { ended_reason, duration_seconds, pid } = world.record().sessions[1] ?? {};
      assert.deepEqual(
        { ended_reason, duration_seconds, pid },
        { ended_reason: 'premature', duration_seconds: 60, pid: over },
        where,
      );
      assert.equal(lockOf(world), undefined, where);
      assert.match(world.read(world.places.manifest), /premature/, where);
    },
  }));

test('a program that could not be started: the session is begun again under its own id', async (t) => {
  const world = await afterOne(t);
  const launcher = await program(t, world.host);
  const launching = { ...world.host, facts: { ...world.host.facts, pid: launcher.pid } };
  const started = () =>
    beginSession(launching, world.project, { runtime: 'codex', texts, now: Date.now(), launcher: true });
  await started();
  await assert.rejects(begin(world), MissionError);
  await launcher.kill();
  assert.equal((await begin(world)).sessionId, 'sess-002');
  assert.deepEqual(ids(world), ['sess-001', 'sess-002']);
  assert.equal(world.record().sessions[1]?.runtime, 'claude');
  assert.equal(headings(world).length, 3);
});
