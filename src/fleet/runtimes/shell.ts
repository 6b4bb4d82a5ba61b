import type { Runtime } from '../../model/fleet.ts';

/** A plain shell; also the runtime of agents that bring a command of their own. */
export const shell: Runtime = {
  command: ['sh'],
  ready: '[$#] ?$',
};
