/** All that is wanted of and seen of one agent, gathered from the sources. */
import type { Agent } from '../model/fleet.ts';
import type { LockSeen, SessionSeen, TmuxServer } from '../model/observation.ts';
import type { Wanted } from '../model/plan.ts';
import type { MissionTurn } from './missions.ts';
import type { OutOfReach } from './out-of-reach.ts';
import { runKey, type AgentRecord, type Definition } from '../model/state.ts';

export interface Situation {
  name: string;
  wanted: Wanted;
  /** Absent when it is gone from the file. */
  agent?: Agent;
  session: SessionState;
  /** Its former name, while its session, record or lock still bears it. */
  renameFrom?: string;
  /** Its session bears our mark and another name: somebody renamed it by hand. */
  wrongName: boolean;
  /** That, and a session that is not ours bears the agent's name: it cannot be given back. */
  nameTaken: boolean;
  /** Names its unit and its scope: its name when its session was started, else its own. */
  born: string;
  /** Its unit counts as started. */
  unitActive: boolean;
  /** Processes of it live in its scope. */
  scopeActive: boolean;
  lock?: LockSeen;
  record: AgentRecord;
  /** What it should run as; absent when it is gone, or when its secrets are not known. */
  definition?: Definition;
  /** The screen of its pane, where it was looked at. */
  screen?: string;
  /** Something foreign stands where one of its files belongs. */
  foreignFile?: string;
  /** Why it could not be started now: a missing folder, a secret file that cannot be read … */
  obstacle?: Obstacle;
  /** It lives where its session is not, and is left alone. */
  outOfReach?: OutOfReach;
  /** Its secrets are not known: why, and what to do. */
  secretsTrouble?: Obstacle;
  /** The file wants another branch than it did, and its worktree is not on it. */
  otherBranch?: OtherBranch;
  asked: Asked;
  /** Removing what is gone from the file is switched on. */
  prune: boolean;
  /** It ended together with many others, or with the tmux server: not its fault, once. */
  outage: boolean;
  /** It ended together with many others, be it for the first time or again. */
  together: boolean;
  /** The mission whose sessions run in its slot. */
  mission?: MissionTurn;
  now: number;
  bootId: string;
}

/** What the operator names it for. */
export interface Asked {
  /** To be restarted. */
  restart: boolean;
  /** To be started if it does not run, whatever keeps it down but the fleet file. */
  start: boolean;
  /** To be kept down until it is asked for again. */
  suspend: boolean;
  /** To be taken over. */
  adopt: boolean;
  /** To begin a new conversation if it is started. */
  fresh: boolean;
}

/** In an operator's words, why it is started although it would stay down; undefined: nobody asks. */
export const startAsked = ({ asked }: Situation): string | undefined =>
  asked.restart ? 'restart asked for' : asked.start ? 'start asked for' : undefined;

/** It is in the file, and is to be noted as kept down. */
export const suspends = ({ asked, agent, record }: Situation): boolean =>
  asked.suspend && agent !== undefined && record.suspendedAt === undefined;

export const resumes = ({ asked, record }: Situation): boolean =>
  asked.start && record.suspendedAt !== undefined;

export interface OtherBranch {
  path: string;
  /** What is checked out there, and what should be, in words: 'on main', 'detached'. */
  is: string;
  wished: string;
}

export interface Obstacle {
  kind: 'conflict' | 'unknown' | 'hold';
  reason: string;
  fix?: string;
}

export type SessionState =
  | { kind: 'absent' }
  | { kind: 'foreign'; session: SessionSeen; server: TmuxServer }
  | { kind: 'live' | 'dead'; session: SessionSeen; server: TmuxServer; run: string };

/** The sessions of our socket, by name and by the agent whose mark they bear. */
export interface SessionIndex {
  server?: TmuxServer;
  byName: ReadonlyMap<string, SessionSeen>;
  /** Where two bear one mark, the one that bears the name too. */
  byAgent: ReadonlyMap<string, SessionSeen>;
}

export function indexSessions(
  fleet: string,
  { server, sessions }: { server?: TmuxServer; sessions: SessionSeen[] },
): SessionIndex {
  const byName = new Map<string, SessionSeen>();
  const byAgent = new Map<string, SessionSeen>();
  for (const session of sessions) {
    byName.set(session.name, session);
    if (session.owner?.fleet !== fleet) continue;
    const { agent } = session.owner;
    if (session.name === agent || !byAgent.has(agent)) byAgent.set(agent, session);
  }
  return { ...(server === undefined ? {} : { server }), byName, byAgent };
}

/**
 * The agent whose session lives in the unit of that name: one that was renamed keeps the unit that it was started in, and another
 * agent that now bears the name must neither stop that unit nor start in it. Without systemd there is no unit to share.
 * @param self the agent that asks, and its former name
 */
export function tenantOf(
  sessions: readonly SessionSeen[],
  fleet: string,
  born: string,
  self: readonly (string | undefined)[],
): string | undefined {
  const tenant = sessions.find(
    ({ owner, started }) =>
      owner?.fleet === fleet &&
      !self.includes(owner.agent) &&
      started?.supervisor === 'systemd' &&
      started.born === born,
  );
  return tenant?.owner?.agent;
}

/** The session of an agent: the one that bears its mark, else a foreign one that bears its name. */
export function sessionOf({ server, byName, byAgent }: SessionIndex, name: string): SessionState {
  if (server === undefined) return { kind: 'absent' };
  const own = byAgent.get(name);
  if (own === undefined) {
    const foreign = byName.get(name);
    return foreign === undefined ? { kind: 'absent' } : { kind: 'foreign', session: foreign, server };
  }
  const dead = own.pane === undefined || own.pane.dead;
  return { kind: dead ? 'dead' : 'live', session: own, server, run: runKey(server, own.id) };
}
