/** Whether a mission's session is at work, as its lock and the last changes tell. */
import type { DeadWhy, LockState, MissionLock, MissionSeen } from '../model/mission.ts';
import { isOpen, lastSession } from './select.ts';

/**
 * - running: its process lives, or is about to; of another machine's it is believed
 * - stale: so too, but nothing has changed for long
 * - dead: its process is gone
 * - none: nobody works on it
 * - unknown: the lock cannot be read
 */
export type SessionState = 'running' | 'stale' | 'dead' | 'none' | 'unknown';

export interface Liveness {
  state: SessionState;
  lock?: MissionLock;
  dead?: DeadWhy;
  starting: boolean;
  /** Another machine's name, on which it runs. */
  host?: string;
  /** Why the lock cannot be read. */
  why?: string;
  /** Milliseconds since anything has changed, while it is at work. */
  stillMs?: number;
  /** The session without an end that nothing locks any more. */
  lost?: string;
}

export const STALE_AFTER_MS = 30 * 60_000;

export function livenessOf(seen: MissionSeen, now: number, staleAfterMs = STALE_AFTER_MS): Liveness {
  const { lock } = seen;
  switch (lock.kind) {
    case 'none': {
      const last =
        seen.record.known && seen.record.value !== undefined ? lastSession(seen.record.value) : undefined;
      const lost = last !== undefined && isOpen(last) ? { lost: last.session_id } : {};
      return { state: 'none', starting: false, ...lost };
    }
    case 'corrupt':
      return { state: 'unknown', starting: false, why: lock.why };
    case 'dead':
      return { state: 'dead', starting: false, lock: lock.lock, dead: lock.why };
    case 'live':
    case 'starting':
    case 'elsewhere':
      return atWork(lock, seen.changedAt, now, staleAfterMs);
  }
}

function atWork(
  lock: Extract<LockState, { kind: 'live' | 'starting' | 'elsewhere' }>,
  changedAt: number | undefined,
  now: number,
  staleAfterMs: number,
): Liveness {
  const since = changedAt ?? momentOf(lock.lock.started_at);
  const stillMs = since === undefined ? undefined : Math.max(0, now - since);
  return {
    state: stillMs !== undefined && stillMs >= staleAfterMs ? 'stale' : 'running',
    starting: lock.kind === 'starting',
    lock: lock.lock,
    ...(lock.kind === 'elsewhere' ? { host: lock.host } : {}),
    ...(stillMs === undefined ? {} : { stillMs }),
  };
}

/** Epoch ms of a moment as files have it; undefined for none. */
export function momentOf(text: string | null | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
