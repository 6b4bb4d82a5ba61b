/** Sessions begin, get their program, and end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BeginContext } from '../../src/coord/begin.ts';
import { changeMission } from '../../src/coord/change.ts';
import { endSession } from '../../src/coord/end.ts';
import { initMission } from '../../src/coord/init.ts';
import { joinSession } from '../../src/coord/join.ts';
import { briefOf } from '../../src/mission/brief.ts';
import { parseTasks, setTaskStatus } from '../../src/mission/tasks.ts';
import { observeMission } from '../../src/observe/mission.ts';
import { parseMissionLock } from '../../src/record/mission-lock.ts';
import { until } from '../support/until.ts';
import {
  at,
  begin,
  contents,
  failure,
  makeWorld,
  NOW,
  program,
  row,
  table,
  texts,
  wish,
  withMissionMade,
} from './world.ts';

test('a new mission: every file is there, and nothing of this machine goes into git', async (t) => {
  const world = makeWorld(t);
  execFileSync('git', ['init', '-q', world.project]);
  const { made, record } = await initMission(world.host, world.project, {
    ...wish,
    qualityGates: 'make check',
  });
  assert.deepEqual(
    made.map((path) => path.slice(world.project.length + 1)),
    [
      '.mosaic/orchestrator/.gitignore',
      'docs/MISSION-MANIFEST.md',
      'docs/TASKS.md',
      'docs/scratchpads/checkout.md',
      '.mosaic/orchestrator/mission.json',
    ],
  );
  assert.deepEqual(world.record(), record);
  assert.equal(record.status, 'active');
  assert.deepEqual(
    record.milestones.map(({ id, status }) => [id, status]),
    [
      ['M1', 'pending'],
      ['M2', 'pending'],
    ],
  );
  assert.ok(world.read(world.places.scratchpad).includes('Make the checkout work.\n```\nwith care\n```'));
  const seen = observeMission(world.host, world.project);
  assert.deepEqual(seen.missing, []);
  assert.ok(seen.tasks.known);
  assert.deepEqual(seen.tasks.value, []);
  assert.equal(
    seen.branch,
    execFileSync('git', ['-C', world.project, 'branch', '--show-current'], { encoding: 'utf8' }).trim(),
  );
  await begin(world);
  const untracked = execFileSync('git', ['-C', world.project, 'status', '--porcelain', '-uall'], {
    encoding: 'utf8',
  });
  assert.deepEqual(
    untracked
      .trim()
      .split('\n')
      .map((line) => line.slice(3)),
    made.map((path) => path.slice(world.project.length + 1)).sort(),
  );
});

test('files in the way: all are named, and nothing is touched', async (t) => {
  const world = makeWorld(t);
  world.write(world.places.tasks, 'my own tasks');
  fs.mkdirSync(world.places.scratchpad, { recursive: true });
  const before = contents(world.project);
  const { message } = await failure(initMission(world.host, world.project, wish), 'conflict');
  assert.match(message, /docs\/TASKS\.md and docs\/scratchpads\/checkout\.md are in the way/);
  assert.deepEqual(contents(world.project), before);
  assert.deepEqual(fs.readdirSync(world.project), ['docs']);
});

test('another mission is there: refused; its own files are made where they are missing, and no other is touched', async (t) => {
  const world = await withMissionMade(t);
  const other = { ...wish, id: 'other' };
  assert.match(
    (await failure(initMission(world.host, world.project, other), 'conflict')).message,
    /"checkout" is active/,
  );
  await failure(initMission(world.host, world.project, wish), 'conflict');
  await failure(initMission(world.host, world.project, other, { only: 'missing' }), 'conflict');
  await changeMission(world.host, world.project, (record) => ({ ...record, mine: 1, status: 'paused' }));
  fs.rmSync(world.places.manifest);
  const before = contents(world.project);
  const { made, record } = await initMission(world.host, world.project, wish, { only: 'missing' });
  assert.deepEqual(made, [world.places.manifest]);
  assert.equal(record['mine'], 1);
  const { 'docs/MISSION-MANIFEST.md': manifest, ...rest } = contents(world.project);
  assert.deepEqual(rest, before);
  assert.match(manifest ?? '', /paused/);
  assert.deepEqual((await initMission(world.host, world.project, wish, { only: 'missing' })).made, []);
});

test('only what is missing, around a task list that somebody wrote before', async (t) => {
  const world = makeWorld(t);
  const own = table(row('T1', 'not-started'));
  world.write(world.places.tasks, own);
  await initMission(world.host, world.project, wish, { only: 'missing' });
  assert.equal(world.read(world.places.tasks), own);
  assert.equal((await begin(world)).task?.id, 'T1');
});

test('what makes no mission is refused before anything is made', async (t) => {
  const world = makeWorld(t);
  await failure(initMission(world.host, world.project, { ...wish, id: '../x' }), 'invalid');
  const twice = [...wish.milestones, ...wish.milestones];
  await failure(initMission(world.host, world.project, { ...wish, milestones: twice }), 'invalid');
  await failure(initMission(world.host, join(world.project, 'not-there'), wish), 'absent');
  assert.deepEqual(fs.readdirSync(world.project), []);
});

test('begin: what the program finds, and what the record and the lock say', async (t) => {
  const world = await withMissionMade(t);
  fs.mkdirSync(join(world.project, '.git'));
  fs.writeFileSync(join(world.project, '.git/HEAD'), 'ref: refs/heads/feature/x\n');
  const told: BeginContext[] = [];
  const begun = await begin(world, {
    agent: 'coder',
    now: NOW,
    texts: (context) => {
      told.push(context);
      return texts(context);
    },
  });
  const [context] = told;
  assert.ok(context !== undefined && told.length === 1);
  assert.equal(context.branch, 'feature/x');
  assert.deepEqual(context.record.sessions, []);
  assert.equal(context.record.milestones[0]?.status, 'in-progress');
  assert.equal(context.previous, undefined);
  assert.equal(context.tasks.find(({ id }) => id === 'T2')?.status, 'in-progress');
  assert.equal(briefOf(context).milestone?.id, 'M1');
  assert.equal(begun.task?.id, 'T2');
  assert.equal(begun.milestone?.id, 'M1');
  assert.equal(world.read(world.places.prompt), 'go on with T2\n');
  assert.equal(world.read(world.places.capsule), '{"session": "sess-001"}\n');
  const { tasks_digest, ...entry } = world.record().sessions[0] ?? {};
  assert.match(String(tasks_digest), /^[0-9a-f]{16}$/);
  assert.deepEqual(entry, {
    session_id: 'sess-001',
    runtime: 'claude',
    pid: 0,
    started_at: at(NOW),
    ended_at: '',
    ended_reason: '',
    duration_seconds: null,
    milestone_id: 'M1',
    last_task_id: 'T2',
    agent: 'coder',
  });
  assert.equal(world.record().milestones[0]?.started_at, at(NOW));
  const lock = parseMissionLock(world.read(world.places.lock));
  assert.equal(lock.pid, 0);
  assert.equal(lock.host, world.host.facts.hostname);
  assert.equal(lock.launcher_pid, undefined);
});

test('join: the lock has the process, and no launcher any more', async (t) => {
  const world = await withMissionMade(t);
  const { sessionId } = await begin(world, { launcher: true });
  assert.equal(parseMissionLock(world.read(world.places.lock)).launcher_pid, process.pid);
  const { pid, startTime } = await program(t, world.host);
  await joinSession(world.host, world.project, { sessionId, pid, run: '1.2.3' });
  const lock = parseMissionLock(world.read(world.places.lock));
  assert.deepEqual([lock.pid, lock.pid_start_time, lock.launcher_pid], [pid, startTime, undefined]);
  const session = world.record().sessions[0];
  assert.deepEqual([session?.pid, session?.run], [pid, '1.2.3']);
  assert.match((await failure(begin(world), 'conflict')).message, /sess-001 is at work \(pid \d+\)/);
  await failure(joinSession(world.host, world.project, { sessionId: 'sess-009', pid }), 'absent');
  await endSession(world.host, world.project, { reason: 'killed', at: Date.now() });
  await failure(joinSession(world.host, world.project, { sessionId, pid }), 'conflict');
});

test('join: a program that has ended at once leaves no lock, and its session is not begun anew', async (t) => {
  const world = await withMissionMade(t);
  const { sessionId } = await begin(world, { launcher: true });
  const own = world.read(world.places.lock);
  const join = () => joinSession(world.host, world.project, { sessionId, pid: 0, run: '1.2.3' });
  world.write(world.places.lock, own.replace('sess-001', 'sess-002'));
  assert.match((await failure(join(), 'conflict')).message, /held by the session sess-002/);
  world.write(world.places.lock, own);
  await join();
  assert.equal(fs.existsSync(world.places.lock), false);
  assert.match((await failure(begin(world), 'conflict')).message, /sess-001 is over/);
});

test('tasks are chosen in order, or by name; not those that are closed, missing or there twice', async (t) => {
  const world = await withMissionMade(t);
  await failure(begin(world, { taskId: 'T99' }), 'absent');
  assert.match(
    (await failure(begin(world, { taskId: 'T1' }), 'conflict')).message,
    /the task T1 is done \(line 5\)/,
  );
  const { milestone } = await begin(world, { taskId: 'T3' });
  assert.equal(milestone?.id, 'M2');
  assert.deepEqual(
    world.record().milestones.map(({ status }) => status),
    ['pending', 'in-progress'],
  );
  world.write(world.places.tasks, table(row('T3', 'blocked'), row('T3', 'failed')));
  fs.rmSync(world.places.lock);
  await failure(begin(world, { taskId: 'T3' }), 'invalid');
});

test('end: why, after how long, at which task, and whether anything was done', async (t) => {
  const world = await withMissionMade(t);
  const { host, project } = world;
  await begin(world, { now: NOW });
  const idle = await endSession(host, project, { reason: 'premature', at: NOW + 90_400 });
  assert.deepEqual(
    [idle?.ended_at, idle?.ended_reason, idle?.duration_seconds, idle?.last_task_id, idle?.idle],
    [at(NOW + 90_400), 'premature', 90, 'T2', true],
  );
  assert.equal(fs.existsSync(world.places.lock), false);
  // Its end stays what it was.
  const again = await endSession(host, project, {
    sessionId: 'sess-001',
    reason: 'crashed',
    at: NOW + 999_000,
  });
  assert.deepEqual(again, idle);
  await begin(world, { now: NOW });
  const tasks = setTaskStatus(world.read(world.places.tasks), 'T2', 'done');
  world.write(world.places.tasks, tasks.replace('| T3 | not-started | M2 |', '| T3 | in-progress | M1 |'));
  const busy = await endSession(host, project, { reason: 'handoff', at: NOW + 1000 });
  assert.deepEqual([busy?.session_id, busy?.last_task_id, busy?.idle], ['sess-002', 'T3', false]);
  await begin(world, { now: NOW });
  // A clock that went back.
  const crashed = await endSession(host, project, { reason: 'crashed', at: NOW - 5000 });
  assert.deepEqual([crashed?.duration_seconds, crashed?.idle], [0, undefined]);
  assert.equal(parseTasks(world.read(world.places.tasks)).problems.length, 0);
});

test("a late end of an earlier session does not clear the next one's lock", async (t) => {
  const world = await withMissionMade(t);
  const { pid, kill } = await program(t, world.host);
  await begin(world);
  await joinSession(world.host, world.project, { sessionId: 'sess-001', pid });
  await kill();
  assert.match(
    (await failure(begin(world), 'conflict')).message,
    /sess-001 is over, and its end was never written down/,
  );
  await endSession(world.host, world.project, { sessionId: 'sess-001', reason: 'crashed', at: Date.now() });
  await begin(world);
  const late = await endSession(world.host, world.project, {
    sessionId: 'sess-001',
    reason: 'unknown',
    at: Date.now(),
  });
  assert.equal(late?.ended_reason, 'crashed');
  assert.equal(parseMissionLock(world.read(world.places.lock)).session_id, 'sess-002');
  await failure(
    endSession(world.host, world.project, { sessionId: 'sess-099', reason: 'unknown', at: 0 }),
    'absent',
  );
});

test("another machine's session is neither ended nor overrun", async (t) => {
  const world = await withMissionMade(t);
  world.writeLock({ pid: 5, boot_id: 'theirs', host: 'far-away' });
  const before = contents(world.project);
  assert.match((await failure(begin(world), 'conflict')).message, /runs on the host far-away/);
  const end = endSession(world.host, world.project, {
    reason: 'crashed',
    at: Date.now(),
    clearCorrupt: true,
  });
  assert.match((await failure(end, 'conflict')).message, /far-away/);
  assert.deepEqual(contents(world.project), before);
});

test('numbers of sessions are never given twice', async (t) => {
  const world = await withMissionMade(t);
  world.edit((record) => ({
    ...record,
    sessions: [
      { session_id: 'sess-041', ended_at: at(NOW) },
      { session_id: 'by hand', ended_at: at(NOW) },
      { session_id: 'sess-9', ended_at: at(NOW) },
    ],
  }));
  assert.equal((await begin(world)).sessionId, 'sess-042');
});

test('a handoff is seen, and so are running gates', async (t) => {
  const world = await withMissionMade(t);
  await begin(world);
  const see = () => observeMission(world.host, world.project);
  assert.equal(see().handoff, false);
  fs.appendFileSync(world.places.scratchpad, '\n### Handoff\n\nGo on with T2.\n');
  assert.equal(see().handoff, true);
  const { pid, startTime, kill } = await program(t, world.host);
  const gates = {
    started_at: at(NOW),
    pid,
    pid_start_time: startTime,
    boot_id: world.host.facts.bootId,
    failures: 0,
  };
  const withGates = (more: object) =>
    world.edit((record) => ({
      ...record,
      milestones: record.milestones.map((one) => ({ ...one, gates: { ...gates, ...more } })),
    }));
  withGates({ pid_start_time: startTime + 1 });
  assert.equal(see().gatesRunning, false);
  withGates({ ended_at: at(NOW), exit_code: 1 });
  assert.equal(see().gatesRunning, false);
  withGates({});
  assert.equal(see().gatesRunning, true);
  await kill();
  assert.equal(see().gatesRunning, false);
});

test('when anything last changed: files, git, and what the program prints', async (t) => {
  const world = await withMissionMade(t);
  const old = new Date(NOW);
  const age = (): void => {
    for (const path of [world.places.lock, world.places.tasks, world.places.scratchpad])
      fs.utimesSync(path, old, old);
  };
  const see = (terminal = true) => observeMission(world.host, world.project, { terminal }).changedAt;
  await begin(world);
  age();
  assert.equal(see(), NOW);
  fs.mkdirSync(join(world.project, '.git/logs'), { recursive: true });
  fs.writeFileSync(join(world.project, '.git/logs/HEAD'), '');
  const later = new Date(NOW + 5000);
  fs.utimesSync(join(world.project, '.git/logs/HEAD'), later, later);
  assert.equal(see(), NOW + 5000);

  const socket = `test-coord-${process.pid}`;
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-L', socket, ...args], { encoding: 'utf8' }).trim();
  t.after(() => tmux('kill-server'));
  const began = Date.now();
  tmux('-f', '/dev/null', 'new-session', '-d', 'echo hello; exec sleep 1000');
  const pid = await until('the program runs', () => Number(tmux('display-message', '-p', '#{pane_pid}')));
  await joinSession(world.host, world.project, { sessionId: 'sess-001', pid });
  age();
  assert.equal(see(false), NOW + 5000);
  // The kernel notes output to eight seconds.
  const changed = await until('its output is seen', () => {
    const moment = see() ?? 0;
    return moment > NOW + 5000 ? moment : undefined;
  });
  assert.ok(changed >= began - 9000 && changed <= Date.now() + 1000, `${changed - began}`);
});
