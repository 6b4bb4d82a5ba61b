import type { SessionLock } from '../model/observation.ts';
import type { Run } from '../model/state.ts';
import { formatSessionLock } from '../record/session-lock.ts';
import type { ApplyContext } from './context.ts';

/** Writes the session lock of an agent: which process works for it now. Throws HostError. */
export function writeLock(
  { host, places }: Pick<ApplyContext, 'host' | 'places'>,
  run: Run,
  agent: { agent: string; runtime: string; workingDirectory: string },
): void {
  const pidStartTime = run.pidStartTime ?? host.processes.startTime(run.pid);
  const lock: SessionLock = {
    sessionId: run.key,
    runtime: agent.runtime,
    pid: run.pid,
    startedAt: run.startedAt,
    projectPath: agent.workingDirectory,
    ...(pidStartTime === undefined ? {} : { pidStartTime }),
    bootId: run.bootId,
    agent: agent.agent,
  };
  host.files.write(places.lock(agent.agent), formatSessionLock(lock));
}
