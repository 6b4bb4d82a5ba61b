/** A session of a mission begins: everything its program starts from is written before it does. */
import type { Host } from '../host/host.ts';
import { sessionEntry } from '../mission/scratchpad.ts';
import { currentMilestone, nextTask } from '../mission/select.ts';
import { progressDigest } from '../mission/sessions.ts';
import { parseTasks, setTaskStatus } from '../mission/tasks.ts';
import type {
  MilestoneEntry,
  MissionFile,
  MissionLock,
  MissionPlaces,
  SessionEntry,
  Task,
} from '../model/mission.ts';
import { branchOf, gitDirAround } from '../observe/git-folders.ts';
import { MissionError } from './error.ts';
import { newLock } from './join.ts';
import { nextSession } from './next-session.ts';
import { withMission, type MissionEdits, type MissionFiles } from './store.ts';

export interface SessionWish {
  runtime: string;
  agent?: string;
  /** Absent: the mission's next one. */
  taskId?: string;
  /** Where it works; the project unless told. */
  workplace?: string;
  /** What it is told. Called while the mission is locked: it must not wait for anything. */
  texts: (context: BeginContext) => { prompt: string; capsule: string };
  /** This process starts the program and waits for it to end: while it lives and no program is noted, the session starts. */
  launcher?: boolean;
  /** Epoch ms. */
  now: number;
}

/** Where the mission stands with the task and the milestone under way; `briefOf` takes it as it is. */
export interface BeginContext {
  places: MissionPlaces;
  /** Without the session that begins. */
  record: MissionFile;
  tasks: Task[];
  runtime: string;
  sessionId: string;
  /** Absent: nothing is left to do, or there are no tasks yet. */
  task?: Task;
  milestone?: MilestoneEntry;
  previous?: SessionEntry;
  /** Where it works, where that is not the project itself. */
  workplace?: string;
  /** That of its workplace. */
  branch?: string;
}

export interface SessionBegun {
  sessionId: string;
  places: MissionPlaces;
  task?: Task;
  milestone?: MilestoneEntry;
  prompt: string;
}

/**
 * Begins a session: its task and milestone are under way, prompt and capsule are on disk, the record has it, and the lock is
 * taken for it with no process yet (`joinSession` tells which). One that was begun before and never got its program is begun
 * anew under its own id.
 *
 * Throws HostError, and MissionError: `conflict` while another session is at work or has not been ended, or when the task is done
 * or cancelled; `invalid` and `absent` as `withMission`, or for a task that is not there exactly once.
 */
export function beginSession(host: Host, project: string, wish: SessionWish): Promise<SessionBegun> {
  return withMission(host, project, (files) => begin(host, files, wish));
}

function begin(host: Host, files: MissionFiles, wish: SessionWish): MissionEdits<SessionBegun> {
  const { places } = files;
  if (files.gatesRunning)
    throw new MissionError('conflict', 'its quality gates run in the same files', {
      fix: 'Wait for them to end.',
    });
  const { sessionId, earlier } = nextSession(files);
  const before = tasksIn(files);
  const task =
    wish.taskId === undefined ? nextTask(files.record, before) : taskOf(before, wish.taskId, places);
  if (task !== undefined) checkStartable(task);
  const tasks = before.map((one) => (one.id === task?.id ? underWay(one) : one));
  const at = new Date(wish.now).toISOString();
  const record = opened({ ...files.record, sessions: earlier }, task, at);
  const milestone = record.milestones.find(({ id }) => id === task?.milestone) ?? currentMilestone(record);
  const previous = earlier.at(-1);
  const workplace = wish.workplace === places.project ? undefined : wish.workplace;
  const branch = branchIn(host, workplace ?? places.project);
  const chosen = {
    ...(task === undefined ? {} : { task: underWay(task) }),
    ...(milestone === undefined ? {} : { milestone }),
  };
  const texts = wish.texts({
    places,
    record,
    tasks,
    runtime: wish.runtime,
    sessionId,
    ...chosen,
    ...(previous === undefined ? {} : { previous }),
    ...(workplace === undefined ? {} : { workplace }),
    ...(branch === undefined ? {} : { branch }),
  });
  const entry: SessionEntry = {
    session_id: sessionId,
    runtime: wish.runtime,
    pid: 0,
    started_at: at,
    ended_at: '',
    ended_reason: '',
    duration_seconds: null,
    milestone_id: milestone?.id ?? '',
    last_task_id: task?.id ?? '',
    agent: wish.agent ?? '',
    ...(workplace === undefined ? {} : { workplace }),
  };
  const note = sessionNote(host, places, entry, wish);
  return {
    ...texts,
    ...(task === undefined ? {} : { tasks: (text) => started(text, task.id) }),
    ...(note === undefined ? {} : { scratchpad: note }),
    record: (now) => ({ ...record, sessions: [...earlier, { ...entry, tasks_digest: progressDigest(now) }] }),
    lock: lockFor(host, places, entry, wish),
    result: { sessionId, places, ...chosen, prompt: texts.prompt },
  };
}

const underWay = (task: Task): Task => ({ ...task, status: 'in-progress' });

function tasksIn({ tasks }: MissionFiles): Task[] {
  if (!tasks.known) throw new MissionError('invalid', tasks.why, { fix: tasks.fix });
  return tasks.value ?? [];
}

function taskOf(tasks: readonly Task[], id: string, places: MissionPlaces): Task {
  const task = tasks.find((one) => one.id === id);
  if (task !== undefined) return task;
  throw new MissionError('absent', `there is no task ${id} in ${places.tasks}`, {
    fix: 'Name one of those in its table: mosaic coord mission shows them.',
  });
}

function checkStartable({ id, status, line }: Task): void {
  if (status !== 'done' && status !== 'cancelled') return;
  throw new MissionError('conflict', `the task ${id} is ${status} (line ${line})`, {
    fix: 'Choose another, or have the agent set it to not-started first.',
  });
}

/** The agent may have worked on the table since the task was chosen: what is closed is not opened again. */
function started(text: string, id: string): string {
  const task = parseTasks(text).tasks.find((one) => one.id === id);
  if (task !== undefined) checkStartable(task);
  return task?.status === 'in-progress' ? text : setTaskStatus(text, id, 'in-progress');
}

/** The record with the milestone of the task, or else the current one, under way. */
function opened(record: MissionFile, task: Task | undefined, at: string): MissionFile {
  const id = record.milestones.find((one) => one.id === task?.milestone)?.id ?? currentMilestone(record)?.id;
  const milestones = record.milestones.map((one): MilestoneEntry =>
    one.id === id && one.status === 'pending' ? { ...one, status: 'in-progress', started_at: at } : one,
  );
  return { ...record, status: record.status === 'inactive' ? 'active' : record.status, milestones };
}

/** What the scratchpad gets; undefined where it has the session's heading already. */
function sessionNote(
  { files }: Host,
  { scratchpad }: MissionPlaces,
  entry: SessionEntry,
  { runtime, agent }: SessionWish,
): string | undefined {
  const task = entry.last_task_id ?? '';
  const note = sessionEntry({
    session_id: entry.session_id,
    started_at: entry.started_at ?? '',
    runtime,
    agent,
    ...(task === '' ? {} : { task }),
  });
  const heading = note.trimStart().split('\n', 1)[0] ?? '';
  const text = scratchpad === undefined ? undefined : files.read(scratchpad);
  return text?.split(/\r?\n/).includes(heading) === true ? undefined : note;
}

function lockFor(
  host: Host,
  { project }: MissionPlaces,
  entry: SessionEntry,
  wish: SessionWish,
): MissionLock {
  const lock = newLock(host, project, entry);
  if (wish.launcher !== true) return lock;
  const { pid } = host.facts;
  return { ...lock, launcher_pid: pid, launcher_start_time: host.processes.startTime(pid) ?? null };
}

function branchIn({ files }: Host, folder: string): string | undefined {
  try {
    const gitDir = gitDirAround(files, folder);
    return gitDir === undefined ? undefined : branchOf(files, gitDir);
  } catch {
    return undefined;
  }
}
