import type { Host } from '../host/host.ts';
import type { Terminal } from '../report/terminal.ts';

/** What every command is given: the machine, the terminal, and when to end. */
export interface CommandContext {
  host: Host;
  terminal: Terminal;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
  /** What is said on standard error when a second signal ends everything at once. */
  parting?: { words?: () => string };
  version: string;
  /** Names exactly this build; absent when run from source. */
  build?: string;
}

/** Options that all commands on a fleet share. */
export interface FleetOptions {
  file?: string;
  json?: boolean;
}
