/** What was seen a while ago is looked at again before anything is written: sessions that live after all, files that are gone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { endSession } from '../../src/coord/end.ts';
import { runGates, type GatesWish } from '../../src/coord/gates.ts';
import { joinSession } from '../../src/coord/join.ts';
import { workplaceOf } from '../../src/coord/circumstances.ts';
import { observeMission } from '../../src/observe/mission.ts';
import { begin, failure, program, row, table, withMissionMade, type World } from './world.ts';

const joined = async (world: World, pid: number): Promise<void> => {
  const { sessionId } = await begin(world, { launcher: true });
  await joinSession(world.host, world.project, { sessionId, pid });
};

test('a session that lives is not ended as crashed, whoever found it dead before', async (t) => {
  const world = await withMissionMade(t);
  const agent = await program(t, world.host);
  await joined(world, agent.pid);
  const ending = { sessionId: 'sess-001', at: Date.now() };
  const before = world.read(world.places.mission);
  const error = await failure(
    endSession(world.host, world.project, { ...ending, reason: 'crashed' }),
    'conflict',
  );
  assert.match(error.message, /sess-001 is at work again/);
  assert.equal(world.read(world.places.mission), before);
  await agent.kill();
  await endSession(world.host, world.project, { ...ending, reason: 'crashed' });
  assert.equal(world.record().sessions[0]?.ended_reason, 'crashed');
});

test('a lock that was removed under a live session: the record tells of its process', async (t) => {
  const world = await withMissionMade(t);
  const agent = await program(t, world.host);
  await joined(world, agent.pid);
  fs.rmSync(world.places.lock);
  const { lock } = observeMission(world.host, world.project);
  assert.ok(lock.kind === 'live' && lock.unlocked === true, JSON.stringify(lock));
  assert.equal(lock.lock.pid, agent.pid);
  await failure(begin(world), 'conflict');
  await failure(endSession(world.host, world.project, { reason: 'crashed', at: Date.now() }), 'conflict');
  // Another process of that pid is not it.
  world.edit((record) => ({
    ...record,
    sessions: record.sessions.map((entry) => ({ ...entry, pid_start_time: 1 })),
  }));
  assert.equal(observeMission(world.host, world.project).lock.kind, 'none');
  await agent.kill();
});

test('a task table that is gone after work was begun is not taken for an empty one', async (t) => {
  const world = await withMissionMade(t);
  fs.renameSync(world.places.tasks, `${world.places.tasks}.away`);
  assert.deepEqual(observeMission(world.host, world.project).tasks, { known: true, value: undefined });
  fs.renameSync(`${world.places.tasks}.away`, world.places.tasks);
  await begin(world);
  await endSession(world.host, world.project, { reason: 'killed', at: Date.now() });
  fs.rmSync(world.places.tasks);
  const { tasks } = observeMission(world.host, world.project);
  assert.ok(!tasks.known && /TASKS\.md is not there, and work was begun/.test(tasks.why));
  await failure(begin(world), 'invalid');
  assert.ok(!fs.existsSync(world.places.tasks));
});

test('where a session works is kept: in its lock, in the record, and for whoever recovers it', async (t) => {
  const world = await withMissionMade(t);
  const workplace = join(world.project, 'tree');
  fs.mkdirSync(workplace);
  execFileSync('git', ['init', '--quiet', workplace]);
  const { sessionId } = await begin(world, { workplace });
  const agent = await program(t, world.host);
  await joinSession(world.host, world.project, { sessionId, pid: agent.pid });
  assert.equal(JSON.parse(world.read(world.places.lock)).workplace, workplace);
  assert.equal(world.record().sessions[0]?.workplace, workplace);
  // Its commits count as changes.
  const later = new Date(Date.now() + 60_000);
  fs.utimesSync(join(workplace, '.git/HEAD'), later, later);
  const seen = observeMission(world.host, world.project, { terminal: false });
  assert.ok(Math.abs((seen.changedAt ?? 0) - later.getTime()) < 1_000);
  assert.equal(workplaceOf(world.host, seen), workplace);
  await agent.kill();
  assert.equal(workplaceOf(world.host, observeMission(world.host, world.project)), workplace);
});

const gates = (command: string, world: World): GatesWish => ({
  milestones: ['M1'],
  command,
  workplace: world.project,
  signal: new AbortController().signal,
});

const finished = async (world: World): Promise<void> => {
  world.write(world.places.tasks, table(row('T1', 'done'), row('T3', 'not-started', 'M2')));
  world.edit((record) => ({
    ...record,
    quality_gates: 'true',
    milestones: record.milestones.map((one) => (one.id === 'M1' ? { ...one, status: 'in-progress' } : one)),
  }));
};

test('gates that pass say nothing of a task that was added while they ran', async (t) => {
  const world = await withMissionMade(t);
  await finished(world);
  const more = table(row('T1', 'done'), row('T9', 'not-started'), row('T3', 'not-started', 'M2'));
  fs.writeFileSync(join(world.project, 'more.md'), more);
  const result = await runGates(world.host, world.project, gates('cp more.md docs/TASKS.md', world));
  assert.deepEqual(result, { result: 'passed', completed: [] });
  assert.equal(world.record().milestones[0]?.status, 'in-progress');
  assert.equal(world.record().milestones[0]?.gates, undefined);
});

test('no session begins while gates run in the same files, and no gates beside an unclear lock', async (t) => {
  const world = await withMissionMade(t);
  await finished(world);
  const running = runGates(
    world.host,
    world.project,
    gates('touch up; while [ ! -e on ]; do sleep 0.02; done', world),
  );
  while (!fs.existsSync(join(world.project, 'up'))) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match((await failure(begin(world), 'conflict')).message, /quality gates run/);
  fs.writeFileSync(join(world.project, 'on'), '');
  assert.equal((await running).result, 'passed');
  fs.writeFileSync(world.places.lock, 'no lock');
  world.edit((record) => ({
    ...record,
    milestones: record.milestones.map((one) => ({ ...one, status: 'in-progress' })),
  }));
  await failure(runGates(world.host, world.project, gates('true', world)), 'conflict');
});

test('gates whose end could not be written down do not run for ever in the eyes of others', async (t) => {
  const world = await withMissionMade(t);
  await finished(world);
  const spoil = 'echo "| a | b |" >docs/TASKS.md; exit 1';
  await failure(runGates(world.host, world.project, gates(spoil, world)), 'invalid');
  assert.equal(observeMission(world.host, world.project).gatesRunning, false);
  await finished(world);
  assert.equal((await runGates(world.host, world.project, gates('true', world))).result, 'passed');
});

test('however much gates print, the scratchpad gets the end of it', async (t) => {
  const world = await withMissionMade(t);
  await finished(world);
  const loud = `yes 0123456789 | head -c 80000000 | tr -d '\\n'; echo; echo the end; exit 3`;
  const result = await runGates(world.host, world.project, gates(loud, world));
  assert.ok(result.result === 'failed' && result.exitCode === 3 && result.tail.endsWith('the end'));
  assert.ok(fs.statSync(world.places.gatesLog).size >= 70_000_000);
  const scratchpad = world.read(world.places.scratchpad);
  assert.ok(scratchpad.length < 20_000, `${scratchpad.length} bytes`);
  assert.match(scratchpad, /the end/);
});
