import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { progressDigest, withEnd } from '../../src/mission/sessions.ts';
import type { EndedReason, SessionEntry, Task } from '../../src/model/mission.ts';
import { record } from './records.ts';
import { ago, anyTasks, NOW, session, tasks } from './states.ts';

const reasons: EndedReason[] = [
  'completed',
  'premature',
  'handoff',
  'crashed',
  'killed',
  'reboot',
  'unknown',
];

function ending(
  entry: Partial<SessionEntry>,
  reason: EndedReason,
  list: Task[] = [],
  earlier: SessionEntry[] = [],
): SessionEntry | undefined {
  const sessions = [...earlier, session(9, entry)];
  return withEnd(record({ sessions }), { session: 'sess-009', reason, at: NOW }, list).sessions.at(-1);
}

describe('the end of a session', () => {
  it('tells when, why, after how long, and at which task', () => {
    for (const reason of reasons) {
      const entry = ending(
        { milestone_id: 'M1', last_task_id: 'T1', extra: 1 },
        reason,
        tasks('T2 in-progress M1'),
      );
      assert.equal(entry?.ended_at, new Date(NOW).toISOString());
      assert.equal(entry.ended_reason, reason);
      assert.equal(entry.duration_seconds, 3600);
      assert.equal(entry.last_task_id, 'T2');
      assert.equal(entry['extra'], 1, 'what we do not know is kept');
    }
  });
  it('keeps the task that was noted where none is under way', () => {
    assert.equal(ending({ last_task_id: 'T1' }, 'crashed', tasks('T1 done M1'))?.last_task_id, 'T1');
    assert.ok(!Object.hasOwn(ending({}, 'crashed') ?? {}, 'last_task_id'));
  });
  it('prefers a task of its own milestone', () => {
    const list = tasks('T1 in-progress M1', 'T2 in-progress M2');
    assert.equal(ending({ milestone_id: 'M2' }, 'crashed', list)?.last_task_id, 'T2');
    assert.equal(ending({ milestone_id: 'M3' }, 'crashed', list)?.last_task_id, 'T1');
  });
  it('takes no negative time, and none where the beginning is not told', () => {
    const later = new Date(NOW + 5000).toISOString();
    assert.equal(ending({ started_at: later }, 'killed')?.duration_seconds, 0);
    assert.ok(!Object.hasOwn(ending({ started_at: 'yesterday' }, 'killed') ?? {}, 'duration_seconds'));
  });
  it('changes nothing that has ended, or that is not there', () => {
    const mission = record({ sessions: [session(1, { ended_at: ago(1), ended_reason: 'crashed' })] });
    assert.equal(withEnd(mission, { session: 'sess-001', reason: 'killed', at: NOW }, []), mission);
    assert.equal(withEnd(mission, { session: 'sess-002', reason: 'killed', at: NOW }, []), mission);
  });
  it('changes no other session', () => {
    const earlier = [session(1), session(2, { ended_at: ago(70) })];
    const mission = record({ sessions: [...earlier, session(3), session(4)] });
    const after = withEnd(mission, { session: 'sess-003', reason: 'killed', at: NOW }, []);
    assert.deepEqual(after.sessions.toSpliced(2, 1), mission.sessions.toSpliced(2, 1));
    assert.equal(mission.sessions[2]?.ended_at, undefined, 'nor the record that was given');
  });
});

describe('an idle session', () => {
  const before = tasks('T1 not-started M1', 'T2 not-started M1');
  const began = { tasks_digest: progressDigest(before) };
  it('is one that ended by itself with no task nearer to its end', () => {
    for (const reason of reasons) {
      const byItself = reason === 'completed' || reason === 'premature' || reason === 'handoff';
      assert.equal(ending(began, reason, before)?.idle, byItself ? true : undefined, reason);
    }
    assert.equal(ending(began, 'premature', tasks('T1 in-progress M1', 'T2 not-started M1'))?.idle, true);
    assert.equal(ending(began, 'premature', tasks('T1 done M1', 'T2 not-started M1'))?.idle, false);
    assert.equal(ending(began, 'premature', [...before, ...tasks('T3 not-started M1')])?.idle, false);
  });
  it('is one that goes in a circle', () => {
    const done = tasks('T1 done M1', 'T2 not-started M1');
    const first = session(1, { ...began, ended_at: ago(90), ended_reason: 'premature', idle: false });
    const back = ending({ tasks_digest: progressDigest(done) }, 'premature', before, [first]);
    assert.equal(back?.idle, true, 'the tasks stand as an earlier session found them');
  });
});

describe('the digest of progress', () => {
  it('does not tell what is begun from what is not', () => {
    fc.assert(
      fc.property(anyTasks, (list) => {
        const begun = list.map((task) =>
          task.status === 'not-started' ? { ...task, status: 'in-progress' as const } : task,
        );
        assert.equal(progressDigest(begun), progressDigest(list));
        assert.equal(progressDigest(list.toReversed()), progressDigest(list), 'nor their order');
      }),
    );
  });
  it('tells every other change', () => {
    fc.assert(
      fc.property(
        anyTasks.filter(({ length }) => length > 0),
        fc.nat(),
        (list, at) => {
          const index = at % list.length;
          const task = list[index];
          assert.ok(task !== undefined);
          const other = list.with(index, { ...task, status: task.status === 'done' ? 'blocked' : 'done' });
          assert.notEqual(progressDigest(other), progressDigest(list));
          assert.notEqual(progressDigest(list.toSpliced(index, 1)), progressDigest(list));
        },
      ),
    );
  });
});
