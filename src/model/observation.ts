/** One snapshot of the host. Times are milliseconds since the epoch. */
import type { ScheduledFormula } from './fleet.ts';
import type { MissionSeen } from './mission.ts';
import type { Source } from './source.ts';
import type { FleetState } from './state.ts';

export interface Observation {
  now: number;
  /** The kernel's boot id: a new one after each boot. */
  bootId: string;
  tmux: Source<TmuxSeen>;
  /** Servers that runs of this boot are recorded in, that did not answer, and whose processes live. */
  silentServers: SilentServer[];
  /** `systemctl --user`: whether a manager answers at all, and our units. */
  units: Source<UnitsSeen>;
  /** What stands on disk where we render to, and orphans bearing our header: absolute path to what is there. */
  files: Map<string, FileSeen>;
  /** Session locks by agent name. */
  locks: Map<string, LockSeen>;
  /** Worktrees by repository, as named in the fleet file. */
  repositories: Map<string, Source<WorktreeSeen[]>>;
  /** Places that agents would work in, by absolute path: whether a folder is there. */
  folders: Map<string, FolderSeen>;
  /** Secret environment by env_file path. */
  secrets: Map<string, Source<Record<string, string>>>;
  state: Source<FleetState>;
  /** Screens of the panes asked for (dead ones when planning, all for status), by run key. */
  screens: Map<string, string>;
  availableMemory?: number;
  /** By id: those of the fleet file whose agent belongs to this host. */
  missions: Map<string, MissionSeen>;
  formulas: FormulasSeen;
}

/** What is there for formulas that a timer runs. */
export interface FormulasSeen {
  /** The host's own list of them. */
  installed: Source<ScheduledFormula[]>;
  /** The files of those of the fleet file and of that list. */
  files: Map<string, 'file' | 'absent' | 'not-a-file' | 'unreadable'>;
  /** The user's crontab, asked for where there are formulas and no manager; absent: none, or not to be read. */
  crontab?: string;
  /** Timers that the manager starts whenever it starts itself, by the names of their units. */
  enabled: Set<string>;
}

export type FolderSeen = 'folder' | 'absent' | 'not-a-folder' | 'unreadable';

export interface TmuxSeen {
  /** Absent: no server runs on our socket. */
  server?: TmuxServer;
  sessions: SessionSeen[];
  /** Hooks of ours that the server has, of this fleet or another: their ids (`render/hook.ts`). */
  hooks?: readonly string[];
}

/** A tmux server is a pid together with its start time in epoch seconds: ids are good only within one server. */
export interface TmuxServer {
  pid: number;
  startTime: number;
}

/** It runs, and is not the one on the socket that we look at. */
export interface SilentServer {
  server: TmuxServer;
  /** The start time of its process was recorded too; else only a process of that pid runs. */
  certain: boolean;
}

export interface SessionSeen {
  /** Such as `$3`; exact, within this server. */
  id: string;
  name: string;
  createdAt: number;
  attached: number;
  activityAt: number;
  /** Our mark, or absent on a foreign session. */
  owner?: { fleet: string; agent: string };
  /** What the session was started with, when it is ours. */
  started?: StartedWith;
  /** Of the followed repository: the commit whose fleet file it runs as, as was last noted on it. */
  revision?: string;
  /** It was started with a kickstart that it has not been given yet. */
  kickstartPending: boolean;
  /** It stands in its editor, and Enter has not been pressed. */
  kickstartTyped?: true;
  /** The pane that runs the agent; absent when somebody closed it. */
  pane?: PaneSeen;
  /** All that it shows, the agent's among them. */
  panes: Pick<PaneSeen, 'id' | 'pid' | 'dead'>[];
}

/** Kept on the session itself in a user option. */
export interface StartedWith {
  /** Definition hash, `VERSION-HEX`; version 0 for an adopted session, whose definition nobody knows. */
  definition: string;
  supervisor: 'systemd' | 'none';
  /** The agent's name when it was started: names its unit and scope, also after a rename. */
  born: string;
}

export interface PaneSeen {
  id: string;
  pid: number;
  dead: boolean;
  /** Exit status of the program, when it ended by itself and tmux noticed. */
  status?: number;
  /** Number of the signal that ended it. */
  signal?: number;
  diedAt?: number;
}

export interface UnitsSeen {
  manager: 'answers' | 'absent';
  /** Why there is none, in words. */
  why?: string;
  /** Loaded units of our prefix, by full name. */
  units: Map<string, UnitSeen>;
}

export interface UnitSeen {
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`. */
  active: string;
  /** Such as `exited`, `running`, `dead`, `failed`. */
  sub: string;
}

export type FileSeen =
  | { kind: 'absent' }
  /** Bears our header for this fleet. */
  | { kind: 'ours'; text: string }
  | { kind: 'foreign'; why: string };

export type LockSeen = { kind: 'corrupt'; why: string } | { kind: 'live' | 'dead'; lock: SessionLock };

/** On disk in snake_case (schemas/session-lock.schema.json). */
export interface SessionLock {
  sessionId: string;
  runtime: string;
  pid: number;
  startedAt: number;
  projectPath: string;
  milestoneId?: string;
  /** Clock ticks since boot, /proc/PID/stat field 22 (proc(5)). */
  pidStartTime?: number;
  bootId?: string;
  agent?: string;
}

export interface WorktreeSeen {
  path: string;
  head?: string;
  branch?: string;
  /** Whom the mark in its git directory names; absent: not made by us. */
  owner?: { fleet: string; agent: string };
  /**
   * Ours, but its making or its removal was interrupted; `owner` is absent then. Not a place to work in: making it again
   * completes it, removing it again removes it.
   */
  unfinished?: { fleet: string; agent: string };
  /** git says its folder is gone. */
  prunable: boolean;
  locked: boolean;
  /** Only looked at where a removal or a report asks. */
  work?: Source<WorkSeen>;
}

/** What would be lost with a worktree. */
export interface WorkSeen {
  modified: number;
  untracked: number;
  /** Commits that no remote branch and no other local branch holds. */
  unpushed: number;
}
