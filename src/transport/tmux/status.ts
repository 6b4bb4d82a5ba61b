/** What the agents of this host do, and the ends of their screens. */
import { appearanceOf } from '../../message/appearance.ts';
import { plainText, withColours } from '../../message/escapes.ts';
import { screenRuntime } from '../../message/shell.ts';
import type { Agent } from '../../model/fleet.ts';
import type { AgentListed, AgentStatus } from '../../model/messaging.ts';
import type { PaneLook } from '../../observe/pane-looks.ts';
import { TransportError, type Tail, type TailOptions } from '../transport.ts';
import type { Local } from './local.ts';
import { looksAt } from './sight.ts';
import { absence, findSession, sessionsOf, type Found } from './target.ts';

export async function list({ host, fleet }: Local): Promise<AgentListed[]> {
  const seen = await sessionsOf(host, fleet);
  return fleet.agents.map((agent) => ({
    agent: agent.name,
    runtime: agent.runtime,
    ...(agent.class === undefined ? {} : { class: agent.class }),
    ...(agent.host === undefined ? {} : { host: agent.host }),
    wanted: agent.state,
    presence: findSession(seen, fleet, agent.name).presence,
  }));
}

export async function status(local: Local, agents: readonly Agent[]): Promise<AgentStatus[]> {
  const { host, fleet } = local;
  const seen = await sessionsOf(host, fleet);
  const found = new Map(agents.map(({ name }) => [name, findSession(seen, fleet, name)]));
  const panes = [...found.values()].flatMap(({ pane }) => pane?.id ?? []);
  const looks = await looksAt(host, fleet.tmux.socketName, panes);
  return agents.map((agent) => {
    const one = found.get(agent.name) ?? { presence: 'absent' };
    const look = one.pane === undefined ? undefined : looks.get(one.pane.id);
    return statusOf(local, agent, one, look);
  });
}

function statusOf(
  { host, fleet }: Local,
  agent: Agent,
  { presence, session, run }: Found,
  look: PaneLook | undefined,
): AgentStatus {
  const base = { agent: agent.name, host: host.facts.hostname, presence };
  if (presence !== 'live' || look === undefined) return base;
  const { activity, queued, draft, dialog } = appearanceOf(screenRuntime(fleet, agent), look);
  // What frames an editor says nothing.
  const lastLine = plainText(look.text)
    .split('\n')
    .findLast((line) => /[\p{L}\p{N}]/u.test(line))
    ?.trim();
  return {
    ...base,
    activity,
    ...(run === undefined ? {} : { program: { pid: look.pid, run } }),
    queued,
    ...(draft === undefined ? {} : { draft }),
    ...(dialog === undefined ? {} : { dialog }),
    kickstartPending: session?.kickstartPending ?? false,
    since: look.activityAt,
    ...(lastLine === undefined || lastLine === '' ? {} : { lastLine }),
  };
}

/** Throws TransportError where there is nothing to show. */
export async function tail(local: Local, agent: Agent, { lines, ansi }: TailOptions): Promise<Tail> {
  const { host, fleet } = local;
  const { presence, pane, run } = findSession(await sessionsOf(host, fleet), fleet, agent.name);
  const look =
    pane === undefined
      ? undefined
      : (await looksAt(host, fleet.tmux.socketName, [pane.id], Math.max(0, lines))).get(pane.id);
  if (look === undefined || run === undefined || (presence !== 'live' && presence !== 'dead')) {
    const { detail, fix } = absence({ presence: presence === 'live' ? 'dead' : presence }, fleet, agent.name);
    throw new TransportError('absent', detail, { fix });
  }
  const text = ansi ? withColours(look.text) : plainText(look.text);
  const all = text.split('\n').map((line) => line.trimEnd());
  while (plainText(all.at(-1) ?? 'x').trim() === '') all.pop();
  return {
    agent: agent.name,
    host: host.facts.hostname,
    presence,
    lines: lines <= 0 ? [] : all.slice(-lines),
    run,
  };
}
