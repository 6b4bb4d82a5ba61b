/** Where the task tables of a text are: every row and cell by its offsets, so that one can be changed and the rest left. */
import type { TextRange } from '../model/problem.ts';
import { beginsBlock, indentOf, isSpace, markdownLines, type MarkdownLine } from './lines.ts';

export const columnNames = ['id', 'status', 'milestone', 'description', 'pr', 'notes'] as const;
export type ColumnName = (typeof columnNames)[number];
const neededColumns = ['id', 'status', 'milestone', 'description'] as const;

/** Offsets of a stretch of the text. */
export interface Span {
  start: number;
  end: number;
}

export interface Row {
  line: MarkdownLine;
  /** Between the pipes, spaces around the content included. */
  cells: Span[];
}

export interface Table {
  header: Row;
  /** The row of dashes below the header. */
  rule: Row;
  rows: Row[];
  columns: Partial<Record<ColumnName, number>>;
}

export interface Found {
  /** Those with every column that a task needs, in the order of the text. */
  tables: Table[];
  /** Where there are none: what comes nearest to one. */
  similar?: { header: Row; missing: ColumnName[]; withoutRule: boolean };
  /** Lines that are written like a row of a task table (given), but stand outside of any. */
  strays: { row: Row; table: Table }[];
}

/** Finds tables as GitHub does: a header, a row of dashes below it, rows up to an empty line or another block. */
export function findTables(text: string): Found {
  const lines = markdownLines(text);
  const tables: Table[] = [];
  const strays: Found['strays'] = [];
  let similar: Found['similar'];
  const consider = (header: Row, columns: Table['columns'], withoutRule: boolean): void => {
    const missing = neededColumns.filter((name) => columns[name] === undefined);
    if (similar !== undefined && similar.missing.length <= missing.length) return;
    similar = { header, missing, withoutRule };
  };
  // A line that ends a table and is indented too far to be its row.
  let indented: MarkdownLine | undefined;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (line?.kind !== 'text') continue;
    const header = headerAt(text, line);
    const rule = header && ruleAt(text, lines[index + 1]);
    const last = tables.at(-1);
    if (header && rule) {
      const columns = columnsOf(text, header);
      const rows = rowsFrom(text, lines, index + 2);
      index += 1 + rows.length;
      indented = lines[index + 1];
      if (neededColumns.every((name) => columns[name] !== undefined))
        tables.push({ header, rule, rows, columns });
      else if (looksLikeTasks(columns)) consider(header, columns, false);
    } else if (text.startsWith('|', contentOf(text, line).start)) {
      const row = rowOf(text, line);
      const columns = columnsOf(text, row);
      if (header && neededColumns.every((name) => columns[name] !== undefined)) consider(row, columns, true);
      else if (last && (header || line === indented)) strays.push({ row, table: last });
    }
  }
  return { tables, strays, ...(similar === undefined || tables.length > 0 ? {} : { similar }) };
}

function headerAt(text: string, line: MarkdownLine): Row | undefined {
  const content = text.slice(line.start, line.end);
  if (!content.includes('|') || indentOf(content) > 3 || beginsBlock(content)) return undefined;
  return rowOf(text, line);
}

function ruleAt(text: string, line: MarkdownLine | undefined): Row | undefined {
  if (line?.kind !== 'text') return undefined;
  const first = text[contentOf(text, line).start];
  if (first !== '|' && first !== '-' && first !== ':') return undefined;
  const content = text.slice(line.start, line.end);
  // Dashes alone would make the line above a heading.
  if (!content.includes('|') || indentOf(content) > 3) return undefined;
  const row = rowOf(text, line);
  const dashes = (cell: Span): boolean => /^:?-+:?$/.test(textOf(text, trimmed(text, cell)));
  return row.cells.length > 0 && row.cells.every(dashes) ? row : undefined;
}

function rowsFrom(text: string, lines: MarkdownLine[], first: number): Row[] {
  const rows: Row[] = [];
  for (let index = first; index < lines.length; index++) {
    const line = lines[index];
    if (line?.kind !== 'text') break;
    const content = text.slice(line.start, line.end);
    if (indentOf(content) > 3 || beginsBlock(content)) break;
    rows.push(rowOf(text, line));
  }
  return rows;
}

/** Cuts a line at its pipes. As GitHub has it, a pipe after a backslash is none, however many backslashes there are. */
function rowOf(text: string, line: MarkdownLine): Row {
  const { start, end } = contentOf(text, line);
  const cells: Span[] = [];
  let from = text[start] === '|' ? start + 1 : start;
  for (let at = from; at < end; at++) {
    if (text[at] !== '|' || (at > start && text[at - 1] === '\\')) continue;
    cells.push({ start: from, end: at });
    from = at + 1;
  }
  if (from < end) cells.push({ start: from, end });
  return { line, cells };
}

function columnsOf(text: string, header: Row): Table['columns'] {
  const columns: Table['columns'] = {};
  for (const [index, cell] of header.cells.entries()) {
    const word = wordOf(text, cell).toLowerCase();
    const name = columnNames.find((one) => one === word);
    if (name !== undefined) columns[name] ??= index;
  }
  return columns;
}

function looksLikeTasks(columns: Table['columns']): boolean {
  if (columns.status !== undefined && columns.milestone !== undefined) return true;
  return columns.id !== undefined && neededColumns.filter((name) => columns[name] !== undefined).length > 1;
}

/** A row's cell of a column; undefined when the row ends before it. */
export function cellOf(table: Table, row: Row, name: ColumnName): Span | undefined {
  const index = table.columns[name];
  return index === undefined ? undefined : row.cells[index];
}

/** What a cell says: the spaces around it gone, escaped pipes as pipes; '' for no cell. */
export const contentText = (text: string, cell: Span | undefined): string =>
  cell === undefined ? '' : textOf(text, trimmed(text, cell)).replaceAll('\\|', '|');

/** As `contentText`, and without the asterisks and backticks around it. */
export const wordOf = (text: string, cell: Span | undefined): string =>
  cell === undefined ? '' : contentText(text, bareSpan(text, cell));

/** A cell's content, without the spaces and the asterisks and backticks, as many on either side, around it. */
export function bareSpan(text: string, cell: Span): Span {
  let bare = trimmed(text, cell);
  for (;;) {
    const mark = text[bare.start];
    if (mark !== '*' && mark !== '`') return bare;
    let marks = 0;
    while (text[bare.start + marks] === mark && text[bare.end - 1 - marks] === mark && marks < length(bare))
      marks++;
    // Nothing but marks is what it is.
    if (marks === 0 || length(bare) <= 2 * marks) return bare;
    bare = trimmed(text, { start: bare.start + marks, end: bare.end - marks });
  }
}

const length = ({ start, end }: Span): number => end - start;

/** Without the spaces at both ends. No-break spaces and the like are content, as in Markdown. */
export function trimmed(text: string, { start, end }: Span): Span {
  while (start < end && isSpace(text[start])) start++;
  while (end > start && isSpace(text[end - 1])) end--;
  return { start, end };
}

/** A line without the spaces around it. */
export const contentOf = (text: string, { start, end }: MarkdownLine): Span => trimmed(text, { start, end });

const textOf = (text: string, { start, end }: Span): string => text.slice(start, end);

/** Where a stretch of a row stands, for a message. */
export function rangeOf(text: string, row: Row, span: Span): TextRange {
  const { start, end } = trimmed(text, span);
  // From the line's very beginning: a byte order mark counts, as it does for whoever shows the place.
  const lineStart = row.line.number === 1 ? 0 : row.line.start;
  return { line: row.line.number, column: start - lineStart + 1, length: Math.max(1, end - start) };
}
