/** Agents that live where their sessions are not: nothing of them is recorded as ended, stopped or started anew. */
import { runKey, recordOf } from '../model/state.ts';
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
  const run = recordOf(g.state, agent)?.run;
  const lock = g.observation.locks.get(agent);
  const named = run ?? (lock?.kind === 'live' ? { key: lock.lock.sessionId, pid: lock.lock.pid } : undefined);
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
  const run = recordOf(g.state, agent)?.run;
  if (run === undefined || sessionOf(g.sessions, agent).kind !== 'absent') return undefined;
  const silent = g.observation.silentServers.some(
    ({ server }) => server.pid === run.server.pid && server.startTime === run.server.startTime,
  );
  if (!silent || g.observation.locks.get(agent)?.kind !== 'live') return undefined;
  return { reason: `it seems to run, but ${silence(g, run.server.pid)}`, fix: wayBack(run.server.pid) };
}

/** What is wrong with a server that runs and does not answer. */
export const silence = ({ fleet }: Pick<Gathering, 'fleet'>, pid: number): string =>
  `the tmux server ${pid} of this fleet runs and does not answer on its socket (tmux -L ${fleet.tmux.socketName})`;

export const wayBack = (pid: number): string =>
  `kill -USR1 ${pid} makes its socket again; is TMUX_TMPDIR the same as before, and tmux.socket_name? If nothing in it is needed any more, end it: kill ${pid}.`;
