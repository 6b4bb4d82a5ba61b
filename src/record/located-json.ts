/** JSON files that a person may have edited: what is wrong is told with its line and column. */
import type { ErrorObject } from 'ajv';
import { brokenAt, valueAt } from '../base/json-place.ts';
import { Lines } from '../base/lines.ts';
import { listed, quoted } from '../base/text.ts';

interface Validator {
  (data: unknown): boolean;
  errors?: ErrorObject[] | null;
}

/** What is wrong with a file's text, and where: 1-based. */
export class PlacedError extends Error {
  readonly line: number;
  readonly column: number;
  /** What to do about it, where that is another thing than to mend the file. */
  readonly fix: string | undefined;
  constructor(what: string, text: string, offset: number, fix?: string) {
    const { line, column } = new Lines(text).at(offset);
    super(`line ${line}, column ${column}: ${what}`);
    this.line = line;
    this.column = column;
    this.fix = fix;
  }
}

/** Throws PlacedError when the text is no JSON, or not what the schema says. */
export function parseLocated(text: string, valid: Validator): unknown {
  if (text.trim() === '') throw new PlacedError('it is empty', text, 0);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    const offset = brokenAt(text) ?? 0;
    throw new PlacedError(`it is not JSON: ${foundAt(text, offset)}`, text, offset);
  }
  if (valid(data)) return data;
  const error = theOne(valid.errors ?? []);
  const pointer = error?.instancePath ?? '';
  throw new PlacedError(`${pathOf(pointer)} ${wordsOf(error)}`, text, valueAt(text, pointer) ?? 0);
}

/** What the schema cannot say is wrong with the value at a JSON pointer. */
export const placedAt = (what: string, text: string, pointer: string, fix?: string): PlacedError =>
  new PlacedError(what, text, valueAt(text, pointer) ?? 0, fix);

function foundAt(text: string, offset: number): string {
  const character = text.codePointAt(offset);
  return character === undefined
    ? 'it ends too early'
    : `unexpected ${quoted(String.fromCodePoint(character))}`;
}

/** The deepest says most: those above it only tell that no alternative fits. */
const theOne = (errors: readonly ErrorObject[]): ErrorObject | undefined =>
  [...errors].sort((a, b) => b.instancePath.split('/').length - a.instancePath.split('/').length)[0];

/** `/milestones/0/status` as `milestones[0].status`. */
function pathOf(pointer: string): string {
  if (pointer === '') return 'it';
  const path = pointer
    .slice(1)
    .split('/')
    .map((part) =>
      /^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`,
    )
    .join('');
  return path.replace(/^\./, '');
}

function wordsOf(error: ErrorObject | undefined): string {
  if (error?.keyword !== 'enum') return error?.message ?? 'is not as it should be';
  const allowed = (error.params as { allowedValues: unknown[] }).allowedValues;
  const words = allowed.filter((value): value is string => typeof value === 'string' && value !== '');
  return `must be ${listed(words, 'or')}`;
}
