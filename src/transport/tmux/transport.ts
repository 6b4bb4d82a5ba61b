/** Agents of this host, in the tmux server of their fleet. */
import { dirname, basename } from 'node:path';
import { suggest } from '../../base/suggest.ts';
import { quoted } from '../../base/text.ts';
import type { Host } from '../../host/host.ts';
import type { Agent, Fleet } from '../../model/fleet.ts';
import { formulaOfSession } from '../../model/formula.ts';
import type { Reset, ResetOptions } from '../../model/messaging.ts';
import type { Places } from '../../model/places.ts';
import { tmuxArgs } from '../../observe/tmux.ts';
import { TransportError, type Attachment, type Transport } from '../transport.ts';
import type { Local } from './local.ts';
import { clear } from './reset.ts';
import type { Delivered } from './deliver.ts';
import { giveKickstart, waiveKickstart } from './kickstart.ts';
import { interrupted, send, wayTo, withTurn } from './send.ts';
import { lookTogether } from './sight.ts';
import { list, status, tail } from './status.ts';
import { absence, findSession, sessionsOf } from './target.ts';

export interface TmuxTransportOptions {
  signal: AbortSignal;
  places: Places;
  /**
   * Starts an agent's program anew through the planner, without its conversation, and gives it its kickstart where that is asked for.
   * Absent: such a reset is refused.
   */
  restart?: (
    agent: string,
    options: { kickstart: boolean },
  ) => Promise<Pick<Reset, 'result' | 'detail' | 'fix' | 'kickstart'>>;
}

export function tmuxTransport(host: Host, fleet: Fleet, options: TmuxTransportOptions): Transport {
  const local: Local = {
    host,
    fleet,
    places: options.places,
    look: lookTogether(host, fleet.tmux.socketName),
    signal: options.signal,
  };
  const named = (name: string): Agent => agentNamed(fleet, name);
  return {
    listAgents: () => list(local),
    status: async (names) => status(local, names.map(named)),
    send: async (name, message, wish) => send(local, named(name), message, wish),
    reset: async (name, wish) => reset(local, named(name), wish, options.restart),
    tail: async (name, wish) => tail(local, named(name), wish),
    attachment: async (name, wish) => attachment(local, named(name), wish),
    ownLabel: () => ownLabel(local),
  };
}

/** `=name` says the same as `name`: exactly that one. Throws TransportError. */
export function agentNamed({ agents, file }: Fleet, given: string): Agent {
  const name = given.replace(/^=/, '');
  const agent = agents.find((one) => one.name === name);
  if (agent !== undefined) return agent;
  const near = suggest(
    name,
    agents.map((one) => one.name),
  );
  throw new TransportError('absent', `there is no agent ${quoted(name)} in ${file}`, {
    fix:
      formulaFix(name) ??
      (near === undefined ? 'See them all: mosaic agent roster' : `Did you mean ${near}?`),
  });
}

function formulaFix(name: string): string | undefined {
  const formula = formulaOfSession(name);
  if (formula === undefined || !/^[a-z0-9-]+$/.test(formula)) return undefined;
  return `That is the session of a formula: mosaic formula reply ${formula} answers it, mosaic formula list tells how to look at it.`;
}

async function reset(
  local: Local,
  agent: Agent,
  wish: ResetOptions,
  restart: TmuxTransportOptions['restart'],
): Promise<Reset> {
  const base = { agent: agent.name, host: local.host.facts.hostname };
  if (agent.persistentPersona === true && !wish.force) {
    return {
      ...base,
      result: 'refused',
      detail: 'it keeps its persona (persistent_persona: true); nothing was done',
      fix: 'Reset it all the same with --force.',
    };
  }
  const cleared = await clear(local, agent, wish);
  if (!('restart' in cleared)) {
    if (cleared.result !== 'cleared' || !wish.kickstart || agent.kickstart === undefined)
      return { ...base, ...cleared };
    const { result, detail } = await kickstart(local, agent, agent.kickstart);
    const isTyped = result === 'sent' || result === 'queued' || result === 'unverified';
    const given = isTyped ? result : 'pending';
    return {
      ...base,
      ...cleared,
      kickstart: given,
      ...(detail === undefined ? {} : { detail: `its kickstart: ${detail}` }),
    };
  }
  if (restart === undefined)
    return { ...base, result: 'refused', detail: `${cleared.restart}; it would have to be restarted` };
  const restarted = await restart(agent.name, { kickstart: wish.kickstart });
  if (!wish.kickstart && restarted.result === 'restarted') {
    const way = await wayTo(local, agent);
    if (!('result' in way)) await waiveKickstart(way);
  }
  return { ...base, ...restarted, detail: restarted.detail ?? cleared.restart };
}

async function kickstart(local: Local, agent: Agent, text: string): Promise<Delivered> {
  const given = await withTurn(local, agent.name, async () => {
    const way = await wayTo(local, agent);
    return 'result' in way ? way : giveKickstart(way, text, { isTyped: false });
  });
  return given ?? interrupted;
}

/** A client of the same server cannot be put into itself: it switches. */
async function attachment(
  { host, fleet }: Local,
  agent: Agent,
  { readOnly }: { readOnly: boolean },
): Promise<Attachment> {
  const { presence, session } = findSession(await sessionsOf(host, fleet), fleet, agent.name);
  if (session === undefined) {
    const { detail, fix } = absence({ presence }, fleet, agent.name);
    throw new TransportError('absent', detail, { fix });
  }
  const socket = tmuxArgs(fleet.tmux.socketName);
  if (ownSession(host, fleet) !== undefined) {
    const command = ['tmux', ...socket, 'switch-client', ...(readOnly ? ['-r'] : []), '-t', `${session.id}:`];
    return { command, env: {} };
  }
  // Who only looks does not change the size for others who are there.
  const flags = readOnly ? ['-f', 'read-only,ignore-size'] : [];
  return {
    command: ['tmux', ...socket, 'attach-session', ...flags, '-t', `${session.id}:`],
    env: { TMUX: undefined },
  };
}

/** `$TMUX` is `SOCKET,PID,SESSION` (tmux(1), ENVIRONMENT). */
function ownSession(host: Host, { tmux }: Fleet): string | undefined {
  const [, socket = '', id] = /^(.*),\d+,(\d+)$/.exec(host.facts.env['TMUX'] ?? '') ?? [];
  const folder = `tmux-${host.facts.uid}`;
  if (basename(socket) !== tmux.socketName || basename(dirname(socket)) !== folder) return undefined;
  return id === undefined ? undefined : `$${id}`;
}

/** The session of our server that this command runs in, as `HOST:SESSION`. */
async function ownLabel({ host, fleet }: Local): Promise<string | undefined> {
  const { env, hostname } = host.facts;
  const agent = env['MOSAIC_AGENT'] ?? '';
  if (agent !== '') return `${hostname}:${agent}`;
  const id = ownSession(host, fleet);
  if (id === undefined) return undefined;
  const { sessions } = await sessionsOf(host, fleet);
  const own = sessions.find((session) => session.id === id);
  return own === undefined ? undefined : `${hostname}:${own.name}`;
}
