/** Changes to TASKS.md: one cell, or one row more; every other byte stays. */
import { listed, quoted } from '../base/text.ts';
import type { TaskStatus } from '../model/mission.ts';
import { cellText } from './markdown.ts';
import {
  bareSpan,
  cellOf,
  type ColumnName,
  columnNames,
  contentOf,
  findTables,
  type Span,
  type Table,
  wordOf,
} from './tasks-table.ts';

export interface NewTask {
  id: string;
  milestone: string;
  description: string;
  notes?: string | undefined;
  /** `not-started` unless told. */
  status?: TaskStatus | undefined;
}

/**
 * The text with another word in one task's status cell. The spaces around the old word stay, and so do asterisks and
 * backticks. Throws an Error in words when there is not exactly one task of that id, or its row ends before the status.
 */
export function setTaskStatus(text: string, id: string, status: TaskStatus): string {
  const places = findTables(text).tables.flatMap((table) =>
    table.rows
      .filter((row) => id !== '' && wordOf(text, cellOf(table, row, 'id')) === id)
      .map((row) => ({ table, row })),
  );
  const [place] = places;
  if (place === undefined) throw new Error(`there is no task ${quoted(id)} in the task table`);
  if (places.length > 1) {
    const lines = places.map(({ row }) => String(row.line.number));
    throw new Error(
      `the task id ${quoted(id)} is there more than once, on lines ${listed(lines)}: give each its own`,
    );
  }
  const cell = cellOf(place.table, place.row, 'status');
  if (cell === undefined)
    throw new Error(`the row of task ${quoted(id)} (line ${place.row.line.number}) ends before its status`);
  const bare = bareSpan(text, cell);
  return bare.start < bare.end ? replaced(text, bare, status) : filled(text, cell, status);
}

const replaced = (text: string, { start, end }: Span, by: string): string =>
  `${text.slice(0, start)}${by}${text.slice(end)}`;

/** An empty cell has spaces on both sides of its word afterwards. */
function filled(text: string, cell: Span, word: string): string {
  const space = text.slice(cell.start, cell.end);
  return replaced(text, cell, `${space[0] ?? ' '}${word}${space.slice(1) || ' '}`);
}

/**
 * The text with one row more, at the end of the last table that has tasks of the milestone, else of the last table, in that
 * table's columns, line ending and pipes. Line breaks become spaces, control characters are written out.
 * Throws an Error in words when there is no task table, the id is taken, or it cannot be read back from a cell.
 */
export function appendTask(text: string, task: NewTask): string {
  const { tables } = findTables(text);
  const holds = (table: Table, name: ColumnName, word: string): boolean =>
    table.rows.some((row) => wordOf(text, cellOf(table, row, name)) === word);
  const table = tables.findLast((one) => holds(one, 'milestone', task.milestone)) ?? tables.at(-1);
  if (table === undefined)
    throw new Error(
      `there is no task table to add ${quoted(task.id)} to: one with the columns ${listed(columnNames)}`,
    );
  const id = cellText(task.id);
  if (id === '' || wordOf(id, { start: 0, end: id.length }) !== task.id)
    throw new Error(`${quoted(task.id)} cannot be the id of a task`);
  if (tables.some((one) => holds(one, 'id', task.id)))
    throw new Error(`the task id ${quoted(task.id)} is taken already`);
  const values: Partial<Record<ColumnName, string>> = {
    id,
    status: task.status ?? 'not-started',
    milestone: cellText(task.milestone),
    description: cellText(task.description),
    notes: cellText(task.notes ?? ''),
  };
  return withRow(text, table, rowLike(text, table, values));
}

/** The cells in the table's columns, with pipes at its ends where the table's last row has them. */
function rowLike(text: string, table: Table, values: Partial<Record<ColumnName, string>>): string {
  const cells = table.header.cells.map(() => '');
  for (const name of columnNames) {
    const index = table.columns[name];
    if (index !== undefined) cells[index] = values[name] ?? '';
  }
  const { line } = table.rows.at(-1) ?? table.rule;
  const { start, end } = contentOf(text, line);
  const indent = text.slice(line.start, start);
  // Without a pipe before them, other beginnings than a letter may be those of a heading, a list or a comment.
  const before = text[start] === '|' || !/^[a-z]/i.test(cells[0] ?? '');
  const after = (text[end - 1] === '|' && text[end - 2] !== '\\') || cells.at(-1) === '';
  return `${indent}${before ? '| ' : ''}${cells.join(' | ')}${after ? ' |' : ''}`;
}

function withRow(text: string, table: Table, row: string): string {
  const ending = text[table.header.line.end] === '\r' ? '\r\n' : '\n';
  const { end } = (table.rows.at(-1) ?? table.rule).line;
  const feed = text.indexOf('\n', end);
  if (feed < 0) return `${text.slice(0, end)}${ending}${row}${text.slice(end)}`;
  const own = text.slice(end, feed + 1);
  return `${text.slice(0, feed + 1)}${row}${own}${text.slice(feed + 1)}`;
}
