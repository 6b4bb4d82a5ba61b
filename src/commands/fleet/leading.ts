/** What leads mosaic, tmux and the agents to the same places for whoever starts it by itself as for who installed that. */
import type { Facts } from '../../host/host.ts';

const NAMES = [
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_DATA_HOME',
  'XDG_CACHE_HOME',
  'TMUX_TMPDIR',
  'MOSAIC_HOME',
];

/** Variables with their values; the runtime folder also where it is the usual one. */
export function leadingEnvironment({
  env,
  uid,
}: Pick<Facts, 'env' | 'uid'>): [name: string, value: string][] {
  const given = NAMES.flatMap((name): [string, string][] => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value]];
  });
  return [['XDG_RUNTIME_DIR', env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`], ...given];
}

const PLACES = new Set(['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'TMUX_TMPDIR', 'XDG_RUNTIME_DIR']);

/** Of these only what leads to the fleet's places and its server: whoever applies next, from wherever, names the same. */
export const leadingPlaces = (facts: Pick<Facts, 'env' | 'uid'>): [name: string, value: string][] =>
  leadingEnvironment(facts).filter(([name]) => PLACES.has(name));
