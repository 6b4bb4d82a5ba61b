/** The way to the agents of a fleet, and its troubles as exit codes. */
import type { Fleet } from '../../model/fleet.ts';
import { openLocal, openTransport, type OpenOptions } from '../../transport/open.ts';
import { TransportError, type Transport } from '../../transport/transport.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { settingOf } from '../reconcile.ts';
import { restartAgent } from './restart.ts';

/** Calls throw CommandError where the transport throws TransportError. */
export function openWay(context: CommandContext, fleet: Fleet): Transport {
  const transport = openTransport(context.host, fleet, optionsOf(context, fleet));
  return {
    listAgents: () => inWords(() => transport.listAgents()),
    status: (agents) => inWords(() => transport.status(agents)),
    send: (agent, message, options) => inWords(() => transport.send(agent, message, options)),
    reset: (agent, options) => inWords(() => transport.reset(agent, options)),
    tail: (agent, options) => inWords(() => transport.tail(agent, options)),
    attachment: (agent, options) => inWords(() => transport.attachment(agent, options)),
    ownLabel: () => inWords(() => transport.ownLabel()),
  };
}

/** The way to the agents of this host alone; its calls throw TransportError. */
export const openLocalWay = (context: CommandContext, fleet: Fleet): Transport =>
  openLocal(context.host, fleet, optionsOf(context, fleet));

const optionsOf = (context: CommandContext, fleet: Fleet): OpenOptions => ({
  signal: context.signal,
  places: settingOf(context.host, fleet).places,
  restart: (agent, options) => restartAgent(context, fleet, agent, options),
});

export async function requireWay(
  context: CommandContext,
  options: { file?: string },
): Promise<{ fleet: Fleet; transport: Transport }> {
  const { fleet } = await requireFleet(context, options);
  return { fleet, transport: openWay(context, fleet) };
}

async function inWords<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const code = error.kind === 'unavailable' ? EXIT.unavailable : EXIT.failed;
    throw new CommandError(error.message, code, { fix: error.fix });
  }
}
