import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conditionsOf, crashesOn, type ConditionInput } from '../../src/mission/conditions.ts';
import type { MissionWords, SessionWords } from '../plan/seen-mission.ts';
import { missionSeen } from '../plan/seen-mission.ts';
import { record } from './records.ts';
import { ago, NOW, session, wish } from './states.ts';

const gated = wish({ qualityGates: 'make check' });

/** Each condition that holds, by its code: what is seen, and what is done. */
function found(words: MissionWords, of = wish(), more: Partial<ConditionInput> = {}): Record<string, string> {
  const list = conditionsOf({ seen: missionSeen(of, words), now: NOW, wish: of, ...more });
  return Object.fromEntries(list.map(({ code, seen, done }) => [code, `${seen} | ${done}`]));
}

const codes = (words: MissionWords, of = wish()): string[] => Object.keys(found(words, of));

const one = ['T1 in-progress M1'];
const ended = (end: SessionWords['end'], more: Partial<SessionWords> = {}): MissionWords => ({
  tasks: one,
  sessions: [{ task: 'T1', ...(end === undefined ? {} : { end }), ...more }],
});

it('of a mission that goes well there are none', () => {
  assert.deepEqual(codes({ tasks: one }), []);
  assert.deepEqual(codes({ tasks: one, sessions: [{ run: 'this' }], lock: 'live', changed: '5h' }), []);
  assert.deepEqual(codes({ record: 'none' }), []);
});

it('each has its name, and they come in order', () => {
  const list = conditionsOf({
    seen: missionSeen(wish(), {
      tasks: ['T1 failed M1', 'T2 not-started M9', 'T3 not-started M1'],
      sessions: [{ end: 'premature' }],
    }),
    now: NOW,
    wish: wish(),
    also: [{ code: 'F6', seen: 'x', done: 'y' }],
  });
  assert.deepEqual(
    list.map(({ code, name }) => `${code} ${name}`),
    ['F1 premature stop', 'F6 infrastructure', 'F8 scope drift', 'F9 subagent failure'],
  );
});

describe('F1 premature stop', () => {
  it('holds when the last session ended by itself and tasks remain', () => {
    assert.deepEqual(found(ended('premature')), {
      F1: 'sess-001 ended after 59m, 1 task remains | the next reconcile goes on',
    });
    assert.deepEqual(codes(ended('completed')), ['F1']);
    assert.match(
      found(ended('premature'), wish({ continue: 'manual' }))['F1'] ?? '',
      /\| mosaic coord continue prints the prompt/,
    );
    assert.match(found(ended('premature'), wish({ state: 'paused' }))['F1'] ?? '', /\| held: it is paused$/);
  });
  it('tells of sessions in a row that changed nothing', () => {
    const idle: SessionWords = { end: 'premature', idle: true, tasks: 'same' };
    for (const last of ['premature', 'handoff'] as const)
      assert.deepEqual(found({ tasks: one, sessions: [idle, idle, { ...idle, end: last }] }), {
        F1: '3 sessions in a row ended without any task changing | held: no more are started',
      });
  });
  it('does not hold while a session is at work, when all is done, or after an operator ended it', () => {
    assert.deepEqual(codes({ ...ended('premature'), lock: 'live' }), []);
    assert.deepEqual(codes({ tasks: ['T1 done M1', 'T2 done M2'], sessions: [{ end: 'completed' }] }), []);
    assert.deepEqual(codes(ended('killed')), []);
    assert.deepEqual(codes(ended('unknown')), []);
  });
});

describe('F2 context exhausted', () => {
  it('holds when the last session handed over', () => {
    assert.deepEqual(found(ended('handoff')), {
      F2: 'sess-001 handed over after 59m, 1 task remains | the next reconcile goes on',
    });
  });
  it('is not told of one that lives', () =>
    assert.deepEqual(codes({ ...ended('handoff'), lock: 'live' }), []));
});

describe('F3 crash', () => {
  it('holds when the last session crashed or was ended by a reboot', () => {
    assert.deepEqual(found(ended('crashed')), {
      F3: 'sess-001 crashed after 59m, 1 task remains | its worktree is kept; the next reconcile goes on',
    });
    assert.match(found(ended('reboot'))['F3'] ?? '', /^sess-001 was ended by a reboot, 1 task remains \|/);
  });
  it('holds when its process is gone and nobody has written that down', () => {
    for (const [lock, words] of [
      ['gone', 'sess-001: its process is gone'],
      ['reused', 'sess-001: its process is gone'],
      ['reboot', 'sess-001: the machine was started anew since'],
      ['never-started', 'sess-001 was begun and its program never started'],
    ] as const)
      assert.ok(found({ ...ended(undefined), lock })['F3']?.startsWith(`${words} |`), lock);
    assert.deepEqual(codes(ended(undefined)), ['F3'], 'also without a lock');
  });
  it('holds while the lock cannot be read', () => {
    assert.match(
      found({ tasks: one, lock: 'corrupt' })['F3'] ?? '',
      /session\.lock cannot be used: it is not JSON \| nothing is started/,
    );
  });
  it('is not told of a session on another machine, nor of another mission', () => {
    assert.deepEqual(codes({ ...ended(undefined), lock: 'elsewhere' }), []);
    assert.deepEqual(codes({ ...ended('crashed'), record: 'of another mission' }), []);
  });
});

describe('F4 error spiral', () => {
  const crashed: SessionWords = { end: 'crashed', task: 'T1' };
  const spiral = (status: string, ...sessions: SessionWords[]): MissionWords => ({
    tasks: [`T1 ${status} M1`, 'T2 not-started M1'],
    sessions,
  });
  it('holds while a task is blocked that sessions crashed on one after the other', () => {
    assert.equal(
      found(spiral('blocked', crashed, crashed))['F4'],
      'T1 (2 sessions crashed on it) | blocked; the tasks after it go on',
    );
    assert.ok(codes(spiral('blocked', crashed, crashed, { end: 'premature', task: 'T2' })).includes('F4'));
  });
  it('does not hold for one crash, an open task, or one that was blocked for another reason', () => {
    assert.ok(!codes(spiral('blocked', crashed)).includes('F4'));
    assert.ok(!codes(spiral('in-progress', crashed, crashed)).includes('F4'));
    assert.ok(!codes(spiral('blocked', crashed, crashed, { end: 'premature', task: 'T1' })).includes('F4'));
  });
  it('counts the crashes on one task, from the last back', () => {
    const on = (task: string, ended_reason: 'crashed' | 'premature') =>
      session(1, { ended_at: ago(1), ended_reason, last_task_id: task });
    const sessions = [
      on('T1', 'crashed'),
      on('T1', 'premature'),
      on('T1', 'crashed'),
      on('T2', 'premature'),
      on('T1', 'crashed'),
      session(6, { last_task_id: 'T1' }),
    ];
    assert.equal(crashesOn(record({ sessions }), 'T1'), 2);
    assert.equal(crashesOn(record({ sessions }), 'T2'), 0);
    assert.equal(crashesOn(record({ sessions }), 'T3'), 0);
  });
});

describe('F5 quality gate failed, F7 false completion', () => {
  const after = (gates: string, ...more: string[]): MissionWords => ({
    tasks: ['T1 done M1', 'T2 not-started M2', ...more],
    milestones: [`M1 in-progress ${gates}`, 'M2 pending'],
    sessions: [{ end: 'completed' }],
  });
  it('hold while the last run over an open milestone failed', () => {
    const { F5, F7 } = found(after('1 F1', 'F1 not-started M1'), gated);
    assert.equal(
      F5,
      'the quality gates of M1 failed with exit 1 | the task F1 was appended to have it mended',
    );
    assert.equal(
      F7,
      'all tasks of M1 were done, and the quality gates say otherwise | a correction is in the scratchpad; it stays open',
    );
    assert.match(found(after('2'), gated)['F5'] ?? '', /with exit 1, 2 times in a row \| they run again/);
  });
  it('tell that no more are run', () =>
    assert.match(
      found(after('3 F1', 'F1 done M1'), gated)['F5'] ?? '',
      /3 times in a row \| held: no more are started$/,
    ));
  it('do not hold once they have passed, or the milestone is completed', () => {
    for (const words of [after('passed'), { ...after('1'), milestones: ['M1 completed 1', 'M2 pending'] }])
      assert.deepEqual(codes(words, gated), ['F1']);
    assert.deepEqual(codes({ ...after('1'), status: 'completed' }, wish({ state: 'completed' })), []);
  });
});

describe('F8 scope drift', () => {
  it('holds for tasks that no milestone claims', () => {
    const { F8 } = found({ tasks: ['T1 not-started M1', 'X1 done M9', 'X2 not-started'] });
    assert.equal(
      F8,
      '2 tasks of no milestone of the mission: X1 (M9), X2 (no milestone) | reported; no session is given them',
    );
    const many = Array.from({ length: 7 }, (_, n) => `X${n} not-started M9`);
    assert.match(found({ tasks: many })['F8'] ?? '', /X4 \(M9\) and 2 more \|/);
  });
  it('does not hold where each has one', () =>
    assert.deepEqual(codes({ tasks: ['T1 not-started M1', 'T2 done M2'] }), []));
});

describe('F9 subagent failure', () => {
  it('holds for tasks that failed, and offers one again', () => {
    assert.equal(
      found({ tasks: ['T1 failed M1', 'T2 failed M2', 'T3 not-started M1'] })['F9'],
      'T1 and T2 failed | mosaic coord run T1 retries it',
    );
    const many = Array.from({ length: 7 }, (_, n) => `T${n} failed M1`);
    assert.match(found({ tasks: many })['F9'] ?? '', /T4 … failed \|/);
  });
  it('offers a command line that means just that task', () =>
    assert.match(
      found({ tasks: ['T1;touch${IFS}x failed M1'] })['F9'] ?? '',
      / \| mosaic coord run 'T1;touch\$\{IFS\}x' retries it$/,
    ));
  it('does not hold for one that is blocked', () =>
    assert.deepEqual(codes({ tasks: ['T1 blocked M1', 'T2 not-started M1'] }), []));
});

describe('F10 deadlock', () => {
  const live: MissionWords = { tasks: one, sessions: [{ run: 'this' }], lock: 'live' };
  it('holds when nothing has changed for long beside a live session', () => {
    const { F10 } = found({ ...live, changed: '6h' });
    assert.match(F10 ?? '', /^sess-001 lives, and nothing has changed for 6h \| reported; it is not ended/);
    assert.deepEqual(codes({ ...live, changed: '2s' }, wish({ deadlockAfterMs: 1000 })), ['F10']);
  });
  it('does not hold before, without a session, or where nothing tells', () => {
    assert.deepEqual(codes({ ...live, changed: '359m' }), []);
    assert.deepEqual(codes({ tasks: one, changed: '7h' }), []);
    assert.deepEqual(codes(live), []);
  });
  it('holds when all that remains is blocked', () => {
    assert.deepEqual(codes({ tasks: ['T1 blocked M1', 'T2 blocked M2'] }), ['F10']);
    assert.match(
      found({ tasks: ['T1 blocked M1'] }, wish({ milestones: [{ id: 'M1', name: 'x' }] }))['F10'] ?? '',
      /^all tasks that remain are blocked or failed: T1 \|/,
    );
  });
});
