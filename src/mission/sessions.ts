/** How a mission's session ends in its record. */
import type { EndedReason, MissionFile, MissionLock, SessionEntry, Task } from '../model/mission.ts';
import { isOpen, tasksOf } from './select.ts';
import { tasksDigest } from './tasks.ts';

export interface SessionEnd {
  session: string;
  reason: EndedReason;
  /** Epoch ms. */
  at: number;
}

/**
 * The record with that session ended: when, why, how long, its last task, and whether any task had changed. One that has ended
 * already, or that is not there, changes nothing.
 * @param tasks undefined where they cannot be read: what the session was at stays as it was noted
 */
export function withEnd(
  record: MissionFile,
  end: SessionEnd,
  tasks: readonly Task[] | undefined,
): MissionFile {
  const index = record.sessions.findIndex(({ session_id }) => session_id === end.session);
  const entry = record.sessions[index];
  if (entry === undefined || !isOpen(entry)) return record;
  return { ...record, sessions: record.sessions.with(index, ended(entry, end, record, tasks)) };
}

function ended(
  entry: SessionEntry,
  { reason, at }: SessionEnd,
  record: MissionFile,
  known: readonly Task[] | undefined,
): SessionEntry {
  const tasks = known ?? [];
  const began = Date.parse(entry.started_at ?? '');
  const underWay = (task: Task): boolean => task.status === 'in-progress';
  // It may have come into the next milestone; who works on two at once is taken to have begun with its own.
  const last =
    (tasksOf(tasks, entry.milestone_id ?? '').find(underWay) ?? tasks.find(underWay))?.id ??
    entry.last_task_id;
  const byItself = reason === 'premature' || reason === 'handoff' || reason === 'completed';
  return {
    ...entry,
    ended_at: new Date(at).toISOString(),
    ended_reason: reason,
    ...(Number.isNaN(began) ? {} : { duration_seconds: Math.max(0, Math.round((at - began) / 1000)) }),
    ...(last === undefined ? {} : { last_task_id: last }),
    ...(byItself && known !== undefined
      ? { idle: isIdle(record, tasks), tasks_digest_after: progressDigest(tasks) }
      : {}),
  };
}

/**
 * The record with the session that a lock names, where it does not tell of it: another tool wrote the lock and was stopped before
 * the rest, or the record was set back since.
 */
export function withLocked(record: MissionFile, lock: MissionLock): MissionFile {
  if (record.sessions.some(({ session_id }) => session_id === lock.session_id)) return record;
  const entry: SessionEntry = {
    session_id: lock.session_id,
    runtime: lock.runtime,
    pid: lock.pid,
    started_at: lock.started_at,
    milestone_id: lock.milestone_id ?? '',
    ...(lock.agent === undefined ? {} : { agent: lock.agent }),
    ...(lock.workplace === undefined ? {} : { workplace: lock.workplace }),
  };
  return { ...record, sessions: [...record.sessions, entry] };
}

/** The tasks stand as they stood when this or any earlier session began: what goes in circles is no progress either. */
function isIdle({ sessions }: MissionFile, tasks: readonly Task[]): boolean {
  const digest = progressDigest(tasks);
  return sessions.some(({ tasks_digest }) => tasks_digest === digest);
}

/** The same while no task has come nearer to its end: that one was begun, or given back, is no progress. */
export const progressDigest = (tasks: readonly Task[]): string =>
  tasksDigest(
    tasks.map((task) => (task.status === 'in-progress' ? { ...task, status: 'not-started' } : task)),
  );
