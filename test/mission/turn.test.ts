import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { idleSessions } from '../../src/mission/select.ts';
import { missionNow, newRecord, promptKind, type Turn } from '../../src/mission/turn.ts';
import { mission as validMission } from '../../src/generated/validators.js';
import type { EndedReason, MissionSeen } from '../../src/model/mission.ts';
import { known } from '../../src/model/source.ts';
import { missionSeen, type MissionWords, type SessionWords } from '../plan/seen-mission.ts';
import { record } from './records.ts';
import { ago, anyMilestones, anyTasks, NOW, session, wish } from './states.ts';

const gated = wish({ qualityGates: 'make check' });

const turn = (words: MissionWords, of = wish()): Turn => missionNow(missionSeen(of, words), of, NOW).turn;

const why = (words: MissionWords, of = wish()): string => {
  const found = turn(words, of);
  return found.kind === 'held'
    ? `held: ${found.why}${found.code === undefined ? '' : ` ${found.code}`}`
    : found.kind;
};

const work: MissionWords = { tasks: ['T1 not-started M1', 'T2 not-started M2'] };
const closed: MissionWords = { tasks: ['T1 done M1', 'T2 not-started M2'] };

describe('the turn', () => {
  it("is the next session's while there is work", () => {
    const found = turn(work);
    assert.ok(found.kind === 'work');
    assert.deepEqual([found.prompt, found.milestone, found.task?.id], ['first', 'M1', 'T1']);
  });
  it('is that of a session that plans, where the current milestone has no task', () => {
    const found = turn({ tasks: [] });
    assert.ok(found.kind === 'work');
    assert.deepEqual([found.milestone, found.task], ['M1', undefined]);
    const later = turn({ tasks: ['T1 done M1'], milestones: ['M1 completed', 'M2 pending'] });
    assert.ok(later.kind === 'work');
    assert.equal(later.milestone, 'M2');
  });
  it('is that of the session that lives, or is being started', () => {
    for (const lock of ['live', 'starting'] as const) {
      assert.deepEqual(turn({ ...work, lock, sessions: [{}] }), {
        kind: 'live',
        session: 'sess-001',
        agent: 'a',
      });
      const inTerminal = turn({ ...closed, lock, gates: 'run', sessions: [{ agent: '' }] }, gated);
      assert.ok(inTerminal.kind === 'live');
      assert.deepEqual([inTerminal.session, inTerminal.agent], ['sess-001', undefined]);
    }
  });
  it("is nobody's while a lock cannot be judged", () => {
    assert.equal(why({ ...work, lock: 'elsewhere' }), 'held: conflict');
    assert.equal(why({ ...work, lock: 'corrupt' }), 'held: invalid F3');
    assert.equal(why({ ...work, lock: 'gone' }), 'work');
  });
  it("is nobody's while a file cannot be read, or is of another mission", () => {
    assert.equal(why({ record: 'invalid' }), 'held: invalid');
    assert.equal(why({ tasks: 'invalid' }), 'held: invalid');
    assert.equal(why({ ...work, record: 'of another mission', lock: 'live' }), 'held: conflict');
  });
  it("is nobody's where it is paused, inactive or failed, and over where it is completed", () => {
    assert.equal(why(work, wish({ state: 'paused' })), 'held: paused');
    assert.equal(why({ ...work, status: 'failed' }), 'held: failed');
    assert.equal(why(work, wish({ state: 'completed' })), 'complete');
    assert.equal(why({ tasks: ['T1 done M1', 'T2 done M2'] }), 'complete');
    const { turn: alone } = missionNow(missionSeen(wish(), { ...work, status: 'inactive' }), undefined, NOW);
    assert.ok(alone.kind === 'held' && alone.why === 'paused');
  });
  it("is a person's where nothing can go on", () => {
    assert.equal(why({ tasks: ['T1 blocked M1', 'T2 failed M2'] }), 'held: deadlock F10');
    assert.equal(why({ ...work, milestones: ['M1 blocked', 'M2 blocked'] }), 'held: deadlock F10');
  });
  it('is held with words for what is stuck: tasks, milestones, or that there are none', () => {
    const words = (seen: MissionWords, of = wish()): string => {
      const found = turn(seen, of);
      return found.kind === 'held' ? `${found.reason} | ${found.fix}` : found.kind;
    };
    assert.match(
      words({ tasks: ['T1 blocked M1', 'T2 failed M2'] }),
      /: T1 and T2 \| Set one of them to not-started/,
    );
    assert.equal(
      words({ ...work, milestones: ['M1 blocked', 'M2 blocked'] }),
      'no milestone is open, and not all are completed | Set a milestone to pending in mission.json when it can go on.',
    );
    assert.equal(
      words({ tasks: [], milestones: [] }, wish({ milestones: [] })),
      'it has no milestones | Give it some, in the fleet file or in mission.json.',
    );
  });
  it('names task and project as one word each of a command line', () => {
    const idle: MissionWords = { sessions: [{ end: 'premature', idle: true, tasks: 'same' }] };
    const strange = turn(
      { ...idle, tasks: ['T1;id not-started M1'] },
      wish({ project: "/src/o'ne $(id)", maxIdleSessions: 1 }),
    );
    assert.ok(strange.kind === 'held');
    assert.ok(
      strange.fix.includes(`mosaic coord run 'T1;id' --project '/src/o'\\''ne $(id)', or`),
      strange.fix,
    );
    const many = turn(
      { tasks: ['1', '2', '3', '4', '5', '6'].map((n) => `T${n} blocked M1`) },
      wish({ milestones: [{ id: 'M1', name: 'One' }] }),
    );
    assert.ok(many.kind === 'held' && many.reason.endsWith('T1, T2, T3, T4 and T5 …'), JSON.stringify(many));
  });
});

describe('the gates', () => {
  const failed = (failures: string): MissionWords => ({
    ...closed,
    milestones: [`M1 in-progress ${failures}`, 'M2 pending'],
  });
  it('are due once all tasks of a milestone are closed', () => {
    assert.deepEqual(turn(closed, gated), { kind: 'verify', milestones: ['M1'], command: 'make check' });
    const both = turn({ tasks: ['T1 done M1', 'T2 done M2'] }, gated);
    assert.deepEqual(both, { kind: 'verify', milestones: ['M1', 'M2'], command: 'make check' });
    assert.equal(why(work, gated), 'work');
  });
  it('are not due without a command, nor where verify is off', () => {
    assert.equal(why(closed), 'work');
    assert.equal(why(closed, wish({ qualityGates: '  ' })), 'work');
    assert.equal(why(closed, { ...gated, verify: false }), 'work');
  });
  it('are let finish', () => assert.equal(why({ ...closed, gates: 'run' }, gated), 'verifying'));
  it('run again after a failure, until they have failed too often', () => {
    assert.equal(why(failed('1'), gated), 'verify');
    assert.equal(why(failed('2'), gated), 'verify');
    assert.equal(why(failed('3'), gated), 'held: gates F5');
    assert.equal(why(failed('1'), { ...gated, maxIdleSessions: 1 }), 'held: gates F5');
  });
  it('wait for the task that mends what they found', () => {
    for (const [status, expected] of [
      ['not-started', 'work'],
      ['in-progress', 'work'],
      ['done', 'verify'],
      ['cancelled', 'verify'],
    ] as const) {
      const tasks = ['T1 done M1', 'T2 done M2', `F1 ${status} M2`];
      const milestones = ['M1 in-progress 1 F1', 'M2 in-progress'];
      assert.equal(why({ tasks, milestones }, gated), expected, status);
    }
  });
});

describe('idle sessions', () => {
  const idle: SessionWords = { end: 'premature', idle: true, tasks: 'same' };
  it('hold the mission when there are as many as may be', () => {
    assert.equal(why({ ...work, sessions: [idle, idle] }), 'work');
    assert.equal(why({ ...work, sessions: [idle, idle, idle] }), 'held: idle F1');
    assert.equal(why({ ...work, sessions: [idle] }, wish({ maxIdleSessions: 1 })), 'held: idle F1');
  });
  it('hold it no longer once a task was changed by hand', () => {
    const { tasks: _, ...before } = idle;
    assert.equal(why({ ...work, sessions: [idle, idle, before] }), 'work');
  });
  it('hold it also with a crash in between', () => {
    const crash: SessionWords = { end: 'crashed', tasks: 'same' };
    assert.equal(why({ ...work, sessions: [idle, crash, idle, idle] }), 'held: idle F1');
    assert.equal(why({ ...work, sessions: [crash, crash, crash] }), 'work');
  });
});

describe('a session is told', () => {
  const kind = (reason: EndedReason): string =>
    promptKind(record({ sessions: [session(1, { ended_at: ago(1), ended_reason: reason })] }));
  it('to begin, to go on, or to look at what was left first', () => {
    assert.equal(promptKind(record()), 'first');
    for (const reason of ['completed', 'premature', 'handoff'] as const)
      assert.equal(kind(reason), 'continue');
    for (const reason of ['crashed', 'killed', 'reboot', 'unknown'] as const)
      assert.equal(kind(reason), 'recover');
    assert.equal(
      promptKind(record({ sessions: [session(1, { ended_at: ago(1), ended_reason: '' })] })),
      'recover',
    );
  });
  it('to begin where the only session never got its program', () => {
    assert.equal(promptKind(record({ sessions: [session(1, { pid: 0 })] })), 'first');
    assert.equal(promptKind(record({ sessions: [session(1, { pid: 7 })] })), 'recover');
    const two = [session(1, { ended_at: ago(1), ended_reason: 'premature' }), session(2, { pid: 0 })];
    assert.equal(promptKind(record({ sessions: two })), 'recover');
  });
});

describe('a mission without files', () => {
  it('is as its record will be made', () => {
    const now = missionNow(missionSeen(wish(), { record: 'none' }), wish(), NOW);
    assert.deepEqual(
      now.record?.milestones.map(({ id }) => id),
      ['M1', 'M2'],
    );
    assert.ok(
      validMission(JSON.parse(JSON.stringify(newRecord(wish(), NOW)))),
      JSON.stringify(validMission.errors),
    );
  });
  it('is none where no fleet file has one', () => {
    const { turn: found } = missionNow(missionSeen(wish(), { record: 'none' }), undefined, NOW);
    assert.ok(found.kind === 'held' && found.reason.endsWith('no mission in /src'));
  });
});

it('the way out names the project only where it is not the one around, and as a shell takes it', () => {
  const fix = (project: string, around: boolean): string => {
    const of = wish({ project });
    const { turn: found } = missionNow(
      missionSeen(of, { tasks: ['T1 blocked M1'] }),
      around ? undefined : of,
      NOW,
    );
    return found.kind === 'held' ? found.fix : '';
  };
  assert.ok(fix('/src', true).endsWith('mosaic coord run TASK retries one.'));
  assert.ok(fix('/src', false).endsWith('mosaic coord run TASK --project /src retries one.'));
  assert.ok(fix('/a b', false).endsWith("mosaic coord run TASK --project '/a b' retries one."));
});

it('whatever is there: one turn, and no session while another may be at work', () => {
  const locks = [undefined, 'live', 'starting', 'elsewhere', 'corrupt', 'gone', 'never-started'] as const;
  fc.assert(
    fc.property(
      anyMilestones,
      anyTasks,
      fc.constantFrom(...locks),
      fc.boolean(),
      fc.nat(4),
      (milestones, tasks, lock, fleet, idle) => {
        const sessions = Array.from({ length: idle }, (_, n) =>
          session(n + 1, { ended_at: ago(1), ended_reason: 'premature' as const, idle: true }),
        );
        const base = missionSeen(gated, lock === undefined ? {} : { lock });
        const before = record({ milestones, sessions, quality_gates: 'make check' });
        const seen: MissionSeen = { ...base, record: known(before), tasks: known(tasks) };
        const { turn: found, record: after } = missionNow(seen, fleet ? gated : undefined, NOW);
        if (lock === 'live' || lock === 'starting') assert.equal(found.kind, 'live');
        else if (lock === 'elsewhere' || lock === 'corrupt') assert.equal(found.kind, 'held');
        if (found.kind === 'work') {
          assert.ok(after?.status === 'active');
          const current = after.milestones.find(({ id }) => id === found.milestone);
          assert.ok(current?.status === 'pending' || current?.status === 'in-progress');
          assert.ok(idleSessions(after) >= 0);
        }
        if (found.kind === 'complete')
          assert.ok(after?.milestones.every(({ status }) => status === 'completed'));
      },
    ),
  );
});
