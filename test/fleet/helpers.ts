import assert from 'node:assert/strict';
import { loadFleet } from '../../src/fleet/load.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Loaded, Problem } from '../../src/model/problem.ts';

/** Loads a text as `/work/fleet.yaml` of the user whose home is `/home/u`, on the host `here`. */
export const load = (text: string | Uint8Array): Loaded<Fleet> =>
  loadFleet({ text, file: '/work/fleet.yaml', home: '/home/u', hostnames: ['here', '0123abcd'] });

export function good(text: string): Fleet {
  const loaded = load(text);
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.problems, undefined, 2));
  return loaded.value;
}

export function bad(text: string): Problem[] {
  const loaded = load(text);
  assert.ok(!loaded.ok, 'the text should be refused');
  return loaded.problems;
}

/** A document as JSON, which is YAML too: every string arrives exactly. */
export const document = (value: object): string => JSON.stringify({ version: 1, ...value });
