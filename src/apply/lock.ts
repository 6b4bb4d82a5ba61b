import type { Host } from '../host/host.ts';
import type { SessionLock, TmuxServer } from '../model/observation.ts';
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

/** Tells the server of a run apart from a later process of its pid. */
export function serverTicks({ processes }: Host, server: TmuxServer): Pick<Run, 'serverStartTicks'> {
  const ticks = processes.startTime(server.pid);
  return ticks === undefined ? {} : { serverStartTicks: ticks };
}
