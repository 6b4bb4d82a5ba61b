/** Files as the shell scripts wrote them that were there before: read, used, and kept. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { changeMission } from '../../src/coord/change.ts';
import { endSession } from '../../src/coord/end.ts';
import { joinSession } from '../../src/coord/join.ts';
import { formatMissionLock, parseMissionLock } from '../../src/record/mission-lock.ts';
import { formatMission, parseMission } from '../../src/record/mission.ts';
import { mission as validMission, sessionLock as validLock } from '../../src/generated/validators.js';
import { observeMission } from '../../src/observe/mission.ts';
import { begin, failure, makeWorld, program, TASKS, withMissionMade, type World } from './world.ts';

const OLD = `{
    "schema_version": 1,
    "mission_id": "old mission-20250101",
    "name": "Old",
    "description": "",
    "status": "active",
    "project_path": "/elsewhere/by/now",
    "quality_gates": "pnpm test",
    "tasks_file": "docs/TASKS.md",
    "manifest_file": "docs/MISSION-MANIFEST.md",
    "scratchpad_file": "",
    "created_at": "2025-01-01T00:00:00Z",
    "coordinator": { "shell": "bash", "version": [1, 2] },
    "milestones": [
        { "id": "M1", "name": "First", "status": "in-progress", "branch": "", "issue_ref": "#12", "started_at": "2025-01-01T00:00:00Z", "completed_at": "", "weight": 3 },
        { "id": "M2", "name": "Second", "status": "pending", "branch": null, "issue_ref": null, "started_at": null, "completed_at": null }
    ],
    "sessions": [
        { "session_id": "sess-007", "runtime": "claude", "pid": 4711, "started_at": "2025-01-01T00:00:00Z", "ended_at": "", "ended_reason": "", "duration_seconds": "", "milestone_id": "M1", "last_task_id": "", "cost": 1.25 }
    ]
}
`;

function oldWorld(t: TestContext): World {
  const world = makeWorld(t);
  world.write(world.places.mission, OLD);
  world.write(world.places.tasks, TASKS);
  return world;
}

const minimal = (world: World, pid: number): string =>
  JSON.stringify({
    session_id: 'sess-007',
    runtime: 'claude',
    pid,
    started_at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    project_path: world.project,
    milestone_id: 'M1',
  });

test('read as they are, and nothing is written for it', async (t) => {
  const world = oldWorld(t);
  const { pid } = await program(t, world.host);
  world.write(world.places.lock, minimal(world, pid));
  const seen = observeMission(world.host, world.project);
  assert.ok(seen.record.known && seen.record.value !== undefined);
  assert.equal(seen.record.value.sessions[0]?.duration_seconds, null);
  assert.equal(seen.places.scratchpad, `${world.project}/docs/scratchpads/old mission-20250101.md`);
  assert.equal(seen.lock.kind, 'live');
  assert.deepEqual(seen.missing, ['manifest', 'scratchpad']);
  assert.equal(world.read(world.places.mission), OLD);
});

test('a crashed session is ended, the next one begun: every key of theirs is still there', async (t) => {
  const world = oldWorld(t);
  const { pid, kill } = await program(t, world.host);
  world.write(world.places.lock, minimal(world, pid));
  await kill();
  assert.equal(observeMission(world.host, world.project).lock.kind, 'dead');
  const ended = await endSession(world.host, world.project, {
    reason: 'crashed',
    at: Date.parse('2025-01-01T01:00:00Z'),
  });
  assert.equal(ended?.duration_seconds, 3600);
  assert.equal(fs.existsSync(world.places.lock), false);
  assert.equal((await begin(world)).sessionId, 'sess-008');
  const after = JSON.parse(world.read(world.places.mission)) as OldFile;
  const before = JSON.parse(OLD) as OldFile;
  assert.deepEqual(Object.keys(after), Object.keys(before));
  assert.deepEqual(after.coordinator, before.coordinator);
  assert.deepEqual(after.milestones, before.milestones);
  const [session, added] = after.sessions;
  assert.equal(session?.['cost'], 1.25);
  assert.deepEqual(Object.keys(session), Object.keys(before.sessions[0] ?? {}));
  assert.equal(added?.['session_id'], 'sess-008');
});

interface OldFile {
  coordinator: object;
  milestones: object[];
  sessions: Record<string, unknown>[];
}

test('a lock that only they know keeps its keys when the program joins; the record gets what the lock tells', async (t) => {
  const world = oldWorld(t);
  const { pid, startTime } = await program(t, world.host);
  world.write(
    world.places.lock,
    JSON.stringify({ ...(JSON.parse(minimal(world, 0)) as object), shell_level: 3 }),
  );
  await joinSession(world.host, world.project, { sessionId: 'sess-007', pid });
  const lock = JSON.parse(world.read(world.places.lock)) as Record<string, unknown>;
  assert.equal(lock['shell_level'], 3);
  assert.equal(lock['pid_start_time'], startTime);
  assert.equal(observeMission(world.host, world.project).lock.kind, 'live');
});

test('a lock of a session that no record tells of is not lost: it is ended, and recorded', async (t) => {
  const world = oldWorld(t);
  await endSession(world.host, world.project, { sessionId: 'sess-007', reason: 'unknown', at: Date.now() });
  const { pid, kill } = await program(t, world.host);
  world.write(world.places.lock, minimal(world, pid).replace('sess-007', 'sess-011'));
  await kill();
  await assert.rejects(begin(world), /sess-011 is over, and its end was never written down/);
  await endSession(world.host, world.project, { reason: 'crashed', at: Date.now() + 5000 });
  const [, recorded] = world.record().sessions;
  assert.equal(recorded?.session_id, 'sess-011');
  assert.equal(recorded.pid, pid);
  assert.equal(recorded.ended_reason, 'crashed');
  assert.equal((await begin(world)).sessionId, 'sess-012');
});

test('lists and names that are missing are none, and the file is written with nothing lost', async (t) => {
  const world = makeWorld(t);
  world.write(
    world.places.mission,
    '{ "mission_id": "m", "milestones": [{ "id": "M1" }], "sessions": null, "extra": [] }',
  );
  const seen = observeMission(world.host, world.project).record;
  assert.ok(seen.known && seen.value !== undefined);
  assert.equal(seen.value.name, 'm');
  assert.equal(seen.value.status, 'inactive');
  assert.deepEqual(seen.value.milestones, [{ id: 'M1', name: 'M1', status: 'pending' }]);
  assert.deepEqual(seen.value.sessions, []);
  const { milestone } = await begin(world);
  assert.equal(milestone?.id, 'M1');
  assert.equal(world.record().status, 'active');
  assert.deepEqual(world.record()['extra'], []);
});

test('no key is ever lost, whatever it is and wherever it stands', async (t) => {
  const world = oldWorld(t);
  const keys = fc.dictionary(
    fc.string({ minLength: 1 }).map((key) => `x-${key}`),
    fc.jsonValue(),
    { maxKeys: 4 },
  );
  await fc.assert(
    fc.asyncProperty(keys, keys, keys, async (top, inMilestone, inSession) => {
      const data = {
        mission_id: 'm',
        ...top,
        milestones: [{ id: 'M1', ...inMilestone }],
        sessions: [{ session_id: 'sess-001', ended_at: '2025-01-01T00:00:00Z', ...inSession }],
      };
      const written = JSON.parse(JSON.stringify(data)) as object;
      world.write(world.places.mission, JSON.stringify(written));
      await changeMission(world.host, world.project, (record) => ({ ...record, touched: 1 }));
      const after = JSON.parse(world.read(world.places.mission)) as object;
      assert.deepEqual(after, {
        ...written,
        name: 'm',
        status: 'inactive',
        milestones: [{ ...(written as typeof data).milestones[0], name: 'M1', status: 'pending' }],
        touched: 1,
      });
    }),
    { numRuns: 25 },
  );
});

test('what we write is what the schemas say, and is read back the same', async (t) => {
  const world = oldWorld(t);
  await endSession(world.host, world.project, { reason: 'crashed', at: Date.now() });
  await begin(world, { agent: 'coder', launcher: true });
  const record = world.record();
  assert.equal(validMission(record), true, JSON.stringify(validMission.errors));
  assert.deepEqual(parseMission(formatMission(record)), record);
  const lock = parseMissionLock(world.read(world.places.lock));
  assert.equal(validLock(lock), true);
  assert.deepEqual(parseMissionLock(formatMissionLock(lock)), lock);
});

test('the mission of a newer mosaic: the way out is an update, not a mending by hand', async (t) => {
  const world = await withMissionMade(t);
  world.edit((record) => ({ ...record, schema_version: 2 }));
  const before = world.read(world.places.mission);
  const { record } = observeMission(world.host, world.project);
  assert.ok(!record.known);
  assert.match(record.why, /mission\.json:2:21 cannot be used: it was made by a newer mosaic/);
  assert.equal(record.fix, 'Update mosaic here.');
  await failure(begin(world), 'invalid');
  assert.equal(world.read(world.places.mission), before);
});
