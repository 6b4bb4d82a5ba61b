/** Compares two fleets as `mosaic diff` does, without any file. */
import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { loadFleet } from '../../src/fleet/load.ts';
import type { FleetDiff } from '../../src/model/diff.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import { compareFleets } from '../../src/plan/compare.ts';

export type Raw = Record<string, unknown>;

export const usual = { runtime: 'claude', working_directory: '~/src' };

export const fleetOf = (agents: Raw[], rest: Raw = {}): Raw => ({
  version: 1,
  name: 'factory',
  defaults: usual,
  agents,
  ...rest,
});

export function load(raw: Raw | string): Fleet {
  const text = typeof raw === 'string' ? raw : stringify(raw);
  const loaded = loadFleet({ text, file: 'fleet.yaml', home: '~', hostnames: 'all' });
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.value;
}

export const compare = (base: Raw | string | undefined, head: Raw | string): FleetDiff =>
  compareFleets(base === undefined ? undefined : { fleet: load(base), secrets: new Map() }, {
    fleet: load(head),
    secrets: new Map(),
  });

/** Each agent that differs, with its consequence. */
export const consequences = (diff: FleetDiff): Record<string, string> =>
  Object.fromEntries(diff.agents.map(({ agent, consequence }) => [agent, consequence]));
