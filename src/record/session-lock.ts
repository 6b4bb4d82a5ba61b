/** The session lock's on-disk form (schemas/session-lock.schema.json). */
import { sessionLock as valid } from '../generated/sessionLock.js';
import type { SessionLock } from '../model/observation.ts';
import { parseChecked } from './json.ts';

/** Throws an Error in words when the text is not a session lock. Unknown keys are allowed: older tools wrote some. */
export function parseSessionLock(text: string): SessionLock {
  const lock = parseChecked(text, valid) as Record<string, string | number | null | undefined>;
  const optional = <T>(key: string, name: string): Record<string, T> =>
    lock[key] === undefined || lock[key] === null ? {} : { [name]: lock[key] as T };
  return {
    sessionId: lock['session_id'] as string,
    runtime: lock['runtime'] as string,
    pid: lock['pid'] as number,
    startedAt: Date.parse(lock['started_at'] as string),
    projectPath: lock['project_path'] as string,
    ...optional<string>('milestone_id', 'milestoneId'),
    ...optional<number>('pid_start_time', 'pidStartTime'),
    ...optional<string>('boot_id', 'bootId'),
    ...optional<string>('agent', 'agent'),
  };
}

export function formatSessionLock(lock: SessionLock): string {
  return `${JSON.stringify(
    {
      session_id: lock.sessionId,
      runtime: lock.runtime,
      pid: lock.pid,
      pid_start_time: lock.pidStartTime,
      boot_id: lock.bootId,
      started_at: new Date(lock.startedAt).toISOString(),
      project_path: lock.projectPath,
      milestone_id: lock.milestoneId,
      agent: lock.agent,
    },
    undefined,
    2,
  )}\n`;
}
