/** Text of others within Markdown of ours: it stays text, on its line, in its cell, in its fence. */
import { visible, visibleLines } from '../base/visible.ts';

/** On one line, with nothing in it that a terminal acts on or that begins HTML. */
export const inline = (text: string): string => oneLine(text).replaceAll('<', '&lt;');

/** As `inline`, for a cell of a table. */
export const inlineCell = (text: string): string => inline(text).replaceAll('|', '\\|');

/** Text for a cell from which it is read back: on one line, its pipes escaped and nothing else. */
export const cellText = (text: string): string => oneLine(text).replaceAll('|', '\\|');

const oneLine = (text: string): string =>
  visible(text.replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')).trim();

/** A code block of the text just as it is, in a fence that nothing in it can close; ends in a newline. */
export function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${fence}\n`;
}

/** A code block of what a program printed: the control characters in it are written out. */
export const fencedOutput = (text: string): string =>
  fenced(visibleLines(text.replaceAll('\r\n', '\n')).join('\n'));

/** A row of a table, ending in a newline. */
export const row = (cells: readonly string[]): string => `| ${cells.map(inlineCell).join(' | ')} |\n`;

/** A table's header and the row of dashes below it. */
export const head = (names: readonly string[]): string =>
  `${row(names)}|${names.map((name) => '-'.repeat(name.length + 2)).join('|')}|\n`;
