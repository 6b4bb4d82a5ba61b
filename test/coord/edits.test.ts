/** Files that others write too, and files that cannot be read: nothing of theirs is lost. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { changeMission } from '../../src/coord/change.ts';
import { endSession } from '../../src/coord/end.ts';
import { initMission } from '../../src/coord/init.ts';
import { realFiles } from '../../src/host/files.ts';
import { HostError, type Host } from '../../src/host/host.ts';
import { appendTask, parseTasks, setTaskStatus } from '../../src/mission/tasks.ts';
import { observeMission } from '../../src/observe/mission.ts';
import {
  begin,
  contents,
  failure,
  makeWorld,
  row,
  table,
  TASKS,
  texts,
  wish,
  withMissionMade,
  type World,
} from './world.ts';

/** A host on which somebody does something to TASKS.md at the last moment before we replace it. */
function meddled(world: World, meddle: () => void): Host {
  const { files } = world.host;
  return {
    ...world.host,
    files: {
      ...files,
      write(path, text, options) {
        if (path === world.places.tasks) meddle();
        files.write(path, text, options);
      },
    },
  };
}

const editTasks = (host: Host, world: World, edit: (text: string) => string) =>
  changeMission(host, world.project, (record) => record, { tasks: edit });

test('TASKS.md is changed by the agent between our reading and our writing: both changes are there', async (t) => {
  const world = await withMissionMade(t);
  let left = 3;
  const host = meddled(world, () => {
    if (left-- > 0)
      fs.writeFileSync(
        world.places.tasks,
        `${world.read(world.places.tasks)}\nA line of the agent's (${left}).\n`,
      );
  });
  await editTasks(host, world, (text) => setTaskStatus(text, 'T2', 'blocked'));
  const text = world.read(world.places.tasks);
  assert.equal(parseTasks(text).tasks[1]?.status, 'blocked');
  for (const number of [2, 1, 0]) assert.ok(text.includes(`A line of the agent's (${number}).`), text);
});

test('a file that changes without end is left to whoever changes it', async (t) => {
  const world = await withMissionMade(t);
  let times = 0;
  const host = meddled(world, () =>
    world.write(world.places.tasks, table(row('T2', 'not-started'), row(`N${times++}`, 'done'))),
  );
  const call = editTasks(host, world, (text) => setTaskStatus(text, 'T2', 'blocked'));
  assert.match((await failure(call, 'busy')).message, /TASKS\.md changes again and again/);
  assert.equal(times, 5);
  assert.equal(world.read(world.places.tasks), table(row('T2', 'not-started'), row('N4', 'done')));
});

test('a task that the agent has done meanwhile is not opened again', async (t) => {
  const world = await withMissionMade(t);
  const host = meddled(world, () =>
    world.write(world.places.tasks, TASKS.replace('T2 | not-started', 'T2 | done')),
  );
  const call = begin({ ...world, host });
  assert.match((await failure(call, 'conflict')).message, /the task T2 is done \(line 6\)/);
  assert.equal(parseTasks(world.read(world.places.tasks)).tasks[1]?.status, 'done');
  assert.deepEqual(world.record().sessions, []);
});

test('one cell of TASKS.md is changed and no other byte, with a byte order mark and CRLF too', async (t) => {
  const world = await withMissionMade(t);
  const text = `\ufeff${TASKS.replaceAll('\n', '\r\n')}`;
  world.write(world.places.tasks, text);
  fs.chmodSync(world.places.tasks, 0o640);
  await begin(world);
  assert.equal(world.read(world.places.tasks), text.replace('T2 | not-started', 'T2 | in-progress'));
  assert.equal(fs.statSync(world.places.tasks).mode & 0o777, 0o640);
});

test('TASKS.md is a link: what it leads to is changed, and it stays a link', async (t) => {
  const world = await withMissionMade(t);
  const real = `${world.project}/real.md`;
  fs.renameSync(world.places.tasks, real);
  fs.symlinkSync(real, world.places.tasks);
  await begin(world);
  assert.ok(fs.lstatSync(world.places.tasks).isSymbolicLink());
  assert.match(world.read(real), /T2 \| in-progress/);
});

const latin1 = Buffer.from(TASKS.replace('do T1', 'für T1'), 'latin1');

test('a TASKS.md that is no UTF-8 stays as it is, to the byte', async (t) => {
  const world = await withMissionMade(t);
  fs.writeFileSync(world.places.tasks, latin1);
  const seen = observeMission(world.host, world.project).tasks;
  assert.match(seen.known ? '' : seen.why, /TASKS\.md cannot be used: it is no valid UTF-8 text/);
  await failure(begin(world), 'invalid');
  const call = editTasks(world.host, world, (text) => setTaskStatus(text, 'T2', 'blocked'));
  assert.match((await failure(call, 'invalid')).message, /no valid UTF-8/);
  assert.deepEqual(fs.readFileSync(world.places.tasks), latin1);
});

test('a session ends though TASKS.md cannot be read, and keeps the task that it began with', async (t) => {
  const world = await withMissionMade(t);
  await begin(world);
  fs.writeFileSync(world.places.tasks, latin1);
  const ended = await endSession(world.host, world.project, { reason: 'killed', at: Date.now() });
  assert.equal(ended?.ended_reason, 'killed');
  assert.equal(ended.last_task_id, 'T2');
});

const unusable: Record<string, { text: string | Buffer; why: RegExp }> = {
  empty: { text: '', why: /mission\.json:1:1 cannot be used: it is empty/ },
  'half written': {
    text: '{\n  "mission_id": "checkout",\n  "milestones": [\n    { "id": "M1"',
    why: /mission\.json:4:17 cannot be used: it is not JSON: it ends too early/,
  },
  'with a comma too many': {
    text: '{\n  "mission_id": "checkout",\n}\n',
    why: /mission\.json:3:1 cannot be used: it is not JSON: unexpected "}"/,
  },
  'with a status that there is not': {
    text: '{\n  "mission_id": "m",\n  "milestones": [\n    { "id": "M1", "status": "doing" }\n  ]\n}\n',
    why: /mission\.json:4:29 cannot be used: milestones\[0\]\.status must be pending, in-progress, completed or blocked/,
  },
  'without an id': {
    text: '{ "name": "x" }',
    why: /mission\.json:1:1 cannot be used: it must have required property 'mission_id'/,
  },
  'that leads out of the project': {
    text: '{ "mission_id": "m", "tasks_file": "../../etc/passwd" }',
    why: /tasks_file is outside of the project/,
  },
  'with an id that is a path': {
    text: '{ "mission_id": "../m" }',
    why: /mission\.json:1:17 cannot be used: mission_id must match/,
  },
  'nested without end': { text: '['.repeat(100_000), why: /is not JSON/ },
  'in another encoding': { text: Buffer.from('{ "mission_id": "fü" }', 'latin1'), why: /no valid UTF-8/ },
};

for (const [name, { text, why }] of Object.entries(unusable)) {
  test(`a mission.json ${name} is told with its place and never written`, async (t) => {
    const world = makeWorld(t);
    world.write(world.places.mission, '');
    fs.writeFileSync(world.places.mission, text);
    world.write(world.places.tasks, TASKS);
    world.writeLock({ pid: 1 });
    const before = contents(world.project);
    const seen = observeMission(world.host, world.project).record;
    assert.match(seen.known ? '' : seen.why, why);
    for (const call of [
      () => begin(world),
      () => endSession(world.host, world.project, { reason: 'crashed', at: 0 }),
      () => changeMission(world.host, world.project, (record) => ({ ...record, name: 'x' })),
      () => initMission(world.host, world.project, wish),
      () => initMission(world.host, world.project, wish, { only: 'missing' }),
    ])
      assert.match((await failure(call(), 'invalid')).message, why);
    assert.deepEqual(contents(world.project), before);
  });
}

test('a table with problems is told with its lines, and starts nothing', async (t) => {
  const world = await withMissionMade(t);
  world.write(world.places.tasks, table(row('T1', 'done'), row('T1', 'dnoe')));
  const { message } = await failure(begin(world), 'invalid');
  assert.match(message, /TASKS\.md cannot be used: line 6: /);
  world.write(world.places.tasks, 'Nothing here.\n');
  assert.match((await failure(begin(world), 'invalid')).message, /has no task table/);
});

test('no mission, no TASKS.md: said so, and nothing is made', async (t) => {
  const world = makeWorld(t);
  assert.match((await failure(begin(world), 'absent')).message, /there is no mission in/);
  assert.deepEqual(fs.readdirSync(world.project), []);
  await initMission(world.host, world.project, wish);
  fs.rmSync(world.places.tasks);
  const add = editTasks(world.host, world, (text) =>
    appendTask(text, { id: 'T9', milestone: 'M1', description: 'x' }),
  );
  assert.match((await failure(add, 'absent')).message, /TASKS\.md is not there/);
  assert.equal((await begin(world, { texts })).task, undefined);
});

test('a change that throws changes nothing', async (t) => {
  const world = await withMissionMade(t);
  const before = contents(world.project);
  await assert.rejects(
    changeMission(world.host, world.project, () => {
      throw new RangeError('no');
    }),
    RangeError,
  );
  const unknownTask = editTasks(world.host, world, (text) => setTaskStatus(text, 'T99', 'done'));
  assert.match((await failure(unknownTask, 'invalid')).message, /TASKS\.md: there is no task "T99"/);
  assert.deepEqual(contents(world.project), before);
  // The lock was given back.
  await begin(world);
});

test('a manifest that the agent took over is left as it is', async (t) => {
  const world = await withMissionMade(t);
  world.write(world.places.manifest, '# Mine\n');
  await begin(world);
  assert.equal(world.read(world.places.manifest), '# Mine\n');
});

test('an entry is appended once, whole, after what the agent wrote', async (t) => {
  const world = await withMissionMade(t);
  const own = `${world.read(world.places.scratchpad)}\nwithout a newline`;
  world.write(world.places.scratchpad, own);
  const note = () =>
    changeMission(world.host, world.project, (record) => record, { scratchpad: '\n## A note\n' });
  await note();
  await note();
  assert.equal(world.read(world.places.scratchpad), `${own}\n\n## A note\n`);
});

test('a scratchpad that is gone is made before anything is appended', async (t) => {
  const world = await withMissionMade(t);
  fs.rmSync(world.places.scratchpad);
  await begin(world);
  assert.match(world.read(world.places.scratchpad), /^# .*\n[^]*\n## Session sess-001\n/);
});

test('who holds the lock too long is named', async (t) => {
  const world = await withMissionMade(t);
  const held = await world.host.files.lock(world.places.guard);
  assert.ok(held !== undefined);
  const impatient: Host = {
    ...world.host,
    files: { ...world.host.files, lock: (path) => world.host.files.lock(path, { waitMs: 50 }) },
  };
  const { message, fix } = await failure(begin({ ...world, host: impatient }), 'busy');
  assert.ok(message.includes(`(pid ${process.pid})`), message);
  assert.match(fix ?? '', /try again/);
  const waiting = begin(world);
  held.release();
  assert.equal((await waiting).sessionId, 'sess-001');
});

test('files: what is replaced must still be what it was; what is no UTF-8 is not decoded', async (t) => {
  const world = makeWorld(t);
  const path = `${world.project}/file`;
  fs.writeFileSync(path, 'new');
  const stale = (error: unknown): boolean => error instanceof HostError && error.code === 'ESTALE';
  assert.throws(() => realFiles.write(path, 'mine', { over: 'old' }), stale);
  assert.deepEqual(fs.readdirSync(world.project), ['file']);
  assert.equal(world.read(path), 'new');
  realFiles.write(path, 'mine', { over: 'new' });
  assert.equal(world.read(path), 'mine');
  fs.writeFileSync(path, '\ufeffä');
  assert.equal(realFiles.readExact(path), '\ufeffä');
  fs.writeFileSync(path, Buffer.from([0xe4]));
  assert.throws(
    () => realFiles.readExact(path),
    (error) => error instanceof HostError && error.code === 'EILSEQ',
  );
  assert.equal(realFiles.readExact(`${path}-not`), undefined);
  const began = performance.now();
  const held = await realFiles.lock(path);
  assert.equal(await realFiles.lock(path, { waitMs: 100 }), undefined);
  assert.ok(performance.now() - began >= 100);
  held?.release();
});
