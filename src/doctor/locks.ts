/** Locks that nobody stands behind any more, or stands behind for too long. */
import { shellLine } from '../base/shell.ts';
import type { LockSeen } from '../model/observation.ts';
import type { MissionSeen } from '../model/mission.ts';
import {
  check,
  mosaicLine,
  notApplicable,
  ok,
  unknownFinding,
  type Check,
  type Finding,
  type Patient,
} from './check.ts';

interface SessionLockFacts {
  locks: [agent: string, path: string, lock: LockSeen][];
  file: string;
}

export const sessionLocks: Check<Patient> = check(
  'session-locks',
  async ({ observed, places, file }): Promise<SessionLockFacts> => ({
    locks: [...(await observed).locks].map(([agent, lock]) => [agent, places.lock(agent), lock]),
    file,
  }),
  ({ locks, file }) => {
    const found = locks.flatMap(([agent, path, lock]): Finding[] => {
      if (lock.kind === 'live') return [];
      if (lock.kind === 'corrupt')
        return [
          {
            health: 'warning',
            message: `the lock ${path} cannot be read: ${lock.why}`,
            command: shellLine(['rm', path]),
          },
        ];
      return [
        {
          health: 'warning',
          message: `the lock of ${agent} names a process that is gone (pid ${lock.lock.pid})`,
          command: mosaicLine(file, 'apply'),
        },
      ];
    });
    return found.length > 0 ? found : ok('every session lock is of a process that lives');
  },
);

interface MissionLockFacts {
  missions: [id: string, seen: MissionSeen][];
}

export const missionLocks: Check<Patient> = check(
  'mission-locks',
  async ({ observed }): Promise<MissionLockFacts> => ({ missions: [...(await observed).missions] }),
  ({ missions }) => {
    if (missions.length === 0) return notApplicable('the fleet has no mission here');
    const found = missions.flatMap(([id, { lock, places }]): Finding[] => {
      const clean = shellLine(['mosaic', 'coord', 'resume', '--clean-lock', '--project', places.project]);
      if (lock.kind === 'dead')
        return [
          {
            health: 'warning',
            message: `the lock of the mission ${id} is of a session that is over (pid ${lock.lock.pid})`,
            command: clean,
          },
        ];
      if (lock.kind === 'corrupt')
        return [
          {
            health: 'broken',
            message: `the lock of the mission ${id} cannot be read: ${lock.why}`,
            command: shellLine(['mv', places.lock, `${places.lock}.unreadable`]),
          },
        ];
      return [];
    });
    return found.length > 0 ? found : ok('no mission has a lock left over');
  },
);

/** An apply that has worked for so long waits for something that does not come: gates run without the lock. */
const LONG_MS = 15 * 60_000;

interface ApplyLockFacts {
  path: string;
  /** Who took it last, and how long ago; absent: nobody, or who has ended since. */
  taken?: { pid: number; forMs: number };
  held: boolean;
  trouble?: string;
}

async function applyLockFacts({ host, places }: Patient): Promise<ApplyLockFacts> {
  const path = places.applyLock;
  const stat = host.files.stat(path);
  const pid = Number(stat === undefined ? '' : host.files.read(path)?.trim());
  // Whoever takes it writes its pid, and leaves it there.
  if (stat === undefined || !(pid > 0) || host.processes.startTime(pid) === undefined)
    return { path, held: false };
  const taken = { pid, forMs: host.clock.now() - stat.modifiedAt };
  if (taken.forMs < LONG_MS) return { path, taken, held: true };
  // Shared, so that it can only be in the way of an apply that begins in this very moment.
  const { code, message } = await host.exec('flock', [
    '--shared',
    '--nonblock',
    '--conflict-exit-code',
    '75',
    path,
    'true',
  ]);
  return { path, taken, held: code === 75, ...(message === undefined ? {} : { trouble: message }) };
}

export const applyLock: Check<Patient> = check(
  'apply-lock',
  applyLockFacts,
  ({ path, taken, held, trouble }) => {
    if (trouble !== undefined) return unknownFinding(trouble);
    if (!held || taken === undefined || taken.forMs < LONG_MS) return ok('no apply hangs');
    return [
      {
        health: 'warning',
        message: `an apply (pid ${taken.pid}) has held ${path} for ${Math.floor(taken.forMs / 60_000)} minutes: nothing else is applied`,
        advice: 'Killed, it loses nothing: the next apply goes on where it was.',
        command: `kill -KILL ${taken.pid}`,
      },
    ];
  },
);
