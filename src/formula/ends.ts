/** When a run is over, and why: a function of what it has said, what is seen of it, and the time. */
import { formatDuration } from '../base/duration.ts';
import type { EndReason, Formula, Phase } from '../model/formula.ts';
import type { Appearance } from '../model/messaging.ts';

type Limits = Pick<Formula, 'timeoutMs' | 'idleTimeoutMs' | 'escalationTimeoutMs'>;

/** How a run stands. Times are milliseconds since the epoch. */
export interface Standing {
  /** When it is ended whatever it does. */
  deadline: number;
  /** The last sign that something goes on: output, a phase, something that was typed to it, the end of a command that it waited for. */
  stirredAt: number;
  /** Looks in a row at which it waited for input. */
  idleLooks: number;
  /** It waits for a person, at most until then. */
  escalatedUntil?: number;
  /**
   * What the looks since have shown of it: it stands at its prompt, it works again. `unclear`: it was told something else meanwhile, which it
   * may work on.
   */
  asking?: 'at-prompt' | 'at-work' | 'unclear';
}

/** What a look at its session has shown. */
export type Looked =
  | { kind: 'unknown' }
  | { kind: 'gone' }
  | { kind: 'ended'; status?: number; signal?: number }
  | {
      kind: 'live';
      appearance: Pick<Appearance, 'activity' | 'queued' | 'draft'>;
      /** The last output. */
      activityAt: number;
      /** Processes that its program has started for its work. */
      busy: number;
    };

export interface Moment {
  now: number;
  /** The look was begun then. */
  lookedAt: number;
  /** A command of the formula's runs that it waits for. */
  awaits: boolean;
  /** Something is about to be typed to it. */
  tells: boolean;
}

export interface End {
  reason: EndReason;
  detail?: string;
}

/** Looks in a row that make an idle prompt. */
const IDLE_LOOKS = 3;

export const beginning = ({ timeoutMs }: Limits, startedAt: number): Standing => ({
  deadline: startedAt + timeoutMs,
  stirredAt: startedAt,
  idleLooks: 0,
});

/** Something happened that shows that it goes on. */
export const stirred = (standing: Standing, now: number): Standing => ({
  ...standing,
  stirredAt: Math.max(standing.stirredAt, now),
  idleLooks: 0,
});

/** It was answered, or goes on without. */
export function answered(standing: Standing, now: number): Standing {
  const { escalatedUntil: _, asking: __, ...others } = stirred(standing, now);
  return others;
}

/** Something that is no answer was typed to it. */
export function informed(standing: Standing, now: number): Standing {
  const next = stirred(standing, now);
  return next.escalatedUntil === undefined ? next : { ...next, asking: 'unclear' };
}

/** What a phase comes to. */
export function atPhase(
  limits: Limits,
  standing: Standing,
  { phase, reason }: { phase: Phase; reason?: string },
  now: number,
): { standing: Standing } | { end: End } {
  switch (phase) {
    case 'done':
    case 'merged':
    case 'failed':
      return { end: { reason: phase, ...(reason === undefined ? {} : { detail: reason }) } };
    case 'escalate': {
      const escalatedUntil = Math.min(standing.deadline, now + limits.escalationTimeoutMs);
      return { standing: { ...answered(standing, now), escalatedUntil } };
    }
    case 'awaiting_ci':
    case 'awaiting_review':
      return { standing: answered(standing, now) };
  }
}

/** Whether its time is up. */
export function atTime(limits: Limits, standing: Standing, now: number): End | undefined {
  const { deadline, escalatedUntil } = standing;
  if (escalatedUntil !== undefined && now >= escalatedUntil) {
    return { reason: 'escalation-timeout', detail: 'nobody answered its escalation' };
  }
  if (now < deadline) return undefined;
  return { reason: 'timeout', detail: `it took longer than ${formatDuration(limits.timeoutMs)}` };
}

/**
 * What a look comes to; `crashed` is for the caller to judge, who knows how often it may.
 * @returns `goesOn`: it works again after a question of its own that nothing of ours has answered
 */
export function atLook(
  limits: Limits,
  standing: Standing,
  looked: Looked,
  { now, lookedAt, awaits, tells }: Moment,
): { standing: Standing; end?: End; goesOn?: true } {
  if (looked.kind === 'unknown') return { standing };
  if (looked.kind !== 'live') return { standing, end: { reason: 'crashed', detail: deathOf(looked) } };
  const stirredAt = Math.max(standing.stirredAt, Math.min(looked.activityAt, now));
  const excused = awaits || tells || standing.escalatedUntil !== undefined;
  if (excused) {
    const asking = tells || lookedAt < standing.stirredAt ? standing.asking : askingAfter(standing, looked);
    if (asking === 'answered') return { standing: answered(standing, now), goesOn: true };
    const next: Standing = { ...standing, stirredAt, idleLooks: 0 };
    return { standing: asking === undefined ? next : { ...next, asking } };
  }
  // What was seen before it last said something tells nothing of what it does since.
  const isIdle = waitsForInput(looked) && lookedAt >= standing.stirredAt;
  const idleLooks = isIdle ? standing.idleLooks + 1 : 0;
  const next: Standing = { ...standing, stirredAt, idleLooks };
  if (idleLooks >= IDLE_LOOKS) {
    const detail =
      'its program waits for input, nothing that it began is at work, and it has written no phase';
    return { standing: next, end: { reason: 'idle-prompt', detail } };
  }
  if (now - stirredAt < limits.idleTimeoutMs) return { standing: next };
  const detail = `its program has printed nothing for ${formatDuration(limits.idleTimeoutMs)}`;
  return { standing: next, end: { reason: 'idle-timeout', detail } };
}

/**
 * One that stood at its prompt and works again was answered there by a person. Two looks in a row have to show that: a program may stir
 * for a moment by itself.
 */
function askingAfter(
  { escalatedUntil, asking }: Standing,
  { appearance: { activity } }: Looked & { kind: 'live' },
): Standing['asking'] | 'answered' {
  if (escalatedUntil === undefined || asking === 'unclear') return asking;
  if (activity === 'idle') return 'at-prompt';
  if (activity !== 'busy' || asking === undefined) return asking;
  return asking === 'at-work' ? 'answered' : 'at-work';
}

function waitsForInput({ appearance, busy }: Looked & { kind: 'live' }): boolean {
  const { activity, queued, draft } = appearance;
  return activity === 'idle' && !queued && (draft ?? '') === '' && busy === 0;
}

function deathOf(looked: Exclude<Looked, { kind: 'live' | 'unknown' }>): string {
  const without = 'without a final phase';
  if (looked.kind === 'gone') return `its session was gone ${without}`;
  if (looked.signal !== undefined) return `its program was ended by signal ${looked.signal} ${without}`;
  return `its program ended${looked.status === undefined ? '' : ` with ${looked.status}`} ${without}`;
}

/** When something has to be looked at that no event tells of: its time is up, or it may be idle. */
export function nextMoment(
  limits: Limits,
  standing: Standing,
  awaits: boolean,
): { end: number; look: number } {
  const { deadline, escalatedUntil, stirredAt } = standing;
  const excused = awaits || escalatedUntil !== undefined;
  return {
    end: Math.min(deadline, escalatedUntil ?? deadline),
    look: excused ? Number.POSITIVE_INFINITY : stirredAt + limits.idleTimeoutMs,
  };
}

/** What a shell, a timer or a person's script is told of an end. */
export function exitCodeOf(reason: EndReason): number {
  switch (reason) {
    case 'done':
    case 'merged':
      return 0;
    case 'failed':
    case 'idle-prompt':
    case 'not-started':
      return 1;
    case 'crashed':
      return 3;
    case 'idle-timeout':
    case 'timeout':
    case 'escalation-timeout':
      return 124;
    case 'interrupted':
      return 130;
  }
}

/**
 * What becomes of its worktree. After a crash all of it may tell why; of an interrupted one, what only it holds may be gone on with; else
 * the agent, or its time, has said that nothing more comes.
 */
export const keepOf = (reason: EndReason): 'always' | 'work' | 'never' =>
  reason === 'crashed' ? 'always' : reason === 'interrupted' ? 'work' : 'never';
