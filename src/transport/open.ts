/** The one place that chooses what carries messages. */
import type { Host } from '../host/host.ts';
import type { Fleet } from '../model/fleet.ts';
import { tmuxTransport, type TmuxTransportOptions } from './tmux/transport.ts';
import type { Transport } from './transport.ts';

export type OpenOptions = TmuxTransportOptions;

export const openTransport = (host: Host, fleet: Fleet, options: OpenOptions): Transport =>
  tmuxTransport(host, fleet, options);
