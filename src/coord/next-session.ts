/** Which session a mission may begin, if any. */
import { shellLine } from '../base/shell.ts';
import { isOpen } from '../mission/select.ts';
import type { MissionLock, SessionEntry } from '../model/mission.ts';
import { MissionError } from './error.ts';
import type { MissionFiles } from './store.ts';

export interface NextSession {
  sessionId: string;
  /** Those before it. */
  earlier: SessionEntry[];
}

const resume = ({ project }: MissionFiles['places']): string =>
  `mosaic coord resume --clean-lock ${shellLine(['--project', project])}`;

/**
 * The last session again when it was begun and never got its program, else a new one. Throws MissionError `conflict` when a session
 * is at work, or when one is over and nobody has written down its end: that may need looking after first.
 */
export function nextSession({ record, lock, places }: MissionFiles): NextSession {
  switch (lock.kind) {
    case 'live':
      throw atWork(lock.lock, `the session ${lock.lock.session_id} is at work (pid ${lock.lock.pid})`);
    case 'starting':
      throw atWork(lock.lock, `the session ${lock.lock.session_id} is being started`);
    case 'elsewhere':
      throw new MissionError(
        'conflict',
        `the session ${lock.lock.session_id} runs on the host ${lock.host}`,
        {
          fix: `End it there; if that machine is gone for good, remove ${places.lock} by hand.`,
        },
      );
    case 'corrupt':
      throw new MissionError('conflict', `the lock ${places.lock} cannot be used: ${lock.why}`, {
        fix: `Make sure that no session runs, and clear it: ${resume(places)}`,
      });
    case 'none':
    case 'dead':
  }
  const held = lock.kind === 'dead' && lock.why !== 'never-started' ? lock.lock.session_id : undefined;
  const last = record.sessions.at(-1);
  if (held !== undefined && !record.sessions.some(({ session_id }) => session_id === held))
    throw notEnded(held, places);
  if (last === undefined || !isOpen(last))
    return { sessionId: nextId(record.sessions, lock), earlier: record.sessions };
  if (!neverStarted(last) || held === last.session_id) throw notEnded(last.session_id, places);
  return { sessionId: last.session_id, earlier: record.sessions.slice(0, -1) };
}

const neverStarted = ({ pid, run }: SessionEntry): boolean => (pid ?? 0) === 0 && run === undefined;

const atWork = ({ session_id: id }: MissionLock, message: string): MissionError =>
  new MissionError('conflict', message, {
    fix: `Let it end, or stop its program first; only then is ${id} over.`,
  });

const notEnded = (id: string, places: MissionFiles['places']): MissionError =>
  new MissionError('conflict', `the session ${id} is over, and its end was never written down`, {
    fix: `Look at what it left, and mark it as ended: ${resume(places)}`,
  });

/** One more than the highest number that any session ever had: entries may have been removed by hand. */
function nextId(sessions: readonly SessionEntry[], lock: MissionFiles['lock']): string {
  const ids = [
    ...sessions.map(({ session_id }) => session_id),
    ...('lock' in lock ? [lock.lock.session_id] : []),
  ];
  const numbers = ids.map((id) => Number(/^sess-(\d{1,9})$/.exec(id)?.[1] ?? 0));
  return `sess-${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}`;
}
