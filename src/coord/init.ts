/** A mission's files are made. */
import { join } from 'node:path';
import { listed, quoted } from '../base/text.ts';
import { HostError, type Host } from '../host/host.ts';
import { newManifest } from '../mission/manifest.ts';
import { newTasks } from '../mission/tasks.ts';
import { newRecord } from '../mission/turn.ts';
import { missionPlaces, type MissionFile, type MissionPlaces, type MissionPolicy } from '../model/mission.ts';
import { seeRecord } from '../observe/mission.ts';
import { formatMission, parseMission } from '../record/mission.ts';
import { MissionError } from './error.ts';
import { guarded } from './store.ts';
import { put, refreshManifest, scratchpadOf } from './write.ts';

export interface MissionStart {
  id: string;
  name: string;
  description?: string;
  qualityGates?: string;
  taskPrefix?: string;
  /** The first entry of the scratchpad, word for word. */
  prompt?: string;
  milestones: readonly { id: string; name: string }[];
  policy?: MissionPolicy;
  /** `active` unless told. */
  status?: MissionFile['status'];
}

export interface MissionMade {
  record: MissionFile;
  places: MissionPlaces;
  /** Paths of the files that were made now. */
  made: string[];
}

/** What each session leaves beside the record belongs to this machine. */
const IGNORED = [
  'session.lock',
  'next-task.json',
  'prompt.md',
  'gates.log',
  '.guard',
  'mission.json.new',
  '.mosaic-*.tmp',
];

/**
 * Makes a mission's files from their templates, mission.json last: it is there only when all others are. What was begun and
 * not finished is completed by the same call.
 *
 * Throws HostError, and MissionError: `conflict` when another mission is there or any file is in the way (all are named, and nothing
 * is touched), `absent` when the project's folder is not there, `invalid` when the wish makes no mission.
 * @param options.only 'missing': files that are there stay as they are, the record of this very mission too
 */
export async function initMission(
  host: Host,
  project: string,
  wish: MissionStart,
  options: { only?: 'missing' } = {},
): Promise<MissionMade> {
  if (host.files.target(project)?.kind !== 'folder')
    throw new MissionError('absent', `the project ${project} is not there`);
  // Before anything is made: a refusal leaves not even a folder behind.
  start(host, project, wish, options);
  const { orchestrator } = missionPlaces(project);
  host.files.mkdir(orchestrator, 0o777);
  return guarded(host, missionPlaces(project), () => {
    const { record, exists, places, wanted } = start(host, project, wish, options);
    const intent = intentOf(places);
    if (!exists) put(host.files, intent, formatMission(record));
    const made = wanted.filter(({ path }) => host.files.stat(path) === undefined).map(({ path }) => path);
    for (const { path, text } of wanted) if (made.includes(path)) put(host.files, path, text);
    if (exists) refreshManifest(host.files, places, record);
    host.files.remove(intent);
    return { record, places, made };
  });
}

/** The record as it will be, from the first file that is made to the last: what an interrupted call has made is known by it. */
const intentOf = ({ orchestrator }: MissionPlaces): string => join(orchestrator, 'mission.json.new');

interface Start {
  record: MissionFile;
  /** mission.json is there. */
  exists: boolean;
  places: MissionPlaces;
  /** In the order in which they are made. */
  wanted: { path: string; text: string }[];
}

function start(host: Host, project: string, wish: MissionStart, options: { only?: 'missing' }): Start {
  const seen = seeRecord(host, project);
  if (!seen.record.known) throw new MissionError('invalid', seen.record.why, { fix: seen.record.fix });
  const there = seen.record.value;
  const begun = begunBefore(host, project, wish.id);
  // Cut short between its last file and the end: there is nothing left to do.
  const onlyMissing =
    options.only === 'missing' || (there !== undefined && begun?.text === formatMission(there));
  if (there !== undefined && (!onlyMissing || there.mission_id !== wish.id))
    throw otherMission(there, wish, seen.places);
  const record = there ?? wishedRecord(host, project, wish, begun?.at);
  const places = missionPlaces(project, record);
  const wanted = [
    { path: join(places.orchestrator, '.gitignore'), text: IGNORED.map((name) => `/${name}\n`).join('') },
    { path: places.manifest, text: newManifest(record) },
    { path: places.tasks, text: newTasks(record) },
    ...(places.scratchpad === undefined
      ? []
      : [{ path: places.scratchpad, text: scratchpadOf(record, wish.prompt) }]),
    ...(there === undefined ? [{ path: places.mission, text: formatMission(record) }] : []),
  ];
  if (!onlyMissing) refuseObstacles(host, project, wanted.slice(1));
  return { record, exists: there !== undefined, places, wanted };
}

function wishedRecord(
  host: Host,
  project: string,
  wish: MissionStart,
  begunAt: string | undefined,
): MissionFile {
  const record: MissionFile = {
    ...newRecord({ ...wish, project }, host.clock.now()),
    ...(begunAt === undefined ? {} : { created_at: begunAt }),
    description: wish.description ?? '',
    status: wish.status ?? 'active',
    task_prefix: wish.taskPrefix ?? '',
    milestones: wish.milestones.map(({ id, name }) => ({
      id,
      name,
      status: 'pending',
      branch: '',
      issue_ref: '',
      started_at: '',
      completed_at: '',
    })),
    ...(wish.policy === undefined ? {} : { policy: wish.policy }),
  };
  checkWish(record);
  return record;
}

function checkWish(record: MissionFile): void {
  const ids = record.milestones.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new MissionError('invalid', `two milestones have the id ${quoted(twice)}`, {
      fix: 'Give each its own.',
    });
  try {
    parseMission(formatMission(record));
  } catch (error) {
    const why = (error as Error).message.replace(/^line \d+, column \d+: /, '');
    throw new MissionError('invalid', `this makes no mission: ${why}`, { cause: error });
  }
}

/** The record of the same mission, and since when, where its making was cut short. */
function begunBefore(
  { files }: Host,
  project: string,
  id: string,
): { text: string; at?: string } | undefined {
  try {
    const text = files.readExact(intentOf(missionPlaces(project)));
    if (text === undefined) return undefined;
    const { mission_id, created_at: at } = parseMission(text);
    if (mission_id !== id) return undefined;
    return typeof at === 'string' ? { text, at } : { text };
  } catch {
    return undefined;
  }
}

/** What stands there and is not, to the byte, what an interrupted call of ours made. */
function refuseObstacles({ files }: Host, project: string, wanted: Start['wanted']): void {
  const obstacles = wanted.filter(({ path, text }) => files.stat(path) !== undefined && !holds(path, text));
  if (obstacles.length === 0) return;
  const names = obstacles.map(({ path }) => path.slice(project.length + 1));
  throw new MissionError(
    'conflict',
    `${listed(names)} ${names.length === 1 ? 'is' : 'are'} in the way in ${project}`,
    {
      fix: 'Move them elsewhere, or make the mission in another project; nothing was touched.',
    },
  );

  function holds(path: string, text: string): boolean {
    try {
      return files.readExact(path) === text;
    } catch (error) {
      if (error instanceof HostError) return false;
      throw error;
    }
  }
}

function otherMission(there: MissionFile, wish: MissionStart, { mission }: MissionPlaces): MissionError {
  const same = there.mission_id === wish.id ? 'this mission' : `the mission ${quoted(there.mission_id)}`;
  const over = there.status === 'completed' || there.status === 'failed' || there.status === 'inactive';
  return new MissionError('conflict', `${same} is ${there.status} in this project: ${mission}`, {
    fix: over
      ? 'Move its files elsewhere first (.mosaic/orchestrator/mission.json, the manifest and docs/TASKS.md); nothing was touched.'
      : 'Go on with it (mosaic coord mission), or make the new one in another project; nothing was touched.',
  });
}
