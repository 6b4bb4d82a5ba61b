/** Reading, changing and writing a mission's files as one step that no other mosaic comes in between of. */
import { HostError, type Host } from '../host/host.ts';
import type { LockState, MissionFile, MissionLock, MissionPlaces, Task } from '../model/mission.ts';
import type { Source } from '../model/source.ts';
import { seeGates, seeRecord, seeSession, seeTasks, tasksOfText } from '../observe/mission.ts';
import { formatMissionLock } from '../record/mission-lock.ts';
import { formatMission } from '../record/mission.ts';
import { MissionError } from './error.ts';
import { addEntry, edit, put, refreshManifest } from './write.ts';

/** A mission as its files tell it, read while nobody else changes it. */
export interface MissionFiles {
  places: MissionPlaces;
  record: MissionFile;
  lock: LockState;
  /** As `MissionSeen.tasks`. */
  tasks: Source<Task[] | undefined>;
  /** As `MissionSeen.gatesRunning`. */
  gatesRunning: boolean;
}

/** What is to be written; what is left out stays as it is. */
export interface MissionEdits<T> {
  prompt?: string;
  capsule?: string;
  /** Done anew where TASKS.md was changed meanwhile. Errors that it throws are told as what is wrong with the file. */
  tasks?: (text: string) => string;
  /** Appended, unless it is there. */
  scratchpad?: string;
  /** Made when TASKS.md is written, of the tasks as they are then. */
  record?: (tasks: readonly Task[]) => MissionFile;
  lock?: MissionLock | 'clear';
  result: T;
}

const WAIT_MS = 60_000;

/**
 * Reads the mission's files anew, and writes what `change` makes of them. Every file is replaced in one step, and in an order in
 * which a kill at any point leaves a state that the same call completes: first what a session starts from, then the tasks, what
 * happened, the record, and last the lock.
 *
 * Throws MissionError (a file that cannot be read or parsed is `invalid`, and nothing is written), HostError, and what `change`
 * throws.
 */
export async function withMission<T>(
  host: Host,
  project: string,
  change: (files: MissionFiles) => MissionEdits<T>,
): Promise<T> {
  return guarded(host, recordOf(host, project).places, () => {
    const files = readMission(host, project);
    return write(host, files, change(files));
  });
}

/** Runs a task while we alone change the mission's files; the folder must be there. Throws MissionError `busy` after a minute. */
export async function guarded<T>(host: Host, { guard }: MissionPlaces, task: () => T): Promise<T> {
  const held = await host.files.lock(guard, { waitMs: WAIT_MS });
  if (held === undefined) {
    const pid = /^\d+/.exec(host.files.read(guard) ?? '')?.[0];
    throw new MissionError(
      'busy',
      `another mosaic${pid === undefined ? '' : ` (pid ${pid})`} has been changing this mission for a minute: it holds ${guard}`,
      { fix: 'Wait for it to end, then try again.' },
    );
  }
  try {
    return task();
  } finally {
    held.release();
  }
}

function recordOf({ files }: Host, project: string): { record: MissionFile; places: MissionPlaces } {
  const { record, places } = seeRecord({ files }, project);
  if (!record.known) throw new MissionError('invalid', record.why, { fix: record.fix });
  if (record.value !== undefined) return { record: record.value, places };
  throw new MissionError('absent', `there is no mission in ${project}`, {
    fix: 'Make one: mosaic coord init --name NAME --milestones "FIRST, SECOND"',
  });
}

function readMission(host: Host, project: string): MissionFiles {
  const { record, places } = recordOf(host, project);
  return {
    places,
    record,
    lock: seeSession(host, places, record),
    tasks: seeTasks(host, places.tasks, record),
    gatesRunning: seeGates(host, record),
  };
}

function write<T>(host: Host, { places, record, tasks }: MissionFiles, edits: MissionEdits<T>): T {
  const { files } = host;
  if (edits.prompt !== undefined) put(files, places.prompt, edits.prompt);
  if (edits.capsule !== undefined) put(files, places.capsule, edits.capsule);
  const now = edits.tasks === undefined ? tasks : editTasks(host, places, edits.tasks);
  if (edits.scratchpad !== undefined) addEntry(files, places, record, edits.scratchpad);
  const after = edits.record?.((now.known ? now.value : undefined) ?? []) ?? record;
  if (JSON.stringify(after) !== JSON.stringify(record)) put(files, places.mission, formatMission(after));
  if (edits.lock === 'clear') files.remove(places.lock);
  else if (edits.lock !== undefined) put(files, places.lock, formatMissionLock(edits.lock));
  refreshManifest(files, places, after);
  return edits.result;
}

function editTasks(
  { files }: Host,
  { tasks: path }: MissionPlaces,
  change: (text: string) => string,
): Source<Task[]> {
  let text: string | undefined;
  try {
    text = edit(files, path, (before) => changed(path, before, change));
  } catch (error) {
    if (error instanceof HostError && error.code === 'EILSEQ')
      throw new MissionError('invalid', error.message, { fix: 'Save it as UTF-8.', cause: error });
    throw error;
  }
  if (text !== undefined) return tasksOfText(path, text);
  throw new MissionError('absent', `${path} is not there`, {
    fix: 'Bring it back from git, or have the missing files made: mosaic apply, or mosaic coord init in a new project.',
  });
}

function changed(path: string, text: string, change: (text: string) => string): string {
  try {
    return change(text);
  } catch (error) {
    if (error instanceof MissionError || error instanceof HostError) throw error;
    throw new MissionError('invalid', `${path}: ${(error as Error).message}`, { cause: error });
  }
}
