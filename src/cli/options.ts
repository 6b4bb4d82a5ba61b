/** Values of options. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../base/duration.ts';

/** Milliseconds of `30s`, `5m`, `24h`. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It is a duration such as 30s, 5m or 24h.');
  return ms;
}

/** A whole number of up to six digits. */
export function count(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}

/** As `count`, and not zero. */
export function someCount(text: string): number {
  const number = count(text);
  if (number === 0) throw new InvalidArgumentError('It is at least 1.');
  return number;
}

/** All values of an option that may be repeated. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
