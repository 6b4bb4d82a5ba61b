/**
 * A mission as its files tell it. `MissionFile` and `MissionLock` are the on-disk forms themselves, keys in snake_case: other
 * tools read and write them too, so what we do not know stays as it is. There, a value that is not known yet may be missing,
 * null or ''.
 */
import { isAbsolute, join, relative } from 'node:path';
import type { Source } from './source.ts';

export type MissionStatus = 'inactive' | 'active' | 'paused' | 'completed' | 'failed';
export type MilestoneStatus = 'pending' | 'in-progress' | 'completed' | 'blocked';
export type EndedReason = 'completed' | 'premature' | 'handoff' | 'crashed' | 'killed' | 'reboot' | 'unknown';

/** What the next session is told: how to begin, how to go on, or what to look at after a crash first. */
export type PromptKind = 'first' | 'continue' | 'recover';

/** mission.json (schemas/mission.schema.json). Moments are ISO 8601. */
export interface MissionFile {
  schema_version?: number;
  mission_id: string;
  name: string;
  description?: string | null;
  status: MissionStatus;
  project_path?: string | null;
  quality_gates?: string | null;
  task_prefix?: string | null;
  /** Below the project, as are the next three. */
  tasks_file?: string | null;
  manifest_file?: string | null;
  scratchpad_file?: string | null;
  orchestrator_dir?: string | null;
  created_at?: string | null;
  milestones: MilestoneEntry[];
  sessions: SessionEntry[];
  /** Kept from the fleet file, so that commands without it can tell who goes on with the mission. */
  policy?: MissionPolicy;
  [key: string]: unknown;
}

export interface MissionPolicy {
  continue: 'manual' | 'auto';
  max_idle_sessions: number;
  verify: boolean;
  deadlock_after_seconds: number;
}

export interface MilestoneEntry {
  id: string;
  name: string;
  status: MilestoneStatus;
  branch?: string | null;
  issue_ref?: string | null;
  started_at?: string | null;
  completed_at?: string | null;
  /** The last run of the quality gates over this milestone. */
  gates?: GatesEntry;
  [key: string]: unknown;
}

export interface GatesEntry {
  started_at: string;
  /** Who runs them, while `ended_at` is not there. */
  pid: number;
  pid_start_time?: number;
  boot_id: string;
  /** Where they run, where that is not the project itself. */
  workplace?: string;
  ended_at?: string;
  /** Absent: they did not end by themselves. */
  exit_code?: number;
  /** Failures in a row. */
  failures: number;
  /** The task that was appended to have the last failure mended. */
  remediation?: string;
}

export interface SessionEntry {
  /** `sess-001` … */
  session_id: string;
  runtime?: string | null;
  /** 0 until the program runs. */
  pid?: number | null;
  /** With the pid, as in the lock. */
  pid_start_time?: number | null;
  boot_id?: string | null;
  host?: string | null;
  /** Where it works, where that is not the project itself. */
  workplace?: string | null;
  started_at?: string | null;
  ended_at?: string | null;
  ended_reason?: EndedReason | '' | null;
  duration_seconds?: number | null;
  milestone_id?: string | null;
  last_task_id?: string | null;
  agent?: string | null;
  /** Key of the run of the agent's tmux session (`runKey`). */
  run?: string;
  /** `progressDigest` of the tasks when it began: the same at its end, none has come nearer to its own. */
  tasks_digest?: string;
  /** The same at its end, where it ended by itself: other tasks later were changed by somebody else. */
  tasks_digest_after?: string;
  /** It ended and no task had changed. */
  idle?: boolean;
  [key: string]: unknown;
}

export type TaskStatus = 'not-started' | 'in-progress' | 'done' | 'blocked' | 'failed' | 'cancelled';

/** A row of TASKS.md; its cells as text: escapes undone, spaces around them gone. */
export interface Task {
  id: string;
  status: TaskStatus;
  /** A milestone's id; '' where the cell is empty. */
  milestone: string;
  description: string;
  pr: string;
  notes: string;
  /** 1-based. */
  line: number;
}

/** session.lock of a mission (schemas/session-lock.schema.json). */
export interface MissionLock {
  session_id: string;
  runtime: string;
  /** 0 until the program runs. */
  pid: number;
  started_at: string;
  project_path: string;
  milestone_id?: string | null;
  /** Clock ticks since boot (proc(5), /proc/PID/stat field 22). */
  pid_start_time?: number | null;
  boot_id?: string | null;
  agent?: string | null;
  /** The host name of the machine that the process runs on. */
  host?: string | null;
  /** Where it works, where that is not the project itself. */
  workplace?: string | null;
  /** Who is about to start the program, while pid is 0. */
  launcher_pid?: number | null;
  launcher_start_time?: number | null;
  /** A program that a person started beside the mission's sessions: once it is gone, nothing of it is to be recovered. */
  by_hand?: boolean;
  /** The lock of the dead session that it found there: that counts again once it is gone. */
  over?: MissionLock;
  [key: string]: unknown;
}

export type LockState =
  | { kind: 'none' }
  /** Its process lives. `unlocked`: somebody removed the lock, and the record tells of the process. */
  | { kind: 'live'; lock: MissionLock; unlocked?: true }
  /** Its program is about to be started. */
  | { kind: 'starting'; lock: MissionLock }
  | { kind: 'dead'; lock: MissionLock; why: DeadWhy }
  /** Of another machine: whether its process lives cannot be told from here. */
  | { kind: 'elsewhere'; lock: MissionLock; host: string }
  | { kind: 'corrupt'; why: string };

/** The process is gone; another bears its pid; the machine was started anew since; the program was never started. */
export type DeadWhy = 'gone' | 'reused' | 'reboot' | 'never-started';

/** Where a mission's files are: absolute paths. */
export interface MissionPlaces {
  project: string;
  orchestrator: string;
  mission: string;
  lock: string;
  capsule: string;
  /** What the session that starts next is told. */
  prompt: string;
  /** Locked while any of the files is read, changed and written (flock(2)). */
  guard: string;
  /** What the quality gates printed last. */
  gatesLog: string;
  manifest: string;
  tasks: string;
  /** Absent while no mission names it. */
  scratchpad?: string;
}

/** One project's mission, as observed. Writes nothing. */
export interface MissionSeen {
  places: MissionPlaces;
  /** known(undefined): there is no mission.json. Not known: it cannot be read or parsed. */
  record: Source<MissionFile | undefined>;
  /** known(undefined): there is no TASKS.md. Not known: it cannot be read, or its table has problems; `why` has line numbers. */
  tasks: Source<Task[] | undefined>;
  lock: LockState;
  /** Those of manifest, tasks and scratchpad that are not there. */
  missing: ('manifest' | 'tasks' | 'scratchpad')[];
  /** The last session left a handoff entry in the scratchpad. */
  handoff: boolean;
  /** Epoch ms: when lock, TASKS.md, scratchpad, git or the session's terminal last changed; absent: nothing there to tell. */
  changedAt?: number;
  /** The quality gates run now. */
  gatesRunning: boolean;
  /** The branch checked out in the project; absent: detached, or no repository. */
  branch?: string;
}

const ORCHESTRATOR = '.mosaic/orchestrator';

/**
 * Where the files are, as the record says it, else where they are made. Throws an Error in words when the record names a
 * place outside of the project.
 */
export function missionPlaces(project: string, record?: MissionFile): MissionPlaces {
  const orchestrator = join(project, ORCHESTRATOR);
  const within = (key: 'tasks_file' | 'manifest_file' | 'scratchpad_file'): string | undefined => {
    const given = record?.[key];
    if (given === undefined || given === null || given === '') return undefined;
    const path = isAbsolute(given) ? join(given) : join(project, given);
    const below = relative(project, path);
    if (below === '' || below === '..' || below.startsWith('../'))
      throw new Error(`${key} is outside of the project: ${given}`);
    return path;
  };
  const id = record?.mission_id;
  const scratchpad =
    within('scratchpad_file') ?? (id === undefined ? undefined : join(project, `docs/scratchpads/${id}.md`));
  return {
    project,
    orchestrator,
    mission: join(orchestrator, 'mission.json'),
    lock: join(orchestrator, 'session.lock'),
    capsule: join(orchestrator, 'next-task.json'),
    prompt: join(orchestrator, 'prompt.md'),
    guard: join(orchestrator, '.guard'),
    gatesLog: join(orchestrator, 'gates.log'),
    manifest: within('manifest_file') ?? join(project, 'docs/MISSION-MANIFEST.md'),
    tasks: within('tasks_file') ?? join(project, 'docs/TASKS.md'),
    ...(scratchpad === undefined ? {} : { scratchpad }),
  };
}
