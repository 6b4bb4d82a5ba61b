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
  /** Other hosts, by the name that agents give as their `host`. */
  hosts: Record<string, RemoteHost>;
  /** Those of this host, in the file's order. */
  agents: Agent[];
  /** Agents the file gives to another host: never ours to start. */
  elsewhere: AgentElsewhere[];
  missions: Mission[];
  /** What is run again and again; those that were installed on this host alone are not among them. */
  formulas: ScheduledFormula[];
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

/** How a kind of program is started, and what its screen tells. Patterns are regular expressions (multiline). */
export interface Runtime extends ScreenPatterns {
  /** The program and its arguments. */
  command: string[];
  /** Typed to have the program forget its conversation. */
  resetCommand?: string;
  /** Typed instead for a new conversation, where the program parts the two. */
  newCommand?: string;
  /** Words after the program's name that have it take up its last conversation in the folder where it starts. */
  resume?: string[];
  /** Words after the program's name that have it ask for no permission. */
  unattended?: string[];
  /** How a person installs it. */
  install?: string;
}

/** What a screen is recognised by; `message/appearance.ts` reads it. */
export interface ScreenPatterns {
  /** It takes input. */
  ready?: string;
  /** A usage or rate limit has stopped the agent; group 1 is the time, if told. */
  limit?: string;
  /** It works on a message. */
  busy?: string;
  /** The same, told by the pane's title. */
  busyTitle?: string;
  /** Messages wait until it is done with the one in hand. */
  queued?: string;
  /** A question stands over its editor, which a key would answer. */
  dialog?: string;
  /** The same, told by the pane's title. */
  dialogTitle?: string;
  /** What stands in its editor is group 1 of the last match, on the screen without what is printed faint. */
  draft?: string;
  /** Nothing has been said in its conversation yet. */
  fresh?: string;
}

/** Another host, as OpenSSH reaches it. */
export interface RemoteHost {
  /** A destination: `HOST`, `USER@HOST`, `ssh://USER@HOST:PORT`, or an alias of the ssh configuration. */
  ssh: string;
  /** An ssh configuration file in place of the user's own. */
  sshConfig?: string;
  /** How mosaic is called there. */
  mosaic: string[];
  /** The fleet file there; absent: where mosaic finds it by itself. */
  fleet?: string;
  connectTimeoutMs: number;
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
  resources: Resources;
  restart: RestartWish;
  onChange: 'hold' | 'restart';
  state: 'running' | 'stopped';
  renamedFrom?: string;
  host?: string;
}

/** Bounds of the scope that a program runs in (systemd.resource-control(5)); memory in bytes. */
export interface Resources {
  memoryMax?: number;
  cpuWeight?: number;
  tasksMax?: number;
}

/** As much of another host's agent as is shown of it here. */
export interface AgentElsewhere extends Pick<Agent, 'name' | 'runtime' | 'class' | 'state'> {
  host: string;
  /** How many agents of this host stand before it in the file. */
  after: number;
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

/** A formula that comes by the clock; what it is stands in its file (`model/formula.ts`). */
export interface ScheduledFormula {
  /** `[a-z0-9][a-z0-9-]*`, at most 40 characters: names its units. */
  name: string;
  /** Absolute. */
  file: string;
  /** One of `base/every.ts`. */
  everyMs: number;
}

/** The mission whose sessions run in an agent's slot: the file names at most one that is active. */
export const missionOf = ({ missions }: Pick<Fleet, 'missions'>, agent: string): Mission | undefined =>
  missions.find((mission) => mission.agent === agent && mission.state === 'active') ??
  missions.find((mission) => mission.agent === agent);
