/** What a mission's lock says about the process that works on it. */
import type { LockState, MissionLock } from '../model/mission.ts';

/** The machine that the lock is judged on. */
export interface LockMachine {
  bootId: string;
  hostname: string;
  /** Epoch ms. */
  bootedAt: number | undefined;
  /** Epoch ms. */
  now: number;
  /** In clock ticks since boot; undefined when no such process runs. */
  startTime(pid: number): number | undefined;
  /** Epoch ms. */
  startedAt(pid: number): number | undefined;
  /** The process that judges: it is not about to start anything while it looks. */
  self?: number;
}

/** How far two clocks may be apart, and how long a program may take to start. */
const LEEWAY_MS = 60_000;

/**
 * What a lock that was read says: one of a program started by hand is as good as gone with its process, and what it lay over counts
 * again.
 */
export function standingLock(lock: MissionLock, machine: LockMachine): LockState {
  const state = judgeLock(lock, machine);
  if (state.kind !== 'dead' || lock.by_hand !== true) return state;
  return lock.over === undefined ? { kind: 'none' } : standingLock(lock.over, machine);
}

/**
 * Judges by the process's pid, its start time and the boot that it lived in. What an older tool's lock does not tell is judged
 * by when the lock was written.
 */
export function judgeLock(lock: MissionLock, machine: LockMachine): LockState {
  const startedAt = Date.parse(lock.started_at);
  const { boot_id: boot, host } = lock;
  if (boot !== machine.bootId) {
    if (isGiven(host) && host !== machine.hostname) return { kind: 'elsewhere', lock, host };
    const before = machine.bootedAt !== undefined && startedAt < machine.bootedAt - LEEWAY_MS;
    if (isGiven(boot) || before) return { kind: 'dead', lock, why: 'reboot' };
  } else if (isGiven(host) && host !== machine.hostname) {
    return judgeNeighbour(lock, host, startedAt, machine);
  }
  return lock.pid > 0 ? judgeProcess(lock, startedAt, machine) : judgeLauncher(lock, startedAt, machine);
}

/**
 * The machine has another name since, or it is a container beside this one on the same kernel, whose processes cannot be seen from
 * here: only what is found here, and is the very one, is told from here.
 */
function judgeNeighbour(lock: MissionLock, host: string, lockedAt: number, machine: LockMachine): LockState {
  const noted = lock.pid > 0 ? lock.pid_start_time : lock.launcher_start_time;
  const state = lock.pid > 0 ? judgeProcess(lock, lockedAt, machine) : judgeLauncher(lock, lockedAt, machine);
  const isHere = typeof noted === 'number' && (state.kind === 'live' || state.kind === 'starting');
  return isHere ? state : { kind: 'elsewhere', lock, host };
}

function judgeProcess(lock: MissionLock, lockedAt: number, machine: LockMachine): LockState {
  const ticks = machine.startTime(lock.pid);
  if (ticks === undefined) return { kind: 'dead', lock, why: 'gone' };
  const noted = lock.pid_start_time;
  const startedAt = noted === undefined || noted === null ? machine.startedAt(lock.pid) : undefined;
  const reused =
    noted === undefined || noted === null
      ? startedAt !== undefined && startedAt > lockedAt + LEEWAY_MS
      : noted !== ticks;
  return reused ? { kind: 'dead', lock, why: 'reused' } : { kind: 'live', lock };
}

function judgeLauncher(lock: MissionLock, lockedAt: number, machine: LockMachine): LockState {
  const { launcher_pid: pid, launcher_start_time: noted } = lock;
  if (pid === machine.self && typeof pid === 'number') return { kind: 'dead', lock, why: 'never-started' };
  const starting =
    typeof pid === 'number' && pid > 0
      ? lives(machine.startTime(pid), noted)
      : Math.abs(machine.now - lockedAt) <= LEEWAY_MS;
  return starting ? { kind: 'starting', lock } : { kind: 'dead', lock, why: 'never-started' };
}

const lives = (ticks: number | undefined, noted: number | null | undefined): boolean =>
  ticks !== undefined && (noted === undefined || noted === null || noted === ticks);

const isGiven = (text: string | null | undefined): text is string =>
  text !== undefined && text !== null && text !== '';
