import { composed } from '../../src/message/compose.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { AgentStatus, Presence } from '../../src/model/messaging.ts';
import { TransportError, type Transport } from '../../src/transport/transport.ts';

/** One agent as the fake has it. What is not given is as with one that lives and waits. */
export interface FakeAgent {
  presence?: Presence;
  activity?: 'starting' | 'idle' | 'busy' | 'dialog';
  /** The lines of its question. */
  dialog?: string[];
  draft?: string;
  screen?: string[];
  /** All that was typed to it, in order. */
  taken?: string[];
  /** Its conversation, which a reset empties. */
  conversation?: string[];
  kickstart?: string;
  /** The next message stays unverified. */
  unsure?: boolean;
}

/** Plain data, so that it can be kept in a file between two commands. */
export interface FakeState {
  host: string;
  agents: Record<string, FakeAgent>;
}

/** Carries messages nowhere, and remembers them in `state`: what stands above a transport cannot tell it from a real one. */
export function fakeTransport(fleet: Fleet, state: FakeState): Transport {
  const { host } = state;
  const named = (given: string): { name: string; agent: FakeAgent } => {
    const name = given.replace(/^=/, '');
    if (!fleet.agents.some((each) => each.name === name))
      throw new TransportError('absent', `there is no agent "${name}"`, { fix: 'See: mosaic agent roster' });
    return { name, agent: (state.agents[name] ??= { presence: 'absent' }) };
  };
  const notLive = (presence: Presence): string =>
    ({
      live: '',
      dead: 'its program has ended; nothing was typed',
      absent: 'it does not run; nothing was typed',
      foreign: 'its session is not of this fleet; nothing was typed',
    })[presence];
  const start = (name: string): string => `Start it: mosaic apply --agent ${name}`;
  const type = (agent: FakeAgent, text: string): void => {
    (agent.taken ??= []).push(text);
    (agent.conversation ??= []).push(text);
  };
  return {
    async listAgents() {
      return fleet.agents.map(({ name, runtime, class: kind, host: given, state: wanted }) => ({
        agent: name,
        runtime,
        ...(kind === undefined ? {} : { class: kind }),
        ...(given === undefined ? {} : { host: given }),
        wanted,
        presence: state.agents[name]?.presence ?? (state.agents[name] === undefined ? 'absent' : 'live'),
      }));
    },
    async status(names) {
      return names.map((given): AgentStatus => {
        const { name, agent } = named(given);
        const presence = agent.presence ?? 'live';
        if (presence !== 'live') return { agent: name, host, presence };
        const activity = agent.activity ?? 'idle';
        const lastLine = agent.screen?.at(-1);
        return {
          agent: name,
          host,
          presence,
          activity,
          queued: false,
          ...(activity === 'dialog' ? { dialog: agent.dialog ?? [] } : { draft: agent.draft ?? '' }),
          kickstartPending: false,
          since: 0,
          ...(lastLine === undefined ? {} : { lastLine }),
        };
      });
    },
    async send(given, message, { force }) {
      const { name, agent } = named(given);
      const { text, changes } = composed(message, `${host}:${name}`);
      const base = { agent: name, host, changes };
      const presence = agent.presence ?? 'live';
      if (presence !== 'live')
        return { ...base, result: 'absent', detail: notLive(presence), fix: start(name) };
      if (agent.activity === 'dialog')
        return { ...base, result: 'dialog', detail: 'it asks something', inTheWay: agent.dialog ?? [] };
      if ((agent.draft ?? '') !== '' && !force)
        return { ...base, result: 'draft', detail: 'there is a draft', inTheWay: [agent.draft ?? ''] };
      type(agent, text);
      if (agent.unsure === true) return { ...base, result: 'unverified', detail: 'it shows nothing of it' };
      return { ...base, result: agent.activity === 'busy' ? 'queued' : 'sent' };
    },
    async reset(given, { kickstart, force }) {
      const { name, agent } = named(given);
      const base = { agent: name, host };
      const inTheWay = agent.activity === 'dialog' ? agent.dialog : undefined;
      const isFree = (agent.activity ?? 'idle') === 'idle' && (agent.draft ?? '') === '';
      if ((agent.presence ?? 'live') === 'live' && !isFree && !force)
        return {
          ...base,
          result: 'refused',
          detail: 'it is not free; nothing was done',
          ...(inTheWay === undefined ? {} : { inTheWay }),
        };
      const result = (agent.presence ?? 'live') === 'live' && isFree ? 'cleared' : 'restarted';
      agent.conversation = [];
      agent.presence = 'live';
      agent.activity = 'idle';
      delete agent.draft;
      if (!kickstart || agent.kickstart === undefined) return { ...base, result };
      type(agent, agent.kickstart);
      return { ...base, result, kickstart: 'sent' };
    },
    async tail(given, { lines }) {
      const { name, agent } = named(given);
      const presence = agent.presence ?? 'live';
      if (presence !== 'live' && presence !== 'dead')
        throw new TransportError('absent', `${name} ${notLive(presence)}`, { fix: start(name) });
      const screen = [
        ...(agent.screen ?? []),
        ...(agent.conversation ?? []).flatMap((text) => text.split('\n')),
      ];
      return { agent: name, host, presence, lines: lines <= 0 ? [] : screen.slice(-lines), run: '1-1-$1' };
    },
    async attachment(given, { readOnly }) {
      const { name, agent } = named(given);
      if ((agent.presence ?? 'live') !== 'live')
        throw new TransportError('absent', `${name} ${notLive(agent.presence ?? 'live')}`);
      return { command: ['attach', ...(readOnly ? ['-r'] : []), name], env: {} };
    },
    ownLabel: async () => undefined,
  };
}
