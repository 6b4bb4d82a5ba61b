/** The program of a session that was begun runs. */
import type { Host } from '../host/host.ts';
import { isOpen } from '../mission/select.ts';
import type { MissionFile, MissionLock, SessionEntry } from '../model/mission.ts';
import { MissionError } from './error.ts';
import { withMission, type MissionFiles } from './store.ts';

export interface SessionProcess {
  sessionId: string;
  /** 0: it has ended already. */
  pid: number;
  /** Key of the run of the agent's tmux session. */
  run?: string;
}

/**
 * Writes down which process a session's program is, in its lock and in its record. Throws HostError, and MissionError: `conflict`
 * when the session has ended or another one holds the lock.
 */
export async function joinSession(host: Host, project: string, process: SessionProcess): Promise<void> {
  await withMission(host, project, (files) => {
    const { record } = files;
    const index = record.sessions.findIndex(({ session_id }) => session_id === process.sessionId);
    const entry = record.sessions[index];
    if (entry === undefined)
      throw new MissionError(
        'absent',
        `the mission ${record.mission_id} has no session ${process.sessionId}`,
      );
    if (!isOpen(entry))
      throw new MissionError(
        'conflict',
        `the session ${process.sessionId} has ended (${entry.ended_reason})`,
      );
    const joined: SessionEntry = {
      ...entry,
      ...identity(host, process.pid),
      ...(process.run === undefined ? {} : { run: process.run }),
    };
    return {
      record: (): MissionFile => ({ ...record, sessions: record.sessions.with(index, joined) }),
      lock: joinedLock(host, files, joined, process.pid),
      result: undefined,
    };
  });
}

/** What tells a process from a later one of its pid. */
const identity = ({ facts, processes }: Host, pid: number): Partial<SessionEntry> => ({
  pid,
  pid_start_time: processes.startTime(pid) ?? null,
  boot_id: facts.bootId,
  host: facts.hostname,
});

/** Its lock with the process in it; one that somebody has removed meanwhile is made anew. */
function joinedLock(
  host: Host,
  { lock, places }: MissionFiles,
  entry: SessionEntry,
  pid: number,
): MissionLock | 'clear' {
  if (lock.kind === 'corrupt')
    throw new MissionError('conflict', `the lock ${places.lock} cannot be read: ${lock.why}`, {
      fix: 'Look at it, and clear it: mosaic coord resume --clean-lock',
    });
  if (lock.kind !== 'none' && lock.lock.session_id !== entry.session_id)
    throw new MissionError('conflict', `the lock is held by the session ${lock.lock.session_id}`);
  const before = lock.kind === 'none' ? newLock(host, places.project, entry) : lock.lock;
  // A program that has ended already leaves nothing to lock for.
  if (pid === 0) return 'clear';
  const { launcher_pid: _pid, launcher_start_time: _time, ...kept } = before;
  const ticks = host.processes.startTime(pid);
  return { ...kept, pid, pid_start_time: ticks ?? null, boot_id: host.facts.bootId };
}

/** The lock of a session, without any process yet. */
export const newLock = ({ facts }: Host, project: string, entry: SessionEntry): MissionLock => ({
  session_id: entry.session_id,
  runtime: entry.runtime ?? '',
  pid: 0,
  started_at: entry.started_at ?? '',
  project_path: project,
  milestone_id: entry.milestone_id ?? '',
  boot_id: facts.bootId,
  host: facts.hostname,
  agent: entry.agent ?? '',
  ...(entry.workplace === undefined ? {} : { workplace: entry.workplace }),
});
