/** The contract's agents as a fleet file, and as the fake has them. */
import { loadFleet } from '../../src/fleet/load.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { FakeState } from '../support/fake-transport.ts';
import { cast } from './contract.ts';

export const KICKSTART = 'Begin with the open tasks.';

const kickstarts: Record<string, string> = { app: KICKSTART };

export const sceneAgents = (more: Record<string, unknown> = {}): Record<string, unknown>[] =>
  Object.keys(cast).map((name) => {
    const kickstart = kickstarts[name];
    const agent = { name, runtime: 'claude', kickstart };
    return Object.assign(agent, more);
  });

/** @param document of a fleet file; its host is `here` */
export function fleetOf(document: Record<string, unknown>, file = '/work/fleet.yaml'): Fleet {
  const text = JSON.stringify({ version: 1, name: 'test', ...document });
  const loaded = loadFleet({ text, file, home: '/home/u', hostnames: ['here'] });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.value;
}

export const fakeCast = (host: string): FakeState => ({
  host,
  agents: {
    app: { kickstart: KICKSTART },
    'app-2': {},
    worker: { activity: 'busy' },
    asks: { activity: 'dialog', dialog: ['Run touch x?', 'Enter to confirm · Esc to cancel'] },
    drafted: { draft: 'half a thought' },
    ended: { presence: 'dead', screen: ['bye'] },
    theirs: { presence: 'foreign' },
  },
});
