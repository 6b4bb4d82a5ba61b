/** Texts of others as they may stand in a prompt. */
import { visible, visibleLines } from '../base/visible.ts';

/** Nothing that a terminal acts on; lines end with newlines. */
export const clean = (text: string): string =>
  visibleLines(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')).join('\n');

/** A value on one line. */
export const line = (text: string): string => visible(text.replace(/\s+/g, ' ').trim());

/** Longer rows of backticks than this are nobody's text, and would make fences that nobody can read. */
const longestRow = 40;

/** What fences and line breaks add to a text at most. */
export const FENCE_BYTES = 2 * (longestRow + 1) + 4;

/** Between fences that are longer than any within, so that nothing in it can be taken for the end of it. */
export function fenced(text: string): string {
  const body = text.replace(/\n$/, '').replace(/`+/g, (row) => row.slice(0, longestRow));
  const row = (body.match(/`+/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2);
  const fence = '`'.repeat(row + 1);
  return `${fence}\n${body}\n${fence}`;
}
