/** The on-disk form of a formula's run (schemas/formula-record.schema.json). */
import { formulaRecord as valid } from '../generated/formulaRecord.js';
import type { RunRecord } from '../model/formula.ts';
import { parseChecked } from './json.ts';
import { toCamel, toSnake } from './keys.ts';

/** One line, without its end. */
export const formatRun = (run: RunRecord): string =>
  JSON.stringify({ format_version: 1, ...(toSnake(run) as object) });

/** Throws an Error in words when the text is no such record. */
export function parseRun(text: string): RunRecord {
  const { format_version: _, ...run } = parseChecked(text, valid) as Record<string, unknown>;
  return toCamel(run) as RunRecord;
}
