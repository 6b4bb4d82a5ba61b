/** Many writers at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTasks } from '../../src/mission/tasks.ts';
import { drive } from './drive.ts';
import { at, begin, NOW, withMissionMade } from './world.ts';

const WRITERS = 100;
const numbers = Array.from({ length: WRITERS }, (_, index) => index + 1);
const idOf = (number: number): string => `sess-${String(number).padStart(3, '0')}`;

test(`${WRITERS} processes write one mission at once: nothing is lost`, async (t) => {
  const world = await withMissionMade(t);
  world.edit((record) => ({
    ...record,
    sessions: numbers.map((number) => ({
      session_id: idOf(number),
      pid: 7,
      started_at: at(NOW),
      kept: number,
    })),
  }));
  const runs = await Promise.all(
    numbers.map((number) =>
      drive(
        world.project,
        number % 2 === 0
          ? { kind: 'end', session: idOf(number), at: NOW + number * 1000 }
          : { kind: 'add', number },
      ),
    ),
  );
  assert.deepEqual(
    runs.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
    [],
  );
  const record = world.record();
  assert.equal(record.sessions.length, WRITERS);
  for (const [index, session] of record.sessions.entries()) {
    const number = index + 1;
    const ended = number % 2 === 0;
    assert.equal(session.session_id, idOf(number));
    assert.equal(session['kept'], number);
    assert.equal(session.duration_seconds, ended ? number : undefined, session.session_id);
    assert.equal(session.ended_reason, ended ? 'premature' : undefined);
    assert.equal(record[`from_${number}`], ended ? undefined : number);
  }
  const added = numbers.filter((number) => number % 2 === 1);
  const { tasks, problems } = parseTasks(world.read(world.places.tasks));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    new Set(tasks.map(({ id }) => id)),
    new Set(['T1', 'T2', 'T3', ...added.map((number) => `P${number}`)]),
  );
  assert.equal(tasks.length, 3 + added.length);
  const scratchpad = world.read(world.places.scratchpad);
  for (const number of added) assert.match(scratchpad, new RegExp(`^## .*Note ${number}\\.$`, 'm'));
});

test('of twenty that would begin a session, one does', async (t) => {
  const world = await withMissionMade(t);
  const begun = await Promise.allSettled(Array.from({ length: 20 }, () => begin(world, { launcher: true })));
  const refused = begun.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 19);
  for (const { reason } of refused) assert.match(String(reason), /sess-001 is being started/);
  assert.deepEqual(
    world.record().sessions.map(({ session_id }) => session_id),
    ['sess-001'],
  );
});
