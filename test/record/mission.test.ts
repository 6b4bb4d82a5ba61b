/** What of mission.json no schema can say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlacedError } from '../../src/record/located-json.ts';
import { formatMission, parseMission } from '../../src/record/mission.ts';

const text = (change: object): string =>
  JSON.stringify(
    {
      mission_id: 'm',
      milestones: [{ id: 'M1' }, { id: 'M2' }],
      sessions: [{ session_id: 'sess-001' }, { session_id: 'sess-002' }],
      ...change,
    },
    undefined,
    1,
  );

/** Line and column of what is wrong, and what that is. */
function trouble(change: object): [number, number, string, string | undefined] {
  try {
    parseMission(text(change));
  } catch (error) {
    assert.ok(error instanceof PlacedError);
    return [error.line, error.column, error.message.replace(/^[^:]*: /, ''), error.fix];
  }
  throw new assert.AssertionError({ message: 'it was taken' });
}

test('two milestones, or two sessions, of one id: the second is pointed at', () => {
  const milestones = [{ id: 'M1' }, { id: 'M2' }, { id: 'M1' }];
  const told = 'milestones[2].id is "M1", as in milestones[0]: each needs one of its own';
  assert.deepEqual(trouble({ milestones }), [11, 10, told, undefined]);
  const sessions = [{ session_id: 'sess-001' }, { session_id: 'sess-001' }];
  const [line, , what] = trouble({ sessions });
  assert.deepEqual(
    [line, what],
    [16, 'sessions[1].session_id is "sess-001", as in sessions[0]: each needs one of its own'],
  );
});

test('the file of a newer mosaic is not taken for one of ours', () => {
  const [line, column, what, fix] = trouble({ schema_version: 2 });
  assert.deepEqual([line, column, fix], [19, 20, 'Update mosaic here.']);
  assert.equal(
    what,
    'it was made by a newer mosaic: schema_version is 2, and 1 is the last that this one knows',
  );
  for (const schema_version of [undefined, null, 0, 1])
    assert.equal(parseMission(formatMission(parseMission(text({ schema_version })))).mission_id, 'm');
});
