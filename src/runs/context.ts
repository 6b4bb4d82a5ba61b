/** What everything that a run of a formula does works with. */
import type { Host } from '../host/host.ts';
import type { Fleet, Supervisor } from '../model/fleet.ts';
import type { Places } from '../model/places.ts';

export interface RunContext {
  host: Host;
  fleet: Fleet;
  places: Places;
  /** Who starts its program: tmux alone, or a scope of systemd's. */
  supervisor: Supervisor;
  /** Aborted when the user wants it to end. */
  signal: AbortSignal;
}
