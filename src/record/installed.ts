/** The host's own list of formulas that a timer runs (schemas/installed-formulas.schema.json). */
import { formatDuration } from '../base/duration.ts';
import { isEvery } from '../base/every.ts';
import { installedFormulas } from '../generated/installedFormulas.js';
import type { ScheduledFormula } from '../model/fleet.ts';
import { parseChecked } from './json.ts';
import { toCamel, toSnake } from './keys.ts';

/** Throws an Error in words when the text is no such list. */
export function parseInstalled(text: string): ScheduledFormula[] {
  const { formulas } = toCamel(parseChecked(text, installedFormulas)) as { formulas: ScheduledFormula[] };
  const odd = formulas.find(({ everyMs }) => !isEvery(everyMs));
  if (odd !== undefined)
    throw new Error(`no timer can come every ${formatDuration(odd.everyMs)}, as ${odd.name} should`);
  return formulas;
}

export const formatInstalled = (formulas: readonly ScheduledFormula[]): string =>
  `${JSON.stringify({ format_version: 1, formulas: toSnake(formulas) }, undefined, 2)}\n`;
