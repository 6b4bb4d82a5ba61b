/** Whether a program that is begun by hand takes the lock of the mission around, and what is said where it does not. */
import { lockByHand, unlockByHand } from '../../coord/by-hand.ts';
import { MissionError } from '../../coord/error.ts';
import { HostError, type Host } from '../../host/host.ts';
import type { LockState, MissionSeen } from '../../model/mission.ts';

export interface HandLock {
  /** Writes down that the program is at work, under that pid. Gives what the person is to know. */
  take(pid: number): Promise<string | undefined>;
  /** Takes that back. */
  free(): Promise<string | undefined>;
}

/**
 * Only a mission has a lock, and only one that may go on: nobody else asks who is at work. A program that is started from within a
 * session is part of it.
 */
export function handLock(host: Host, { places, record }: MissionSeen, runtime: string): HandLock {
  const { project } = places;
  const status = record.known ? record.value?.status : undefined;
  const isOver = status === undefined || status === 'completed' || status === 'failed';
  let taken: number | undefined;
  return {
    async take(pid) {
      if (isOver || (host.facts.env['MOSAIC_AGENT'] ?? '') !== '') return undefined;
      return quietly('others cannot see that this program is at work', async () => {
        const inTheWay = await lockByHand(host, project, { runtime, pid, workplace: host.facts.cwd });
        if (inTheWay === undefined) taken = pid;
        return inTheWay === undefined ? undefined : words(host, places.lock, inTheWay);
      });
    },
    async free() {
      const pid = taken;
      if (pid === undefined) return undefined;
      return quietly(`the lock ${places.lock} stays, without a meaning`, async () => {
        await unlockByHand(host, project, pid);
        return undefined;
      });
    },
  };
}

async function quietly(
  trouble: string,
  task: () => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof MissionError || error instanceof HostError)) throw error;
    return `${trouble}: ${error.message}`;
  }
}

function words(
  host: Host,
  path: string,
  state: Exclude<LockState, { kind: 'none' | 'dead' }>,
): string | undefined {
  switch (state.kind) {
    case 'live': {
      const { session_id: id, pid } = state.lock;
      if (isWithin(host, pid)) return undefined;
      return `${id} (pid ${pid}) is at work on this mission and keeps its lock; this program goes beside it, without one`;
    }
    case 'starting':
      return `${state.lock.session_id} is being started on this mission and keeps its lock; this program goes beside it, without one`;
    case 'elsewhere':
      return `${state.lock.session_id} works on this mission on the host ${state.host}; this program goes beside it, without a lock`;
    case 'corrupt':
      return `the lock ${path} cannot be used: ${state.why}; this program goes without one`;
  }
}

/** Whether we have come from a process. */
function isWithin({ facts, processes }: Host, pid: number): boolean {
  const parents = new Map(processes.list().map((seen) => [seen.pid, seen.parent]));
  for (let at: number | undefined = facts.pid; at !== undefined && at > 1; at = parents.get(at))
    if (at === pid) return true;
  return false;
}
