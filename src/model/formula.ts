/**
 * A formula: what a recurring agent is to do, and how it says that it is done. Paths are absolute, durations are milliseconds, sizes
 * are bytes, times are milliseconds since the epoch.
 */
import { join } from 'node:path';
import type { Places } from './places.ts';

export interface Formula {
  /** `[a-z0-9][a-z0-9-]*`, at most 40 characters. */
  name: string;
  /** Where it was read from. */
  file: string;
  /** One of the fleet's. */
  runtime: string;
  /** In place of the runtime's. */
  command?: string[];
  /** Its program asks for no permission: the runtime's words for that are added to the runtime's command. */
  unattended: boolean;
  repository: string;
  /** Branch, tag or commit that each run's worktree starts at; absent: HEAD. */
  base?: string;
  /** Files of the repository whose text goes into the prompt, relative to it. */
  context: string[];
  env: Record<string, string>;
  /** A file of NAME=VALUE lines whose values are secret. */
  envFile?: string;
  /** No run is begun below it. */
  minAvailableMemory?: number;
  timeoutMs: number;
  /** Without any output of its program. */
  idleTimeoutMs: number;
  /** How long an escalation waits for an answer; never longer than what is left of the timeout. */
  escalationTimeoutMs: number;
  /** Between two looks at the screen. */
  lookEveryMs: number;
  crashRetries: number;
  prompt: string;
  commands: FormulaCommands;
  forge?: { api: string; tokenEnv?: string };
}

/** Programs of the user's, as argument lists. */
export interface FormulaCommands {
  /** Waits for the pipelines; its outcome is typed to the agent. */
  awaitingCi?: string[];
  /** The same for a review. */
  awaitingReview?: string[];
  /** Prints a report on the repository for the prompt. */
  report?: string[];
  /** Tells a person of an escalation. */
  notify?: string[];
}

/** In the order in which they are told to an agent. */
export const PHASES = ['done', 'failed', 'merged', 'escalate', 'awaiting_ci', 'awaiting_review'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * How a run ended:
 * - done, merged, failed: by its phase
 * - idle-prompt: its program waited for input, and no phase was written
 * - idle-timeout, timeout: nothing came of it for too long; it took too long
 * - escalation-timeout: nobody answered
 * - crashed: its program ended without a final phase, as often as it may
 * - interrupted: mosaic was stopped, or died
 * - not-started: its worktree, its server or its session could not be made
 */
export type EndReason =
  | 'done'
  | 'merged'
  | 'failed'
  | 'idle-prompt'
  | 'idle-timeout'
  | 'timeout'
  | 'escalation-timeout'
  | 'crashed'
  | 'interrupted'
  | 'not-started';

export interface PhaseNote {
  /** A phase; of an unknown one the word as it stood there, cut and made visible. */
  phase: string;
  at: number;
  /** The reason on the second line; or what became of it. */
  detail?: string;
  unknown?: true;
}

/** What is kept of a run: in `history`, one line each, and while it lasts in `current`, without an end. */
export interface RunRecord {
  id: string;
  formula: string;
  /** The formula's file. */
  file: string;
  /** The process that sees to it. */
  pid: number;
  /** Its start time in clock ticks since boot. */
  pidStartTime?: number;
  bootId: string;
  startedAt: number;
  /** Its program was started, and has its prompt. */
  begun: boolean;
  /** Nothing can be typed into its program: what is answered is for the next run. */
  takesInput?: false;
  /** Its program is started with its prompt: where there has been a session of it, it has begun. */
  handed?: true;
  /** Starts after a crash. */
  retries: number;
  phases: PhaseNote[];
  worktree?: RunWorktree;
  /** The folder of the run: prompt, phase file, screen. */
  folder: string;
  endedAt?: number;
  reason?: EndReason;
  /** In words: the agent's own reason, or what went wrong. */
  detail?: string;
  exitCode?: number;
}

export interface RunWorktree {
  repository: string;
  path: string;
  /** What became of it, once the run is over. */
  end?: 'removed' | 'kept';
  /** Why it is kept. */
  why?: string;
  /** The ref that what only it held is saved under. */
  rescued?: string;
}

export interface FormulaPlaces {
  folder: string;
  /** Locked (flock(2)) while a run lasts. */
  lock: string;
  /** Notes of the agent for its next run. */
  scratch: string;
  /** Answers that no run has taken yet, a file each. */
  replies: string;
  /** RunRecord, JSON, while a run lasts and after one whose mosaic died. */
  current: string;
  /** RunRecord, one JSON line for each run that has ended. */
  history: string;
  runs: string;
}

export interface RunPlaces {
  folder: string;
  phase: string;
  prompt: string;
  /** What its session was last seen to show, secret values replaced. */
  screen: string;
  /** The tmux file that starts its session; there only while it does. */
  session: string;
  /** Answers that this run has taken. */
  replies: string;
}

export function formulaPlaces(places: Pick<Places, 'formulas'>, name: string): FormulaPlaces {
  const folder = join(places.formulas, name);
  return {
    folder,
    lock: join(folder, 'run.lock'),
    scratch: join(folder, 'scratch.md'),
    replies: join(folder, 'replies'),
    current: join(folder, 'current.json'),
    history: join(folder, 'history.jsonl'),
    runs: join(folder, 'runs'),
  };
}

export function runPlaces({ runs }: Pick<FormulaPlaces, 'runs'>, id: string): RunPlaces {
  const folder = join(runs, id);
  return {
    folder,
    phase: join(folder, 'phase'),
    prompt: join(folder, 'prompt.md'),
    screen: join(folder, 'screen.txt'),
    session: join(folder, 'session.tmux'),
    replies: join(folder, 'replies'),
  };
}

/** No agent's name begins so. */
const SESSION = '_formula-';

/** Names a formula's session; it is the owner in that session's mark and in its worktrees' too. */
export const formulaSession = (name: string): string => `${SESSION}${name}`;

/** The formula of such a name; undefined for an agent's, or the holder's. */
export const formulaOfSession = (name: string): string | undefined =>
  name.startsWith(SESSION) ? name.slice(SESSION.length) : undefined;
