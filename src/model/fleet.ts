/**
 * The desired state: one `fleet.yaml`, validated and with every default filled in. Paths are absolute, durations are
 * milliseconds, sizes are bytes.
 */

export interface Fleet {
  /** The fleet's label, `[a-z0-9][a-z0-9-]*`. */
  name: string;
  /** Where it was read from, absolute. */
  file: string;
  tmux: {
    /** `tmux -L` name; never `default`. */
    socketName: string;
    holderSession: string;
    /** A tmux configuration file sourced after ours. */
    extraConfig?: string;
  };
  supervisor: SupervisorWish;
  systemd: { unitPrefix: string };
  runtimes: Record<string, Runtime>;
  /** Those of this host, in the file's order. */
  agents: Agent[];
  /** Agents the file gives to another host: never ours to start. */
  elsewhere: { name: string; host: string }[];
  missions: Mission[];
  reconcile: {
    prune: boolean;
    /** 0 to 1: the share of running sessions that one plan may stop without being asked twice. */
    maxStopFraction: number;
    startConcurrency: number;
    /** Bytes that must be available before an agent is started; absent: not asked. */
    minAvailableMemory?: number;
  };
}

export type SupervisorWish = 'auto' | 'systemd' | 'none';
/** What really starts the agents: `systemd` units, or tmux itself. */
export type Supervisor = 'systemd' | 'none';

export interface Runtime {
  /** The program and its arguments. */
  command: string[];
  /** Typed to have the program forget its conversation. */
  resetCommand?: string;
  /** A regular expression (multiline) that the screen matches when the program takes input. */
  ready?: string;
  /** A regular expression that the screen matches when a usage or rate limit stops the agent; group 1 is the time, if told. */
  limit?: string;
}

export interface Agent {
  name: string;
  runtime: string;
  class?: string;
  modelHint?: string;
  persistentPersona: boolean | 'semi';
  resetBetweenTasks: boolean;
  /** The agent's own command, or its runtime's. Never a shell line. */
  command: string[];
  /** Where it works, when it has no worktree. */
  workingDirectory: string;
  /** Typed to the agent once it is ready. */
  kickstart?: string;
  /** A file whose text is the kickstart; read when a command starts. */
  kickstartTemplate?: string;
  /** Why the template could not be read. */
  kickstartTrouble?: string;
  onRestart: 'resume' | 'fresh';
  env: Record<string, string>;
  /** A file of NAME=VALUE lines whose values are secret. */
  envFile?: string;
  worktree?: WorktreeWish;
  resources: { memoryMax?: number; cpuWeight?: number; tasksMax?: number };
  restart: RestartWish;
  onChange: 'hold' | 'restart';
  state: 'running' | 'stopped';
  renamedFrom?: string;
  host?: string;
}

export interface WorktreeWish {
  /** A git repository's working tree or git directory, absolute. */
  repository: string;
  /** Absent: a place in the state folder, named as the agent. */
  path?: string;
  /** Branch, tag or commit that a new worktree starts at; absent: HEAD. */
  base?: string;
  /** Absent: detached. */
  branch?: string;
}

export interface RestartWish {
  policy: 'never' | 'on-crash' | 'always';
  maxRestarts: number;
  windowMs: number;
  backoff: { initialMs: number; maxMs: number };
}

/** A goal across many sessions of one agent; how far it is stands in its project's own files. */
export interface Mission {
  id: string;
  name: string;
  project: string;
  agent: string;
  qualityGates?: string;
  milestones: { id: string; name: string }[];
  state: 'active' | 'paused' | 'completed';
  continue: 'manual' | 'auto';
  maxIdleSessions: number;
  verify: boolean;
  /** A live session in which nothing has changed for so long is reported. */
  deadlockAfterMs: number;
}

/** The mission whose sessions run in an agent's slot: the file names at most one that is active. */
export const missionOf = ({ missions }: Pick<Fleet, 'missions'>, agent: string): Mission | undefined =>
  missions.find((mission) => mission.agent === agent && mission.state === 'active') ??
  missions.find((mission) => mission.agent === agent);
