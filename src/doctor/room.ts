/** The state folder: whether it can be written, and how much still goes into it. */
import { dirname, join } from 'node:path';
import { shellLine, shellWord } from '../base/shell.ts';
import { absoluteOr } from '../model/places.ts';
import { HostError, type Host, type Room } from '../host/host.ts';
import {
  asRoot,
  check,
  ok,
  unknownFinding,
  type Check,
  type Finding,
  type Machine,
  type Patient,
} from './check.ts';

/** Where the fleet's state goes, or that of any; where it is not there yet, the folder that it would be made in. */
function stateFolder(on: Machine | Patient): string {
  const { env, home } = on.host.facts;
  const base = join(absoluteOr(env['XDG_STATE_HOME'], join(home, '.local/state')), 'mosaic');
  let folder = 'places' in on ? on.places.state : base;
  while (on.host.files.target(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

interface WriteFacts {
  folder: string;
  uid: number;
  user: string;
  owner: number | undefined;
  isFolder: boolean;
  /** Where its file system is mounted. */
  mount: string | undefined;
  failed: HostError | undefined;
}

function tryWriting(on: Machine): WriteFacts {
  const { files, facts } = on.host;
  const folder = stateFolder(on);
  const stat = files.target(folder);
  const probe = join(folder, `.mosaic-doctor-${facts.pid}`);
  let failed: HostError | undefined;
  try {
    files.write(probe, 'Written by mosaic doctor, to see whether it can be.\n', { durable: true });
    files.remove(probe);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    failed = error;
  }
  return {
    folder,
    uid: facts.uid,
    user: facts.user,
    owner: stat?.uid,
    isFolder: stat?.kind === 'folder',
    mount: mountOf(on.host, folder),
    failed,
  };
}

/** The longest mount point above a path (proc(5), mountinfo: field 5, blanks as `\040`). */
function mountOf({ files }: Host, path: string): string | undefined {
  try {
    const real = files.realpath(path) ?? path;
    const points = (files.read('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
      const point = line
        .split(' ')[4]
        ?.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
      return point !== undefined && (point === '/' || `${real}/`.startsWith(`${point}/`)) ? [point] : [];
    });
    return points.toSorted((a, b) => b.length - a.length)[0];
  } catch {
    return undefined;
  }
}

function judgeWriting(facts: WriteFacts): readonly Finding[] {
  const { folder, failed, uid, mount } = facts;
  if (failed === undefined) return ok(`${folder} can be written`);
  const broken = (fix: Partial<Finding>): Finding[] => [
    { health: 'broken', message: `${folder} cannot be written: ${failed.message}`, ...fix },
  ];
  if (!facts.isFolder) return broken({ advice: `Move ${folder} away: a folder belongs there.` });
  if (failed.code === 'EROFS' && mount !== undefined)
    return broken({ command: asRoot(uid, shellLine(['mount', '-o', 'remount,rw', mount])) });
  if (failed.code === 'ENOSPC' || failed.code === 'EDQUOT')
    return broken({ advice: `Make room on ${mount ?? folder}: df -h and df -i show how full it is.` });
  if (facts.owner !== uid)
    return broken({ command: asRoot(uid, shellLine(['chown', '-R', facts.user, folder])) });
  return broken({ command: shellLine(['chmod', 'u+rwx', folder]) });
}

export const writable: Check = check('state-folder', tryWriting, judgeWriting);

/** What the state, a log turned over and a crash record of every agent fit into. */
const LITTLE_BYTES = 64 * 1024 * 1024;
const LITTLE_INODES = 1_000;
/** Less, and not even the state can be written. */
const NONE_BYTES = 1024 * 1024;
const NONE_INODES = 10;

interface RoomFacts {
  folder: string;
  mount: string | undefined;
  room: Room;
}

export const room: Check = check(
  'state-room',
  (on: Machine): RoomFacts => {
    const folder = stateFolder(on);
    return { folder, mount: mountOf(on.host, folder), room: on.host.files.room(folder) };
  },
  ({ folder, mount, room: { freeBytes, freeInodes } }) => {
    const on = mount ?? folder;
    const found: Finding[] = [];
    if (freeBytes < LITTLE_BYTES) {
      found.push({
        health: freeBytes < NONE_BYTES ? 'broken' : 'warning',
        message: `${Math.floor(freeBytes / 1024)} KiB are left on ${on}, where the state is`,
        advice: `Make room on ${on}: du -xh ${shellWord(on)} | sort -h | tail shows what takes it.`,
      });
    }
    if (freeInodes !== undefined && freeInodes < LITTLE_INODES) {
      found.push({
        health: freeInodes < NONE_INODES ? 'broken' : 'warning',
        message: `${freeInodes} files more fit on ${on}, where the state is`,
        advice: `Remove files there: du -x --inodes ${shellWord(on)} | sort -h | tail shows where they are.`,
      });
    }
    if (found.length > 0) return found;
    return Number.isFinite(freeBytes) ? ok(`there is room on ${on}`) : unknownFinding('no size is told');
  },
);
