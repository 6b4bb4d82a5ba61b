/** The one place that chooses what carries messages. */
import type { Host } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import { routed } from './route.ts';
import { sshTransport } from './ssh/ssh.ts';
import { tmuxTransport, type TmuxTransportOptions } from './tmux/transport.ts';
import type { Transport } from './transport.ts';

export type OpenOptions = TmuxTransportOptions;

/** The way to the agents of this host alone. */
export const openLocal = tmuxTransport;

/** The way to all agents of the fleet. */
export function openTransport(host: Host, fleet: Fleet, options: OpenOptions): Transport {
  const local = openLocal(host, fleet, options);
  if (fleet.elsewhere.length === 0) return local;
  return routed(fleet, local, sshTransport(host, fleet, { signal: options.signal }));
}
