/** What stands in a project's mission files, and who works on them. Reads only, and asks no other program. */
import { join } from 'node:path';
import { listed } from '../base/text.ts';
import type { Host } from '../host/host.ts';
import { judgeLock, standingLock, type LockMachine } from '../mission/lock-state.ts';
import { hasHandoff } from '../mission/scratchpad.ts';
import { isOpen, lastSession } from '../mission/select.ts';
import { parseTasks } from '../mission/tasks.ts';
import {
  missionPlaces,
  type GatesEntry,
  type LockState,
  type MissionFile,
  type MissionPlaces,
  type MissionSeen,
  type Task,
} from '../model/mission.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { PlacedError } from '../record/located-json.ts';
import { parseMissionLock } from '../record/mission-lock.ts';
import { parseMission } from '../record/mission.ts';
import { branchOf, gitDirAround } from './git-folders.ts';

/**
 * Everything about a project's mission. Never throws: what cannot be read is told in its place.
 * @param options.terminal false: when the session's terminal last changed is not looked at
 */
export function observeMission(
  host: Host,
  project: string,
  options: { terminal?: boolean } = {},
): MissionSeen {
  const { record, places } = seeRecord(host, project);
  const value = record.known ? record.value : undefined;
  const lock = seeSession(host, places, value, { idle: true });
  const gitDir = quietly(() => gitDirAround(host.files, project));
  const elsewhere = value === undefined ? undefined : lastSession(value)?.workplace;
  const workDir =
    typeof elsewhere === 'string' ? quietly(() => gitDirAround(host.files, elsewhere)) : undefined;
  const gitDirs = [gitDir, workDir].filter((folder) => folder !== undefined);
  const branch = gitDir === undefined ? undefined : quietly(() => branchOf(host.files, gitDir));
  const changedAt = lastChange(host, places, gitDirs, options.terminal === false ? { kind: 'none' } : lock);
  return {
    places,
    record,
    tasks: seeTasks(host, places.tasks, value),
    lock,
    missing: missingOf(host, places),
    handoff: value !== undefined && leftHandoff(host, places, value),
    ...(changedAt === undefined ? {} : { changedAt }),
    gatesRunning: value !== undefined && seeGates(host, value),
    ...(branch === undefined ? {} : { branch }),
  };
}

/** The record, and where the files are by it. */
export function seeRecord(
  { files }: Pick<Host, 'files'>,
  project: string,
): { record: MissionSeen['record']; places: MissionPlaces } {
  const places = missionPlaces(project);
  try {
    const text = files.readExact(places.mission);
    if (text === undefined) return { record: known(undefined), places };
    const record = parseMission(text);
    return { record: known(record), places: missionPlaces(project, record) };
  } catch (error) {
    return { record: unusable(places.mission, error), places };
  }
}

const unusable = (path: string, error: unknown): Source<never> =>
  unknown(
    `${placed(path, error)} cannot be used: ${wordsOf(path, error)}`,
    (error instanceof PlacedError ? error.fix : undefined) ??
      'Mend the file by hand, or bring it back from git: nothing is written to it until it can be read.',
  );

const placed = (path: string, error: unknown): string =>
  error instanceof PlacedError ? `${path}:${error.line}:${error.column}` : path;

/** Messages of the host name the path themselves, those of parsers the place. */
const wordsOf = (path: string, error: unknown): string =>
  (error as Error).message.replace(`cannot read ${path}: `, '').replace(/^line \d+, column \d+: /, '');

const SHOWN_PROBLEMS = 3;

/** The task list of a text, or every problem of its table. */
export function tasksOfText(path: string, text: string): Source<Task[]> {
  const { tasks, problems, found } = parseTasks(text);
  if (problems.length > 0) {
    const shown = problems
      .slice(0, SHOWN_PROBLEMS)
      .map(({ message, range }) => `${range === undefined ? '' : `line ${range.line}: `}${message}`);
    const more = problems.length - shown.length;
    return unknown(
      `${path} cannot be used: ${listed([...shown, ...(more > 0 ? [`${more} more problems`] : [])])}`,
      problems[0]?.fix ?? 'Mend the table by hand.',
    );
  }
  if (found) return known(tasks);
  return unknown(
    `${path} has no task table`,
    'Write one there, with the columns id, status, milestone and description.',
  );
}

/**
 * The task list of a file, as it is now. One that is gone although work was begun is not taken for one without tasks: a checkout or
 * a stash may have taken it away.
 */
export function seeTasks(
  { files }: Pick<Host, 'files'>,
  path: string,
  record: MissionFile | undefined,
): MissionSeen['tasks'] {
  try {
    const text = files.readExact(path);
    if (text !== undefined) return tasksOfText(path, text);
    return record !== undefined && wasBegun(record)
      ? unknown(
          `${path} is not there, and work was begun`,
          'Bring it back from git; or write a new table there, with the columns id, status, milestone and description.',
        )
      : known(undefined);
  } catch (error) {
    return unusable(path, error);
  }
}

const wasBegun = ({ sessions, milestones }: MissionFile): boolean =>
  sessions.length > 0 || milestones.some(({ status }) => status !== 'pending');

/**
 * The lock; where somebody has removed it, the process of the last session as the record has it, while that lives.
 * @param options.idle we ourselves are about to start nothing: a session that we began came to nothing
 */
export function seeSession(
  host: Host,
  places: MissionPlaces,
  record: MissionFile | undefined,
  options: { idle?: boolean } = {},
): LockState {
  const lock = seeLock(host, places.lock, options);
  const last = record === undefined ? undefined : lastSession(record);
  if (lock.kind !== 'none' || last === undefined || !isOpen(last) || (last.pid ?? 0) <= 0) return lock;
  // Only what was written down whole: the pid alone could be anybody's.
  if (typeof last.pid_start_time !== 'number' || typeof last.boot_id !== 'string') return lock;
  const { session_id, runtime, pid, started_at, milestone_id, agent, pid_start_time, boot_id } = last;
  const judged = judgeLock(
    {
      session_id,
      runtime: runtime ?? '',
      pid: pid ?? 0,
      started_at: started_at ?? '',
      project_path: places.project,
      milestone_id: milestone_id ?? '',
      agent: agent ?? '',
      pid_start_time,
      boot_id,
      host: last.host ?? host.facts.hostname,
    },
    machineOf(host),
  );
  return judged.kind === 'live' ? { ...judged, unlocked: true } : lock;
}

/** Any quality gates of it run now. */
export const seeGates = (host: Host, { milestones }: MissionFile): boolean =>
  milestones.some(({ gates }) => gates !== undefined && gatesRun(host, gates));

/** The lock, judged. What is there and no lock is `corrupt`, whatever it is. */
export function seeLock(host: Host, path: string, options: { idle?: boolean } = {}): LockState {
  try {
    const text = host.files.readExact(path);
    if (text !== undefined) return standingLock(parseMissionLock(text), machineOf(host, options.idle));
    return host.files.stat(path) === undefined
      ? { kind: 'none' }
      : { kind: 'corrupt', why: 'it is a link that leads nowhere' };
  } catch (error) {
    return { kind: 'corrupt', why: (error as Error).message.replace(`cannot read ${path}: `, '') };
  }
}

const machineOf = ({ facts, clock, processes }: Host, idle = false): LockMachine => ({
  bootId: facts.bootId,
  hostname: facts.hostname,
  bootedAt: facts.bootedAt,
  now: clock.now(),
  startTime: (pid) => processes.startTime(pid),
  startedAt: (pid) => processes.startedAt(pid),
  ...(idle ? { self: facts.pid } : {}),
});

function missingOf({ files }: Host, places: MissionPlaces): MissionSeen['missing'] {
  return (['manifest', 'tasks', 'scratchpad'] as const).filter((name) => {
    const path = places[name];
    // A link that leads nowhere is in the way, not missing.
    return path !== undefined && quietly(() => files.stat(path) === undefined) === true;
  });
}

function leftHandoff({ files }: Host, { scratchpad }: MissionPlaces, record: MissionFile): boolean {
  const last = lastSession(record);
  if (last === undefined || scratchpad === undefined) return false;
  const text = quietly(() => files.read(scratchpad));
  return text !== undefined && hasHandoff(text, last.session_id);
}

/** No end was written down, and who runs them lives. */
function gatesRun({ facts, processes }: Host, gates: GatesEntry): boolean {
  if ((gates.ended_at ?? '') !== '' || gates.boot_id !== facts.bootId || gates.pid <= 0) return false;
  const ticks = processes.startTime(gates.pid);
  return ticks !== undefined && (gates.pid_start_time === undefined || gates.pid_start_time === ticks);
}

function lastChange(
  { files, processes }: Host,
  places: MissionPlaces,
  gitDirs: readonly string[],
  lock: LockState,
): number | undefined {
  const git = gitDirs.flatMap((folder) => ['HEAD', 'index', 'logs/HEAD'].map((name) => join(folder, name)));
  const paths = [places.lock, places.tasks, ...(places.scratchpad === undefined ? [] : [places.scratchpad])];
  const moments = [...paths, ...git].map((path) => quietly(() => files.target(path)?.modifiedAt));
  if (lock.kind === 'live') moments.push(quietly(() => processes.terminalActivity(lock.lock.pid)));
  const there = moments.filter((moment) => moment !== undefined);
  return there.length === 0 ? undefined : Math.max(...there);
}

/** What only helps to judge may be out of reach. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
