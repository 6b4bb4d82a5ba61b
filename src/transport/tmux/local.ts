import type { Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Places } from '../../model/places.ts';
import type { LookAt } from './sight.ts';

/** What carries messages on this host works with. */
export interface Local {
  host: Host;
  fleet: Fleet;
  places: Places;
  look: LookAt;
  /** Aborted: nothing new is begun. */
  signal: AbortSignal;
}
