/** A session of a mission ends. */
import type { Host } from '../host/host.ts';
import { isOpen } from '../mission/select.ts';
import { withEnd, withLocked } from '../mission/sessions.ts';
import type { EndedReason, LockState, MissionFile, MissionLock, SessionEntry } from '../model/mission.ts';
import { MissionError } from './error.ts';
import { withMission, type MissionEdits, type MissionFiles } from './store.ts';

export interface SessionEnding {
  /** Absent: the one that the lock names, else the last one that is open. */
  sessionId?: string;
  reason: EndedReason;
  /** Epoch ms. */
  at: number;
  /** A lock that cannot be read is removed too: nobody can tell whose it was. */
  clearCorrupt?: boolean;
  /** Appended to the scratchpad. */
  scratchpad?: string;
}

/** The session as it ended, now or before; undefined when there was none to end. */
export type SessionEnded = SessionEntry | undefined;

/**
 * Writes down when, why and after how long a session ended, and clears the lock if it is that session's. A session that has
 * ended already keeps its end. Throws MissionError and HostError; a lock of another machine is a `conflict`.
 */
export async function endSession(host: Host, project: string, ending: SessionEnding): Promise<SessionEnded> {
  const ended = await withMission(host, project, (files): MissionEdits<() => SessionEnded> => {
    const { record, lock, tasks } = files;
    const id = ending.sessionId ?? lockOf(lock)?.session_id ?? record.sessions.findLast(isOpen)?.session_id;
    if (id !== undefined && lock.kind === 'elsewhere' && lock.lock.session_id === id)
      throw elsewhere(files, lock.host);
    refuseLive(host, files, id, ending);
    const clear = clears(host, files, id, ending);
    const noted = id === undefined ? record : withEntry(record, id, lockOf(lock));
    let after = noted;
    return {
      record: (now) => {
        if (id === undefined) return noted;
        const end = { session: id, reason: ending.reason, at: ending.at };
        after = withEnd(noted, end, tasks.known ? now : undefined);
        return after;
      },
      ...(ending.scratchpad === undefined ? {} : { scratchpad: ending.scratchpad }),
      ...(clear ? { lock: 'clear' as const } : {}),
      result: () => after.sessions.find(({ session_id }) => session_id === id),
    };
  });
  return ended();
}

const lockOf = (state: LockState): MissionLock | undefined => ('lock' in state ? state.lock : undefined);

function clears(
  host: Host,
  { lock, places }: MissionFiles,
  id: string | undefined,
  ending: SessionEnding,
): boolean {
  if (lock.kind !== 'corrupt') return id !== undefined && lockOf(lock)?.session_id === id;
  if (ending.clearCorrupt !== true) return false;
  if (host.files.stat(places.lock)?.kind !== 'folder') return true;
  if (host.files.removeEmptyFolder(places.lock)) return false;
  throw new MissionError('conflict', `${places.lock} is a folder, and not empty`, { fix: 'Move it away.' });
}

function withEntry(record: MissionFile, id: string, lock: MissionLock | undefined): MissionFile {
  if (record.sessions.some(({ session_id }) => session_id === id)) return record;
  if (lock?.session_id === id) return withLocked(record, lock);
  throw new MissionError('absent', `the mission ${record.mission_id} had no session ${id}`);
}

/** Who found it dead looked a while ago: it may have been begun again under the same id since. */
function refuseLive(
  host: Host,
  { lock }: MissionFiles,
  id: string | undefined,
  { reason }: SessionEnding,
): void {
  if (lock.kind !== 'live' && lock.kind !== 'starting') return;
  if (lock.lock.session_id !== id || reason === 'killed') return;
  const { facts, processes } = host;
  const own =
    lock.lock.launcher_pid === facts.pid && lock.lock.launcher_start_time === processes.startTime(facts.pid);
  if (lock.kind === 'starting' && own) return;
  const how = lock.kind === 'live' ? `at work again (pid ${lock.lock.pid})` : 'being started again';
  throw new MissionError('conflict', `the session ${id} is ${how}`, {
    fix: 'Let it end, or stop its program first.',
  });
}

const elsewhere = ({ places }: MissionFiles, host: string): MissionError =>
  new MissionError(
    'conflict',
    `a session runs on the host ${host}, and whether it lives cannot be told from here`,
    {
      fix: `End it there; if that machine is gone for good, remove ${places.lock} by hand.`,
    },
  );
