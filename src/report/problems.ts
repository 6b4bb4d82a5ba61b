import { posix } from 'node:path';
import stringWidth from 'string-width';
import { Lines } from '../base/lines.ts';
import { counted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type { Problem, TextRange } from '../model/problem.ts';

/** What could not be loaded: the failing side of `Loaded`. */
export interface FileProblems {
  file: string;
  text: string;
  problems: Problem[];
}

export interface FormatOptions {
  color: boolean;
  /** Files within this folder are named relative to it. */
  cwd: string;
}

/** Columns shown of a long line. */
const window = 100;

/**
 * Problems for a person: each with its place, the line that it is in and the way out, and their count at the end. Nothing of
 * the file reaches the terminal as a control sequence.
 */
export function formatProblems(failure: FileProblems, options: FormatOptions): string {
  const painted = painter(options.color);
  const file = visible(shownPath(failure.file, options.cwd));
  const lines = new Lines(failure.text);
  const blocks = failure.problems.map((problem) => formatProblem(problem, file, lines, painted));
  return `${blocks.join('\n\n')}\n\n${counted(failure.problems.length, 'problem')} in ${file}\n`;
}

function formatProblem(problem: Problem, file: string, lines: Lines, painted: Painter): string {
  const { range, related, fix } = problem;
  const parts = [`${painted('bold', place(file, range))}: ${painted('red', visible(problem.message))}`];
  if (range) parts.push(excerpt(range, lines, 'red', painted));
  if (related) {
    parts.push(`  ${place(file, related.range)}: ${visible(related.message)}`);
    parts.push(excerpt(related.range, lines, 'cyan', painted));
  }
  if (fix !== undefined) parts.push(`  ${painted('cyan', 'fix')}: ${visible(fix)}`);
  return parts.join('\n');
}

const place = (file: string, range: TextRange | undefined): string =>
  range ? `${file}:${range.line}:${range.column}` : file;

/** A file as it is named to who works in that folder. */
export function shownPath(file: string, cwd: string): string {
  if (!posix.isAbsolute(file)) return file;
  const relative = posix.relative(cwd, file);
  return relative === '' || relative.startsWith('../') ? file : relative;
}

/** The line with its number, and a squiggle under the range. */
function excerpt(range: TextRange, lines: Lines, color: Color, painted: Painter): string {
  const cut = cutLine(lines.text(range.line), range);
  const before = drawn(cut.before);
  const marked = drawn(cut.marked);
  const number = String(range.line);
  const gutter = `  ${' '.repeat(number.length)} ${painted('dim', '|')}`;
  const squiggle = '~'.repeat(Math.max(1, stringWidth(marked)));
  const line = `${before}${marked}${drawn(cut.after)}`;
  return [
    `  ${painted('dim', `${number} |`)} ${line}`.trimEnd(),
    `${gutter} ${' '.repeat(stringWidth(before))}${painted(color, squiggle)}`,
  ].join('\n');
}

/** The part of a line around a range, in three pieces; an ellipsis stands for what is left out. */
function cutLine(line: string, range: TextRange): { before: string; marked: string; after: string } {
  const start = Math.min(range.column - 1, line.length);
  const end = Math.min(start + range.length, line.length);
  if (line.length <= window)
    return { before: line.slice(0, start), marked: line.slice(start, end), after: line.slice(end) };
  // A third of the window goes before the range, for what leads up to it.
  const from = whole(line, Math.max(0, Math.min(start - Math.floor(window / 3), line.length - window)));
  const to = whole(line, Math.min(line.length, from + window));
  return {
    before: (from > 0 ? '…' : '') + line.slice(from, start),
    marked: line.slice(start, Math.min(end, to)),
    after: line.slice(Math.min(end, to), to) + (to < line.length ? '…' : ''),
  };
}

/** An offset that does not split a surrogate pair. */
function whole(line: string, offset: number): number {
  const code = line.charCodeAt(offset);
  return code >= 0xdc00 && code <= 0xdfff ? offset - 1 : offset;
}

/** Tabs are two columns, whatever the terminal makes of them; other control characters are written out. */
const drawn = (text: string): string => visible(text.replaceAll('\t', '  '));

type Color = 'bold' | 'red' | 'cyan' | 'dim';
type Painter = (color: Color, text: string) => string;

const codes: Record<Color, [number, number]> = { bold: [1, 22], red: [31, 39], cyan: [36, 39], dim: [2, 22] };

const painter =
  (on: boolean): Painter =>
  (color, text) =>
    on ? `\u001b[${codes[color][0]}m${text}\u001b[${codes[color][1]}m` : text;

/** The same as data (schemas/problems.schema.json). */
export function problemsJson(failure: Omit<FileProblems, 'text'>): object {
  return {
    format_version: 1,
    file: failure.file,
    problems: failure.problems.map(({ message, fix, path, range, related }) => ({
      message,
      ...(fix !== undefined && { fix }),
      path,
      ...(range && { range }),
      ...(related && { related }),
    })),
  };
}
