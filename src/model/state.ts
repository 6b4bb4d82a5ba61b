/**
 * History, never the truth: what the host itself cannot tell any more. On disk as `state.json`, snake_case
 * (schemas/state.schema.json). Times are milliseconds since the epoch.
 */
import type { TmuxServer } from './observation.ts';

export interface FleetState {
  agents: Record<string, AgentRecord>;
  /** Unit files were written and systemd has not been told yet. */
  reloadPending: boolean;
  /** The last time that many agents ended together. */
  outageAt?: number;
}

export interface AgentRecord {
  /** The run that we believe is going on; absent when we stopped it, or when it never ran. */
  run?: Run;
  /** Written before a session is stopped, so that an interrupted stop is not taken for a crash. */
  stopping?: { run: string; because: 'stop' | 'restart' };
  /** How the last run ended, once that is recorded. */
  ended?: Ended;
  /** Restarts in a row that were charged to the budget. */
  restarts: number;
  /** Ends at a usage limit in a row, which no budget is charged for; absent: none. */
  limits?: number;
  /** Stopped by an operator until started again; since when. */
  suspendedAt?: number;
  /** The definition that runs or last ran, secrets as digests: to show what changed. */
  definition?: Definition;
}

/** One life of an agent's session. */
export interface Run {
  /** See `runKey`. */
  key: string;
  sessionId: string;
  server: TmuxServer;
  /** When the server's process started, as `pidStartTime`: tells whether it still lives, also where it does not answer. */
  serverStartTicks?: number;
  pid: number;
  pidStartTime?: number;
  bootId: string;
  startedAt: number;
  definition: string;
}

/**
 * - exit: the program ended by itself with status 0
 * - crash: non-zero, a signal, or gone without a trace
 * - reboot, outage: not the agent's doing
 * - limit: ended with a usage or rate limit on its screen
 */
export type EndCause = 'exit' | 'crash' | 'reboot' | 'outage' | 'limit';

export interface Ended {
  run: string;
  at: number;
  cause: EndCause;
  status?: number;
  signal?: number;
  /** The definition hash it ran with: a changed one lifts a block. */
  definition: string;
  /** Folder of the crash record. */
  record?: string;
}

/** A definition in the order and the words of the fleet file, for hashing and for showing. */
export interface Definition {
  hash: string;
  fields: Record<string, unknown>;
}

/** The record of an agent, which may be named as something that every object has (`constructor`). */
export const recordOf = (state: FleetState, agent: string): AgentRecord | undefined =>
  Object.hasOwn(state.agents, agent) ? state.agents[agent] : undefined;

export const emptyState = (): FleetState => ({ agents: {}, reloadPending: false });

/** Names one life of a session: unique across servers, since session ids start anew with each. */
export const runKey = (server: TmuxServer, sessionId: string): string =>
  `${server.startTime}.${server.pid}.${sessionId.replace('$', '')}`;

/** The server that a run key names; undefined where the text is none. */
export function serverOf(key: string): TmuxServer | undefined {
  const [, startTime, pid] = /^(\d+)\.(\d+)\.\d+$/.exec(key) ?? [];
  return startTime === undefined ? undefined : { pid: Number(pid), startTime: Number(startTime) };
}
