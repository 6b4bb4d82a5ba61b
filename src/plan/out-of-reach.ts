/** Agents that live where their sessions are not: nothing of them is recorded as ended, stopped or started anew. */
import type { Observation, TmuxSeen, TmuxServer } from '../model/observation.ts';
import { recordOf, runKey, serverOf } from '../model/state.ts';
import type { Gathering } from './gather.ts';
import { sessionOf } from './situation.ts';

export interface OutOfReach {
  reason: string;
  fix: string;
}

/** Why an agent whose session or pane is gone lives all the same, as far as that can be told. */
export const outOfReach = (g: Gathering, agent: string): OutOfReach | undefined =>
  inAnotherSession(g, agent) ?? onSilentServer(g, agent);

/** Its user moved its pane (join-pane, break-pane) into another session. */
function inAnotherSession(g: Gathering, agent: string): OutOfReach | undefined {
  const { server, sessions } = g.tmux;
  const own = sessionOf(g.sessions, agent);
  if (server === undefined || own.kind === 'live' || own.kind === 'foreign') return undefined;
  if (own.kind === 'dead' && own.session.pane !== undefined) return undefined;
  const named = namedRun(g, agent);
  if (named === undefined || !named.key.startsWith(`${server.startTime}.${server.pid}.`)) return undefined;
  const home = sessions.find(
    ({ id, panes }) =>
      runKey(server, id) !== named.key && panes.some(({ pid, dead }) => pid === named.pid && !dead),
  );
  if (home === undefined) return undefined;
  return {
    reason: `its pane was moved to the session ${home.name}`,
    fix: 'Move it back (tmux move-pane), or end it.',
  };
}

/** Its program lives, and so does what may be its server: only a pid tells, where the record has no start time. */
function onSilentServer(g: Gathering, agent: string): OutOfReach | undefined {
  const named = namedRun(g, agent);
  const home = named === undefined ? undefined : serverOf(named.key);
  if (home === undefined || sessionOf(g.sessions, agent).kind !== 'absent') return undefined;
  const silent = g.observation.silentServers.some(
    ({ server }) => server.pid === home.pid && server.startTime === home.startTime,
  );
  if (!silent || g.observation.locks.get(agent)?.kind !== 'live') return undefined;
  return { reason: `it seems to run, but ${silence(g, home.pid)}`, fix: wayBack(home.pid) };
}

/** The run that its record names; where that is lost, the one of its live lock. */
function namedRun(g: Gathering, agent: string): { key: string; pid: number } | undefined {
  const lock = g.observation.locks.get(agent);
  return (
    recordOf(g.state, agent)?.run ??
    (lock?.kind === 'live' ? { key: lock.lock.sessionId, pid: lock.lock.pid } : undefined)
  );
}

/**
 * The pid of a server of this fleet that runs and does not answer: nothing can be decided without it. One that only its pid
 * and live programs speak for counts where the holder's unit would be stopped, which ends a server that was started in it.
 */
export function silentServer(
  { silentServers, locks }: Observation,
  { server: answers }: TmuxSeen,
  down: boolean,
): number | undefined {
  const livesOn = ({ pid, startTime }: TmuxServer): boolean =>
    [...locks.values()].some((seen) => {
      const home = seen.kind === 'live' ? serverOf(seen.lock.sessionId) : undefined;
      return home?.pid === pid && home.startTime === startTime;
    });
  const silent = silentServers.find(
    ({ server, certain }) => certain || ((answers === undefined || down) && livesOn(server)),
  );
  return silent?.server.pid;
}

/** What is wrong with a server that runs and does not answer. */
export const silence = ({ fleet }: Pick<Gathering, 'fleet'>, pid: number): string =>
  `the tmux server ${pid} of this fleet runs and does not answer on its socket (tmux -L ${fleet.tmux.socketName})`;

export const wayBack = (pid: number): string =>
  `kill -USR1 ${pid} makes its socket again; is TMUX_TMPDIR the same as before, and tmux.socket_name? If nothing in it is needed any more, end it: kill ${pid}.`;
