/** How a session ended: in words, and judged from how its program did. */
import { formatDuration } from '../base/duration.ts';
import type { EndedReason, SessionEntry, Task } from '../model/mission.ts';
import { lineOf } from './brief.ts';
import { isOpen } from './select.ts';

const reasons: Record<EndedReason, string> = {
  completed: 'ended with all tasks done',
  premature: 'stopped early',
  handoff: 'handed over',
  crashed: 'crashed',
  killed: 'was ended by an operator',
  reboot: 'was cut off by a reboot',
  unknown: 'ended, nobody knows how',
};

/** How it ended, as a clause without a subject: 'stopped early (premature)', 'crashed'. */
export function endingWords({ ended_reason: reason }: SessionEntry): string {
  if (reason === undefined || reason === null || reason === '') return reasons.unknown;
  if (!Object.hasOwn(reasons, reason)) return `ended (${lineOf(reason)})`;
  return reasons[reason] === reason ? reason : `${reasons[reason]} (${reason})`;
}

/** 'sess-003 stopped early (premature) after 12m30s; its last task was T-07'. */
export function sessionWords(session: SessionEntry): string {
  const { session_id: id, duration_seconds: seconds, last_task_id: task } = session;
  const length = seconds === undefined || seconds === null ? '' : ` after ${lengthWords(seconds)}`;
  const last =
    task === undefined || task === null || task === '' ? '' : `; its last task was ${lineOf(task)}`;
  if (isOpen(session)) return `${lineOf(id)} has no end written down${last}`;
  return `${lineOf(id)} ${endingWords(session)}${length}${last}`;
}

/** Seconds in words, of which a long time needs no small ones: '45s', '12m30s', '3h5m', '2d4h'. */
export function lengthWords(seconds: number): string {
  const unit = seconds >= 86_400 ? 3600 : seconds >= 3600 ? 60 : 1;
  return formatDuration(Math.floor(Math.max(0, seconds) / unit) * unit * 1000);
}

/** How a program ended: one of the two. */
export interface ProgramEnd {
  code?: number;
  /** Such as SIGTERM. */
  signal?: string;
}

/** The signals with which a person, a closed window or a service manager ends a program, and what shells make of them. */
const byOperator = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);
const byOperatorCodes = new Set([129, 130, 143]);

/**
 * Why a session ended, when its program did.
 * @param tasks of the whole mission; undefined: they cannot be read
 * @param handoff it left a handoff entry in the scratchpad
 */
export function reasonOf(
  end: ProgramEnd,
  tasks: readonly Task[] | undefined,
  handoff: boolean,
): Exclude<EndedReason, 'unknown' | 'reboot'> {
  const closed = ({ status }: Task): boolean => status === 'done' || status === 'cancelled';
  if (tasks !== undefined && tasks.length > 0 && tasks.every(closed)) return 'completed';
  if (handoff) return 'handoff';
  if (end.signal !== undefined) return byOperator.has(end.signal) ? 'killed' : 'crashed';
  if (end.code === 0) return 'premature';
  return byOperatorCodes.has(end.code ?? -1) ? 'killed' : 'crashed';
}
