/** Finds the one pane that an agent's program runs in. */
import type { Host } from '../../host/host.ts';
import type { Agent, Fleet } from '../../model/fleet.ts';
import type { Presence } from '../../model/messaging.ts';
import type { PaneSeen, SessionSeen, TmuxSeen } from '../../model/observation.ts';
import type { Target } from '../../model/plan.ts';
import { runKey } from '../../model/state.ts';
import { observeTmux } from '../../observe/tmux.ts';
import { TransportError } from '../transport.ts';

/** As much of an agent as is needed to talk to its program. */
export type Addressee = Pick<Agent, 'name' | 'runtime' | 'command'>;

/** A live program in a pane of a session of ours. */
export interface Recipient {
  agent: Addressee;
  target: Target;
  pane: { id: string; pid: number };
  /** How far its kickstart is; `given` also where it has none. */
  kickstart: 'due' | 'typed' | 'given';
}

export interface Found {
  presence: Presence;
  session?: SessionSeen;
  /** Its pane, live or dead. */
  pane?: PaneSeen;
  run?: string;
}

/** Throws TransportError where tmux does not answer. */
export async function sessionsOf(host: Host, fleet: Fleet): Promise<TmuxSeen> {
  const seen = await observeTmux(host, fleet.tmux.socketName);
  if (seen.known) return seen.value;
  throw new TransportError('unavailable', seen.why, seen.fix === undefined ? {} : { fix: seen.fix });
}

/** By our mark, whatever a person has named the session meanwhile; of two, the one that has the agent's name. */
export function findSession({ server, sessions }: TmuxSeen, fleet: Fleet, agent: string): Found {
  const own = sessions.filter(({ owner }) => owner?.fleet === fleet.name && owner.agent === agent);
  const session = own.find(({ name }) => name === agent) ?? own[0];
  if (session === undefined || server === undefined)
    return { presence: sessions.some(({ name }) => name === agent) ? 'foreign' : 'absent' };
  const run = runKey(server, session.id);
  const { pane } = session;
  if (pane === undefined) return { presence: 'dead', session, run };
  return { presence: pane.dead ? 'dead' : 'live', session, pane, run };
}

export function recipientOf(seen: TmuxSeen, fleet: Fleet, agent: Addressee): Recipient | Found {
  const found = findSession(seen, fleet, agent.name);
  const { presence, session, pane } = found;
  const { server } = seen;
  if (presence !== 'live' || session === undefined || pane === undefined || server === undefined)
    return found;
  return {
    agent,
    target: {
      session: session.id,
      server,
      ...(session.owner === undefined ? {} : { owner: session.owner }),
    },
    pane: { id: pane.id, pid: pane.pid },
    kickstart: !session.kickstartPending ? 'given' : session.kickstartTyped === true ? 'typed' : 'due',
  };
}

/** Why it is not there to be talked to or looked at, and what would help. */
export function absence(
  { presence }: Pick<Found, 'presence'>,
  fleet: Fleet,
  agent: string,
): { detail: string; fix: string } {
  const start = `Start it: mosaic apply --agent ${agent}`;
  if (presence === 'foreign') {
    return {
      detail: `the session ${agent} is not of the fleet ${fleet.name}`,
      fix: `Take it over: mosaic apply --adopt ${agent}`,
    };
  }
  if (presence === 'dead') return { detail: `the program of ${agent} has ended`, fix: start };
  return { detail: `${agent} does not run`, fix: start };
}
