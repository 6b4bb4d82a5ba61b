/** When a run is over: each case a row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answered,
  atLook,
  atPhase,
  atTime,
  beginning,
  exitCodeOf,
  informed,
  keepOf,
  nextMoment,
  stirred,
  type Looked,
  type Moment,
  type Standing,
} from '../../src/formula/ends.ts';
import type { EndReason, Phase } from '../../src/model/formula.ts';

const MINUTE = 60_000;
const limits = { timeoutMs: 120 * MINUTE, idleTimeoutMs: 30 * MINUTE, escalationTimeoutMs: 60 * MINUTE };
const START = 1_000_000_000;
const fresh = beginning(limits, START);
const at = (minutes: number): number => START + minutes * MINUTE;

const live = (change: Partial<Looked & { kind: 'live' }> = {}): Looked => ({
  kind: 'live',
  appearance: { activity: 'idle', queued: false, draft: '' },
  activityAt: START,
  busy: 0,
  ...change,
});
const shows = (activity: 'idle' | 'busy' | 'dialog' | 'unknown' | 'starting', more = {}): Looked =>
  live({ appearance: { activity, queued: false, draft: '', ...more } });

const moment = (minutes: number, change: Partial<Moment> = {}): Moment => ({
  now: at(minutes),
  lookedAt: at(minutes),
  awaits: false,
  tells: false,
  ...change,
});

/** The ends of looks in a row, a minute apart. */
function looks(
  seen: readonly Looked[],
  change: Partial<Moment> = {},
  from = fresh,
): (EndReason | undefined)[] {
  let standing = from;
  return seen.map((looked, index) => {
    const result = atLook(limits, standing, looked, moment(index + 1, change));
    ({ standing } = result);
    return result.end?.reason;
  });
}

const idle = shows('idle');
const rows: [string, readonly Looked[], Partial<Moment>, EndReason | undefined][] = [
  ['idle three times', [idle, idle, idle], {}, 'idle-prompt'],
  ['twice only', [idle, idle], {}, undefined],
  ['busy in between', [idle, idle, shows('busy'), idle, idle], {}, undefined],
  ['a look that failed in between is none', [idle, { kind: 'unknown' }, idle, idle], {}, 'idle-prompt'],
  ['with a draft of a person', [1, 2, 3].map(() => shows('idle', { draft: 'wait' })), {}, undefined],
  [
    'whose runtime shows no draft',
    [1, 2, 3].map(() => shows('idle', { draft: undefined })),
    {},
    'idle-prompt',
  ],
  ['with messages that wait', [1, 2, 3].map(() => shows('idle', { queued: true })), {}, undefined],
  ['with a process at work', [1, 2, 3].map(() => live({ busy: 1 })), {}, undefined],
  ['before a question', [1, 2, 3].map(() => shows('dialog')), {}, undefined],
  ['of which nobody knows', [1, 2, 3].map(() => shows('unknown')), {}, undefined],
  ['while a command runs that it waits for', [idle, idle, idle], { awaits: true }, undefined],
  ['while something is typed to it', [idle, idle, idle], { tells: true }, undefined],
  ['seen before it stirred last', [idle, idle, idle], { lookedAt: START - 1 }, undefined],
  ['ended', [{ kind: 'ended', status: 3 }], {}, 'crashed'],
  ['gone', [{ kind: 'gone' }], {}, 'crashed'],
  ['not to be seen', Array.from({ length: 60 }, (): Looked => ({ kind: 'unknown' })), {}, undefined],
];
for (const [what, seen, change, wanted] of rows) {
  test(`a program ${what}`, () => assert.equal(looks(seen, change).at(-1), wanted));
}

test('quiet for too long: but not while it waits for somebody', () => {
  const still = shows('busy');
  assert.equal(atLook(limits, fresh, still, moment(29)).end, undefined);
  assert.equal(atLook(limits, fresh, still, moment(30)).end?.reason, 'idle-timeout');
  assert.equal(atLook(limits, fresh, live({ activityAt: at(5), busy: 1 }), moment(34)).end, undefined);
  assert.equal(atLook(limits, fresh, still, moment(30, { awaits: true })).end, undefined);
  assert.equal(atLook(limits, { ...fresh, escalatedUntil: at(60) }, still, moment(45)).end, undefined);
  assert.equal(atLook(limits, stirred(fresh, at(20)), still, moment(45)).end, undefined);
  // A clock that was set back shows output of the future.
  const early = atLook(limits, fresh, live({ activityAt: at(500), busy: 1 }), moment(1));
  assert.equal(early.standing.stirredAt, at(1));
});

test('how it died is told', () => {
  const detail = (looked: Looked): string | undefined => atLook(limits, fresh, looked, moment(1)).end?.detail;
  assert.equal(detail({ kind: 'ended', status: 0 }), 'its program ended with 0 without a final phase');
  assert.equal(
    detail({ kind: 'ended', signal: 9 }),
    'its program was ended by signal 9 without a final phase',
  );
  assert.equal(detail({ kind: 'ended' }), 'its program ended without a final phase');
  assert.equal(detail({ kind: 'gone' }), 'its session was gone without a final phase');
});

const escalated = (): Standing => {
  const result = atPhase(limits, fresh, { phase: 'escalate', reason: 'why' }, at(10));
  assert.ok('standing' in result);
  return result.standing;
};

test('phases', () => {
  const end = (phase: Phase, reason?: string) =>
    atPhase(limits, fresh, { phase, ...(reason === undefined ? {} : { reason }) }, at(1));
  assert.deepEqual(end('done'), { end: { reason: 'done' } });
  assert.deepEqual(end('merged'), { end: { reason: 'merged' } });
  assert.deepEqual(end('failed', 'no key'), { end: { reason: 'failed', detail: 'no key' } });
  assert.equal(escalated().escalatedUntil, at(70));
  const late = atPhase(limits, fresh, { phase: 'escalate' }, at(100));
  assert.equal(
    'standing' in late && late.standing.escalatedUntil,
    fresh.deadline,
    'never longer than the run',
  );
  const on = atPhase(limits, escalated(), { phase: 'awaiting_ci' }, at(20));
  assert.equal('standing' in on && on.standing.escalatedUntil, undefined, 'it goes on by itself');
});

test('a question that a person answers at its terminal is answered: it stood at its prompt, and works again', () => {
  const [busy, dialog] = [shows('busy'), shows('dialog')];
  const goesOn = (seen: readonly Looked[], change: Partial<Moment> = {}, from = escalated()): boolean[] => {
    let standing = from;
    return seen.map((looked, index) => {
      const result = atLook(limits, standing, looked, moment(11 + index, change));
      ({ standing } = result);
      assert.equal(standing.escalatedUntil === undefined, result.goesOn === true);
      return result.goesOn === true;
    });
  };
  assert.deepEqual(goesOn([busy, idle, idle, busy, busy]), [false, false, false, false, true]);
  const never = [
    // It has not come to its prompt yet; it stirs for a moment only; somebody reads a question of its own.
    goesOn([busy, busy, busy]),
    goesOn([idle, busy, idle, busy, idle]),
    goesOn([idle, dialog, dialog]),
    goesOn([idle, busy, busy], { tells: true }),
    goesOn([idle, busy, busy], { lookedAt: at(9) }),
    goesOn([idle, busy, busy], {}, informed(escalated(), at(11))),
    goesOn([shows('unknown'), shows('unknown')]),
  ];
  assert.deepEqual(
    never.filter((seen) => seen.includes(true)),
    [],
  );
  const stood = atLook(limits, escalated(), idle, moment(11)).standing;
  const again = atPhase(limits, stood, { phase: 'escalate' }, at(12));
  assert.ok('standing' in again);
  assert.deepEqual(goesOn([busy, busy], {}, again.standing), [false, false], 'a new question');
  const after = atLook(limits, { ...stood, asking: 'at-work' }, busy, moment(12)).standing;
  assert.equal(atTime(limits, after, at(70)), undefined);
  assert.equal(looks([idle, idle, idle], { lookedAt: at(13) }, after).at(-1), 'idle-prompt');
});

test('time', () => {
  assert.equal(atTime(limits, fresh, at(119)), undefined);
  assert.equal(atTime(limits, fresh, at(120))?.reason, 'timeout');
  assert.equal(atTime(limits, escalated(), at(69)), undefined);
  assert.equal(atTime(limits, escalated(), at(70))?.reason, 'escalation-timeout');
  assert.equal(atTime(limits, answered(escalated(), at(69)), at(70)), undefined);
  assert.deepEqual(nextMoment(limits, fresh, false), { end: at(120), look: at(30) });
  assert.deepEqual(nextMoment(limits, escalated(), false), { end: at(70), look: Infinity });
  assert.deepEqual(nextMoment(limits, fresh, true), { end: at(120), look: Infinity });
});

test('exit codes, and what becomes of the worktree', () => {
  const all: Record<EndReason, [number, string]> = {
    done: [0, 'never'],
    merged: [0, 'never'],
    failed: [1, 'never'],
    'idle-prompt': [1, 'never'],
    'not-started': [1, 'never'],
    crashed: [3, 'always'],
    'idle-timeout': [124, 'never'],
    timeout: [124, 'never'],
    'escalation-timeout': [124, 'never'],
    interrupted: [130, 'work'],
  };
  for (const [reason, wanted] of Object.entries(all) as [EndReason, [number, string]][])
    assert.deepEqual([exitCodeOf(reason), keepOf(reason)], wanted, reason);
});
