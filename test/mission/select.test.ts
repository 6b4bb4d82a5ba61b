import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  currentMilestone,
  idleSessions,
  isFinished,
  isOpen,
  nextTask,
  progressOf,
  strayTasks,
} from '../../src/mission/select.ts';
import type { EndedReason, SessionEntry } from '../../src/model/mission.ts';
import { record } from './records.ts';
import { ago, anyMilestones, anyTasks, milestones, session, tasks } from './states.ts';

describe('how far it is', () => {
  it('leaves out what was cancelled, and rounds down', () => {
    const list = tasks('T1 done M1', 'T2 cancelled M1', 'T3 failed M1', 'T4 done');
    assert.deepEqual(progressOf(list), { done: 2, total: 3, pct: 66 });
    assert.deepEqual(progressOf([]), { done: 0, total: 0, pct: 0 });
    assert.deepEqual(progressOf(tasks('T1 cancelled M1')), { done: 0, total: 0, pct: 0 });
  });
  it('is at 100 only when all are done', () => {
    fc.assert(
      fc.property(anyTasks, (list) => {
        const { done, total, pct } = progressOf(list);
        assert.equal(pct === 100, total > 0 && done === total);
        assert.ok(Number.isInteger(pct) && pct >= 0 && pct <= 100);
      }),
    );
    const many = Array.from({ length: 300 }, (_, n) => `T${n} ${n === 0 ? 'blocked' : 'done'} M1`);
    assert.equal(progressOf(tasks(...many)).pct, 99);
  });
});

describe('the current milestone', () => {
  const current = (...lines: string[]): string | undefined =>
    currentMilestone(record({ milestones: milestones(...lines) }))?.id;
  it('is the first in progress, else the first pending one', () => {
    assert.equal(current('M1 pending', 'M2 in-progress', 'M3 in-progress'), 'M2');
    assert.equal(current('M1 completed', 'M2 blocked', 'M3 pending', 'M4 pending'), 'M3');
    assert.equal(current('M1 completed', 'M2 blocked'), undefined);
    assert.equal(current(), undefined);
  });
});

describe('the next task', () => {
  const next = (of: string[], list: string[]): string | undefined =>
    nextTask(record({ milestones: milestones(...of) }), tasks(...list))?.id;
  const two = ['M1 in-progress', 'M2 pending'];
  it('is the first in progress, else the first not started, of the current milestone', () => {
    assert.equal(next(two, ['T0 not-started M2', 'T1 not-started M1', 'T2 in-progress M1']), 'T2');
    assert.equal(next(two, ['T0 in-progress M2', 'T1 done M1', 'T2 not-started M1']), 'T2');
  });
  it('is of those that follow where the current one has none', () => {
    assert.equal(next(two, ['T1 done M1', 'T2 not-started M2', 'T3 in-progress M2']), 'T3');
    assert.equal(
      next(['M1 in-progress', 'M2 completed', 'M3 pending'], ['T1 not-started M2', 'T2 not-started M3']),
      'T2',
    );
  });
  it('is none of a milestone before it, of a blocked one, or of one that the mission has not', () => {
    assert.equal(next(['M1 pending', 'M2 in-progress'], ['T1 not-started M1', 'T2 done M2']), undefined);
    assert.equal(next(['M1 blocked', 'M2 in-progress'], ['T1 in-progress M1']), undefined);
    assert.equal(next(two, ['T1 not-started M9', 'T2 not-started']), undefined);
    assert.equal(next(['M1 completed'], ['T1 not-started M1']), undefined);
  });
  it('is always one to work on, and of an open milestone', () => {
    fc.assert(
      fc.property(anyMilestones, anyTasks, (of, list) => {
        const mission = record({ milestones: of });
        const found = nextTask(mission, list);
        const open = new Set(
          of.filter(({ status }) => status === 'pending' || status === 'in-progress').map(({ id }) => id),
        );
        if (found === undefined) {
          const current = currentMilestone(mission);
          const own = list.filter(({ milestone }) => milestone === current?.id);
          assert.ok(own.every(({ status }) => status !== 'in-progress' && status !== 'not-started'));
          return;
        }
        assert.ok(found.status === 'in-progress' || found.status === 'not-started');
        assert.ok(open.has(found.milestone));
        const first = list.find(
          ({ milestone, status }) => milestone === found.milestone && status === 'in-progress',
        );
        assert.equal(found.id, first?.id ?? found.id, 'what is in progress comes first');
      }),
    );
  });
});

describe('a milestone', () => {
  it('is finished when it has tasks, and each is done or cancelled', () => {
    assert.ok(isFinished(tasks('T1 done M1', 'T2 cancelled M1', 'T3 blocked M2'), 'M1'));
    for (const status of ['not-started', 'in-progress', 'blocked', 'failed'])
      assert.ok(!isFinished(tasks('T1 done M1', `T2 ${status} M1`), 'M1'), status);
    assert.ok(!isFinished(tasks('T1 done M2'), 'M1'), 'none of its own');
  });
});

it('a task strays whose milestone the mission has not', () => {
  const mission = record({ milestones: milestones('M1 completed') });
  const stray = strayTasks(mission, tasks('T1 done M1', 'T2 done M2', 'T3 not-started'));
  assert.deepEqual(
    stray.map(({ id }) => id),
    ['T2', 'T3'],
  );
});

it('a session is open while no end is told, in whatever way', () => {
  for (const ended_at of [undefined, null, ''])
    assert.ok(isOpen(session(1, ended_at === undefined ? {} : { ended_at })));
  assert.ok(!isOpen(session(1, { ended_at: ago(1) })));
});

describe('idle sessions', () => {
  const ended = (end: EndedReason, idle?: boolean, began = 'x', left?: string): SessionEntry =>
    session(1, {
      ended_at: ago(1),
      ended_reason: end,
      tasks_digest: began,
      ...(left === undefined ? {} : { tasks_digest_after: left }),
      ...(idle === undefined ? {} : { idle }),
    });
  const count = (...sessions: SessionEntry[]): number => idleSessions(record({ sessions }));
  it('are counted from the end, in a row', () => {
    assert.equal(count(), 0);
    assert.equal(count(ended('premature', true), ended('handoff', true), ended('completed', true)), 3);
    assert.equal(count(ended('premature', true), ended('premature', false), ended('premature', true)), 1);
    assert.equal(count(ended('premature', true), ended('premature', false)), 0);
    assert.equal(count(ended('premature')), 0, 'an older tool does not tell');
  });
  it('are those that ended by themselves: others are passed over', () => {
    const others = (['crashed', 'killed', 'reboot', 'unknown'] as const).map((end) => ended(end));
    assert.equal(count(ended('premature', true), ...others, ended('premature', true)), 2);
    assert.equal(count(ended('premature', true), session(2)), 1, 'one that is open has not ended');
  });
  it('begin anew where a task was changed in between', () => {
    const circle = ended('premature', true, 'x', 'x');
    assert.equal(count(circle, circle, circle), 3);
    assert.equal(count(circle, circle, ended('premature', true, 'y', 'y')), 1);
    assert.equal(count(circle, ended('premature', true, 'y', 'x'), circle), 2);
  });
});
