/** The lock of a program that a person has started where a mission is, beside the mission's own sessions. */
import type { Host } from '../host/host.ts';
import type { LockState, MissionLock } from '../model/mission.ts';
import { parseMissionLock } from '../record/mission-lock.ts';
import { withMission } from './store.ts';

/** In the place of a session's id, in the lock and in what is said about it. */
const BY_HAND = 'by-hand';

export interface HandProgram {
  runtime: string;
  pid: number;
  /** Where it works. */
  workplace: string;
}

/**
 * Takes the mission's lock for a program. A dead session's lock is kept within the new one. Gives what stands in the way, where
 * the lock is not to be had: then it stays as it is. Throws MissionError and HostError.
 */
export function lockByHand(
  host: Host,
  project: string,
  program: HandProgram,
): Promise<Exclude<LockState, { kind: 'none' | 'dead' }> | undefined> {
  return withMission(host, project, ({ lock }) => {
    if (lock.kind !== 'none' && lock.kind !== 'dead') return { result: lock };
    return { lock: newHandLock(host, project, program, lock), result: undefined };
  });
}

function newHandLock(
  { facts, processes, clock }: Host,
  project: string,
  { pid, runtime, workplace }: HandProgram,
  before: LockState,
): MissionLock {
  return {
    session_id: BY_HAND,
    runtime,
    pid,
    started_at: new Date(clock.now()).toISOString(),
    project_path: project,
    milestone_id: '',
    pid_start_time: processes.startTime(pid) ?? null,
    boot_id: facts.bootId,
    host: facts.hostname,
    agent: '',
    ...(workplace === project ? {} : { workplace }),
    by_hand: true,
    ...(before.kind === 'dead' ? { over: before.lock } : {}),
  };
}

/** Gives the lock back that a program had, where it is still its own. Throws MissionError and HostError. */
export function unlockByHand(host: Host, project: string, pid: number): Promise<void> {
  return withMission(host, project, ({ places }) => {
    const lock = lockIn(host, places.lock);
    if (lock?.by_hand !== true || lock.pid !== pid) return { result: undefined };
    return { lock: lock.over ?? 'clear', result: undefined };
  });
}

function lockIn({ files }: Host, path: string): MissionLock | undefined {
  try {
    const text = files.readExact(path);
    return text === undefined ? undefined : parseMissionLock(text);
  } catch {
    // One that cannot be read is not the one that we wrote.
    return undefined;
  }
}
