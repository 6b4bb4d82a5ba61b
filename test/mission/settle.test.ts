import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { gateFailures, keptMilestones, settled, unverified } from '../../src/mission/settle.ts';
import type { GatesEntry, MilestoneEntry, MissionFile, Task } from '../../src/model/mission.ts';
import { record } from './records.ts';
import { anyMilestones, anyTasks, milestones, NOW, tasks, wish } from './states.ts';

const ran = (exit_code: number | undefined, failures = exit_code === 0 ? 0 : 1): GatesEntry => ({
  started_at: '2026-01-02T11:00:00Z',
  ended_at: '2026-01-02T11:01:00Z',
  pid: 7,
  boot_id: 'b',
  failures,
  ...(exit_code === undefined ? {} : { exit_code }),
});

const stand = ({ milestones: list }: MissionFile): string[] =>
  list.map(({ id, status }) => `${id} ${status}`);

const settle = (fields: Partial<MissionFile>, list: Task[] = [], of = wish()): MissionFile =>
  settled(record(fields), of, list, NOW);

describe('milestones', () => {
  const now = (before: string[], list: Task[] = []): string[] =>
    stand(settle({ milestones: milestones(...before) }, list));
  it('are added, reordered, and removed while nothing of them was begun', () => {
    assert.deepEqual(now([]), ['M1 pending', 'M2 pending']);
    assert.deepEqual(now(['M2 in-progress', 'M1 pending']), ['M1 pending', 'M2 in-progress']);
    assert.deepEqual(now(['M9 pending', 'M1 completed']), ['M1 completed', 'M2 pending']);
  });
  it('that were begun are kept, after the one that they followed', () => {
    assert.deepEqual(now(['M1 completed', 'M9 in-progress', 'M2 pending']), [
      'M1 completed',
      'M9 in-progress',
      'M2 pending',
    ]);
    assert.deepEqual(now(['M8 blocked', 'M1 pending']), ['M8 blocked', 'M1 pending', 'M2 pending']);
    assert.deepEqual(now(['M1 pending', 'M7 pending', 'M9 completed', 'M8 completed']), [
      'M1 pending',
      'M9 completed',
      'M8 completed',
      'M2 pending',
    ]);
  });
  it('that were begun and given back are kept too', () => {
    const kept = [{ id: 'M9', name: 'Nine', status: 'pending' as const, started_at: '2026-01-01T00:00:00Z' }];
    assert.deepEqual(keptMilestones(record({ milestones: kept }), wish()), kept);
    assert.deepEqual(keptMilestones(record({ milestones: milestones('M9 pending') }), wish()), []);
  });
  it('get the name that the file gives them, and keep all else', () => {
    const old: MilestoneEntry = { id: 'M1', name: 'Old', status: 'completed', branch: 'b', issue_ref: '#1' };
    const [first] = settle({ milestones: [{ ...old, extra: 1 }] }).milestones;
    assert.deepEqual(first, { ...old, extra: 1, name: 'Name of M1' });
  });
  it('are never lost once begun, and as many as the file has', () => {
    fc.assert(
      fc.property(anyMilestones, anyTasks, (before, list) => {
        const after = settle({ milestones: before }, list).milestones.map(({ id }) => id);
        assert.equal(new Set(after).size, after.length);
        for (const { id, status } of before) if (status !== 'pending') assert.ok(after.includes(id));
        const wished = after.filter((id) => id === 'M1' || id === 'M2');
        assert.deepEqual(wished, ['M1', 'M2'], 'in the order of the file');
      }),
    );
  });
});

describe('a milestone', () => {
  const first = (fields: Partial<MissionFile>, list: Task[], of = wish()): MilestoneEntry | undefined =>
    settle(fields, list, of).milestones[0];
  const open = { milestones: milestones('M1 in-progress', 'M2 pending') };
  it('is under way once a task of it is begun', () => {
    for (const status of ['in-progress', 'done', 'blocked', 'failed']) {
      const entry = first({}, tasks('T0 not-started M1', `T1 ${status} M1`));
      assert.equal(entry?.status, 'in-progress', status);
      assert.equal(entry.started_at, new Date(NOW).toISOString());
    }
    assert.equal(first({}, tasks('T1 not-started M1', 'T2 cancelled M1'))?.status, 'pending');
  });
  it('is completed when its tasks are closed, where no gates are', () => {
    const entry = first(open, tasks('T1 done M1', 'T2 cancelled M1'));
    assert.equal(entry?.status, 'completed');
    assert.equal(entry.completed_at, new Date(NOW).toISOString());
    assert.equal(first({}, tasks('T1 done M1'))?.status, 'completed', 'from pending at once');
    assert.equal(first(open, tasks('T1 done M1', 'T2 failed M1'))?.status, 'in-progress');
    assert.equal(first(open, [])?.status, 'in-progress', 'not without any task');
  });
  it('is completed only when its gates have passed, where there are any', () => {
    const gated = wish({ qualityGates: 'make check' });
    const closed = tasks('T1 done M1');
    const under = (gates: GatesEntry): Partial<MissionFile> => ({
      milestones: [{ id: 'M1', name: 'Name of M1', status: 'in-progress', gates }],
    });
    assert.equal(first(open, closed, gated)?.status, 'in-progress');
    assert.equal(first(under(ran(1)), closed, gated)?.status, 'in-progress');
    assert.equal(first(under(ran(undefined)), closed, gated)?.status, 'in-progress');
    assert.equal(first(under(ran(0)), closed, gated)?.status, 'completed');
    assert.equal(first(under(ran(0)), tasks('T1 blocked M1'), gated)?.status, 'in-progress');
    assert.equal(first(under(ran(1)), closed, { ...gated, verify: false })?.status, 'completed');
  });
  it('stays completed or blocked, whatever its tasks say', () => {
    const before = { milestones: milestones('M1 completed', 'M2 blocked') };
    assert.deepEqual(
      stand(settle(before, tasks('T1 not-started M1', 'T2 done M2'))),
      before.milestones.map(({ id, status }) => `${id} ${status}`),
    );
  });
});

describe('the status of a mission', () => {
  const status = (
    before: MissionFile['status'],
    state: 'active' | 'paused' | 'completed',
    list: Task[] = [],
  ): string =>
    settle({ status: before, milestones: milestones('M1 pending', 'M2 pending') }, list, wish({ state }))
      .status;
  it('is as the file wishes, but for what a person called failed', () => {
    for (const before of ['inactive', 'active', 'paused', 'completed'] as const) {
      assert.equal(status(before, 'active'), 'active', before);
      assert.equal(status(before, 'paused'), 'paused', before);
      assert.equal(status(before, 'completed'), 'completed', before);
    }
    assert.equal(status('failed', 'active'), 'failed');
    assert.equal(status('failed', 'paused'), 'paused');
    assert.equal(status('failed', 'completed'), 'completed');
  });
  it('is completed when every milestone is', () => {
    const all = tasks('T1 done M1', 'T2 done M2');
    assert.equal(status('active', 'active', all), 'completed');
    assert.equal(status('paused', 'paused', all), 'completed');
    assert.equal(status('failed', 'active', all), 'failed');
    assert.equal(status('active', 'active', tasks('T1 done M1')), 'active');
  });
  it('is as it was where no file has the mission, unless all is done', () => {
    for (const before of ['inactive', 'active', 'paused', 'failed'] as const) {
      const mission = record({ status: before, milestones: milestones('M1 completed', 'M2 pending') });
      assert.equal(settled(mission, undefined, [], NOW).status, before);
    }
    const done = record({ milestones: milestones('M1 completed') });
    assert.equal(settled(done, undefined, [], NOW).status, 'completed');
    assert.equal(settled(record(), undefined, [], NOW).status, 'active', 'none is not all');
  });
});

describe('what is settled', () => {
  it('has the name, gates and policy of the file', () => {
    const after = settle(
      { name: 'Old', extra: 1 },
      [],
      wish({ qualityGates: 'make', maxIdleSessions: 5, verify: false, deadlockAfterMs: 1000 }),
    );
    assert.equal(after.name, 'Checkout v2');
    assert.equal(after.quality_gates, 'make');
    assert.equal(after['extra'], 1);
    assert.deepEqual(after.policy, {
      continue: 'auto',
      max_idle_sessions: 5,
      verify: false,
      deadlock_after_seconds: 1,
    });
  });
  it('loses gates that the file has no more', () => {
    assert.equal(settle({ quality_gates: 'make' }).quality_gates, '');
    assert.ok(!Object.hasOwn(settle({}), 'quality_gates'));
  });
  it('is the same object when settled again', () => {
    fc.assert(
      fc.property(anyMilestones, anyTasks, fc.boolean(), fc.boolean(), (of, list, gated, fleet) => {
        const mission = fleet ? wish(gated ? { qualityGates: 'make' } : {}) : undefined;
        const before = record({ milestones: of, ...(gated ? { quality_gates: 'make' } : {}) });
        const copy = structuredClone(before);
        const after = settled(before, mission, list, NOW);
        assert.deepEqual(before, copy, 'what is given is not changed');
        assert.equal(settled(after, mission, list, NOW + 60_000), after);
      }),
    );
  });
  it('touches no session', () => {
    const sessions = [{ session_id: 'sess-001' }];
    assert.equal(settle({ sessions }).sessions, sessions);
  });
});

it('milestones wait for their gates whose tasks are all closed', () => {
  const mission = record({
    milestones: milestones('M1 in-progress', 'M2 pending', 'M3 in-progress', 'M4 completed'),
  });
  const list = tasks('T1 done M1', 'T2 done M2', 'T3 blocked M3', 'T4 done M4');
  assert.deepEqual(
    unverified(mission, list).map(({ id }) => id),
    ['M1'],
  );
});

it('failures are the most of any milestone that is open', () => {
  const entry = (id: string, status: MilestoneEntry['status'], failures: number): MilestoneEntry => ({
    id,
    name: id,
    status,
    gates: ran(1, failures),
  });
  assert.equal(gateFailures(record()), 0);
  assert.equal(
    gateFailures(
      record({
        milestones: [entry('M1', 'completed', 9), entry('M2', 'in-progress', 2), entry('M3', 'pending', 1)],
      }),
    ),
    2,
  );
});
