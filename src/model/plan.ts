/** What would be done. Made by `plan/`, shown by `report/`, walked by `apply/`. */
import type { Supervisor } from './fleet.ts';
import type { EndedReason, PromptKind } from './mission.ts';
import type { TmuxServer } from './observation.ts';
import type { Ended, Run } from './state.ts';

export interface Plan {
  fleet: string;
  /** Who starts the agents; absent when it could not be told. */
  supervisor?: Supervisor;
  /** In an order that satisfies every `needs`. */
  actions: Action[];
  /**
   * Exactly one for each agent of the file, in its order, then one for each agent that is gone from it, by name; only of
   * those asked for, where the plan is of some agents alone.
   */
  verdicts: Verdict[];
  /** What is deliberately not done and belongs to no agent alone. */
  holds: Hold[];
  /** Exactly one for each mission of the file whose agent belongs to this host, in its order. */
  missions: MissionVerdict[];
  /** Quality gates that are to be run, once everything else is done: they may take long. */
  verifications: Verification[];
  /** A brake: nothing at all is done. */
  refused?: { reason: string; fix: string };
  /** Why nothing could be decided: a source of the host that did not answer. */
  unobserved?: { reason: string; fix?: string };
  /** Agents whose running definition differs from the wanted one, with both, secrets as digests. */
  definitions: DefinitionChange[];
}

export type Wanted = 'running' | 'stopped' | 'suspended' | 'gone';

/** What an agent is, in one word, for the status table. */
export type AgentStatus =
  | 'running'
  | 'pending-restart'
  | 'limited'
  | 'absent'
  /** Deliberately not started: its mission waits for something. */
  | 'held'
  | 'stopped'
  | 'suspended'
  | 'completed'
  | 'crashed'
  | 'backoff'
  | 'blocked'
  | 'conflict'
  | 'unknown';

/** What the plan does with an agent. `record` writes history (how it ended, a lock) and leaves sessions alone. */
export type Change =
  'none' | 'start' | 'restart' | 'stop' | 'adopt' | 'rename' | 'record' | 'hold' | 'conflict' | 'unknown';

export interface Verdict {
  agent: string;
  wanted: Wanted;
  /** The rule of the table that matched. */
  rule: string;
  status: AgentStatus;
  change: Change;
  /** A clause in words: 'no session: never ran'. */
  reason: string;
  /** For a person to do about it, one sentence. */
  fix?: string;
  /** When a backoff or a limit ends. */
  until?: number;
}

export type MissionState =
  /** A session is at work. */
  | 'working'
  /** The next session starts with this plan. */
  | 'starting'
  /** The next session waits: for its agent's backoff, for the session that its agent runs now. */
  | 'waiting'
  /** The next session is for a person to start. */
  | 'offered'
  | 'verifying'
  | 'held'
  | 'paused'
  | 'completed'
  | 'conflict';

/** What a mission is, and what the plan does with it. */
export interface MissionVerdict {
  mission: string;
  agent: string;
  state: MissionState;
  /** `record`: writes its files. */
  change: 'none' | 'start' | 'record' | 'hold' | 'conflict';
  reason: string;
  fix?: string;
  conditions: { code: string; name: string; seen: string; done: string }[];
  /** Tasks; absent where the table could not be read. */
  progress?: { done: number; total: number; pct: number };
}

export interface Verification {
  mission: string;
  agent: string;
  project: string;
  milestones: string[];
  /** A shell line. */
  command: string;
  /** Where it is run: the agent's worktree, or the project. */
  workplace: string;
}

export interface Hold {
  subject: string;
  reason: string;
  fix?: string;
  /** Whether it may be done could not be told: what would tell did not answer. */
  unknown?: true;
}

export interface DefinitionChange {
  agent: string;
  /** Absent when the state that told it is gone. */
  before?: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** A session that must be exactly this one when it is touched. */
export interface Target {
  session: string;
  server: TmuxServer;
  owner?: { fleet: string; agent: string };
}

interface Common {
  /** Deterministic: kind and subject, such as `start-session:coder0`. */
  id: string;
  /** Ids of actions that must have succeeded. */
  needs: string[];
  reason: string;
}

export type Action =
  | WriteFile
  | RemoveFile
  | (Common & { kind: 'reload-units' })
  | StartHolder
  | (Common & { kind: 'stop-holder'; target?: Target; unit: boolean })
  | RecordEnd
  | StopSession
  /** Gives session, history and lock of a former name to the new one; without `from`, the session its right name again. */
  | (Common & { kind: 'rename-session'; agent: string; from?: string; target?: Target })
  | (Common & {
      kind: 'adopt-session';
      agent: string;
      target: Target;
      run: Run;
      supervisor: Supervisor;
      runtime: string;
      projectPath: string;
    })
  | MakeWorktree
  | (Common & { kind: 'remove-worktree'; agent: string; repository: string; path: string })
  | (Common & { kind: 'mark-worktree'; agent: string; repository: string; path: string })
  | StartSession
  | (Common & {
      kind: 'write-lock';
      agent: string;
      run: Run;
      /** What it runs as, where that is the wanted definition: no start may have come to write it down. */
      fields?: Record<string, unknown>;
      runtime: string;
      projectPath: string;
      restarts: number;
    })
  /** Keeps an agent down, whatever the file says, until an operator has it started; or no longer. */
  | (Common & { kind: 'suspend'; agent: string; at: number })
  | (Common & { kind: 'resume'; agent: string })
  /** Has the tmux server raise the flag that wakes a reconcile when a program of the fleet ends. */
  | (Common & { kind: 'set-hook' })
  /** Notes on a session the revision of the followed repository that it runs as; without one, that there is none. */
  | (Common & { kind: 'mark-revision'; agent: string; revision?: string })
  /** Has the manager run a formula by the clock, from now on and whenever it starts itself; one that runs takes up its file anew. */
  | (Common & { kind: 'start-timer'; formula: string; unit: string; restart: boolean })
  /** Nothing runs the formula by the clock any more; with its service, a run that lasts is ended too. */
  | (Common & { kind: 'stop-timer'; formula: string; unit: string; service?: string })
  /** Clears lock and record of an agent of which nothing is left. */
  | (Common & { kind: 'forget'; agent: string })
  | Kickstart
  /** Makes those of a mission's files that are not there. */
  | (Common & { kind: 'make-mission'; mission: string; agent: string })
  /** Brings a mission's record to what the fleet file and its tasks say. */
  | (Common & { kind: 'change-mission'; mission: string; agent: string })
  | EndMissionSession
  /** Sets a task to blocked: the sessions on it crash one after the other. */
  | (Common & { kind: 'block-task'; mission: string; agent: string; task: string })
  /** Prompt, capsule, lock and record of a session whose program starts next. */
  | BeginMissionSession
  /** Its program runs: the lock and the record get its process. */
  | (Common & { kind: 'join-mission-session'; mission: string; agent: string });

export type ActionKind = Action['kind'];
export type ActionOf<K extends ActionKind> = Extract<Action, { kind: K }>;

export interface Kickstart extends Common {
  kind: 'kickstart';
  agent: string;
  /** What is typed; or the file that holds it when it is. */
  text: string | { file: string };
}

export interface BeginMissionSession extends Common {
  kind: 'begin-mission-session';
  mission: string;
  agent: string;
  prompt: PromptKind;
  /** Where its agent works: a recovery tells what lies about there. */
  workplace: string;
}

/** Writes down how a mission's session ended, and clears its lock. */
export interface EndMissionSession extends Common {
  kind: 'end-mission-session';
  mission: string;
  agent: string;
  session: string;
  because: EndedReason;
  /** Epoch ms. */
  at: number;
}

export interface WriteFile extends Common {
  kind: 'write-file';
  path: string;
  mode: number;
  content: string;
  /** Both sides as they may be shown: secret values replaced. */
  shown: { before?: string; after: string };
}

export interface RemoveFile extends Common {
  kind: 'remove-file';
  path: string;
  shown: { before: string };
}

export interface StartHolder extends Common {
  kind: 'start-holder';
  /** By its unit; by its unit stopped first, since that still counts as started; or by tmux itself. */
  how: 'unit' | 'restart-unit' | 'session';
}

/** Writes down how a run ended: the crash record where it was a crash, the state, and no lock any more. */
export interface RecordEnd extends Common {
  kind: 'record-end';
  agent: string;
  ended: Ended;
  restarts: number;
  /** Ends at a usage limit in a row, this one among them: only the first is saved as a crash is. */
  limits: number;
  /** The pane whose screen is saved with a crash. */
  pane?: { id: string; target: Target };
  /** Where it worked: what git says of it is saved with a crash. */
  workplace?: string;
  /** That is a worktree of ours, which stays exactly as it is. */
  worktree: boolean;
  /** The whole fleet went down together: remembered, so that it is forgiven once. */
  outage: boolean;
}

/** Ends the session if there is one, its unit and scope if there are any, and every process it left behind. */
export interface StopSession extends Common {
  kind: 'stop-session';
  agent: string;
  because: 'stop' | 'restart' | 'remains';
  target?: Target;
  pane?: { pid: number };
  /** Keys of the runs whose processes, if any are left, are ended too. */
  runs: string[];
  /** Names its unit and its scope. */
  born: string;
  unit: boolean;
  scope: boolean;
  /** Its conversation is over with it: the start that follows begins a new one, be it that of a later plan. */
  fresh?: true;
}

export interface MakeWorktree extends Common {
  kind: 'make-worktree';
  agent: string;
  repository: string;
  path: string;
  base?: string;
  branch?: string;
}

export interface StartSession extends Common {
  kind: 'start-session';
  agent: string;
  runtime: string;
  /** The rendered tmux file. */
  file: string;
  workingDirectory: string;
  definition: string;
  fields: Record<string, unknown>;
  /** Charged to the restart budget already. */
  restarts: number;
  /** Begins a new conversation, though it could take one up. */
  fresh?: true;
}
