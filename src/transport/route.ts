/** One way to all agents of a fleet: those of this host directly, those of others by what leads there. */
import type { Fleet } from '../model/fleet.ts';
import type { AgentListed, AgentStatus } from '../model/messaging.ts';
import type { Transport } from './transport.ts';

/**
 * @param local knows the agents of this host; what nobody has heard of is asked of it, so that it is what says so
 * @param remote knows those of other hosts
 */
export function routed(fleet: Fleet, local: Transport, remote: Transport): Transport {
  const away = new Set(fleet.elsewhere.map(({ name }) => name));
  const isAway = (agent: string): boolean => away.has(plain(agent));
  const wayTo = (agent: string): Transport => (isAway(agent) ? remote : local);
  return {
    async listAgents() {
      const [here, there] = await Promise.all([
        // A machine that only talks to others need not have what carries messages on it.
        fleet.agents.length === 0 ? [] : local.listAgents(),
        away.size === 0 ? [] : remote.listAgents(),
      ]);
      return inFileOrder(fleet, [...here.filter(({ agent }) => !away.has(agent)), ...there]);
    },
    async status(agents) {
      const here = agents.filter((name) => !isAway(name));
      const there = agents.filter(isAway);
      const seen = await Promise.all([
        here.length === 0 ? [] : local.status(here),
        there.length === 0 ? [] : remote.status(there),
      ]);
      const byName = new Map(seen.flat().map((status) => [status.agent, status]));
      return agents.flatMap((name): AgentStatus | [] => byName.get(plain(name)) ?? []);
    },
    send: (agent, message, options) => wayTo(agent).send(agent, message, options),
    reset: (agent, options) => wayTo(agent).reset(agent, options),
    tail: (agent, options) => wayTo(agent).tail(agent, options),
    attachment: (agent, options) => wayTo(agent).attachment(agent, options),
    ownLabel: () => local.ownLabel(),
  };
}

/** `=name` says the same as `name`. */
const plain = (agent: string): string => agent.replace(/^=/, '');

function inFileOrder({ agents, elsewhere }: Fleet, listed: readonly AgentListed[]): AgentListed[] {
  const byName = new Map(listed.map((each) => [each.agent, each]));
  const order = agents.map(({ name }) => name);
  // From the last on, so that the places of those before stay what they are.
  for (const { name, after } of elsewhere.toReversed()) order.splice(after, 0, name);
  return order.flatMap((name) => byName.get(name) ?? []);
}
