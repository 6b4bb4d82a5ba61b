import assert from 'node:assert/strict';
import { loadFormula } from '../../src/formula/load.ts';
import type { Formula } from '../../src/model/formula.ts';
import type { Loaded, Problem } from '../../src/model/problem.ts';

/** Loads a text as `/work/formulas/a.toml` of the user whose home is `/home/u`. */
export const load = (text: string | Uint8Array): Loaded<Formula> =>
  loadFormula({ text, file: '/work/formulas/a.toml', home: '/home/u' });

export function good(text: string): Formula {
  const loaded = load(text);
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.problems, undefined, 2));
  return loaded.value;
}

export function bad(text: string): Problem[] {
  const loaded = load(text);
  assert.ok(!loaded.ok, 'the text should be refused');
  return loaded.problems;
}

/** The least that a formula has, and more lines. */
export const minimal = (more = ''): string =>
  `name = "gardener"\nruntime = "claude"\nrepository = "~/src/app"\nprompt = "Weed."\n${more}`;
