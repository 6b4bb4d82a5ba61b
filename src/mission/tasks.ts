/** TASKS.md: the tasks in its tables, what is wrong with them, and the file as it is first made. */
import { sha256 } from '../base/sha256.ts';
import { listed } from '../base/text.ts';
import type { MissionFile, Task } from '../model/mission.ts';
import type { Problem, TextRange } from '../model/problem.ts';
import { head, inline } from './markdown.ts';
import {
  notYetATable,
  statusOf,
  strayRow,
  taskStatuses,
  tooShort,
  twice,
  unknownStatus,
  withoutId,
} from './tasks-problems.ts';
import {
  bareSpan,
  cellOf,
  columnNames,
  contentOf,
  contentText,
  findTables,
  rangeOf,
  type Row,
  type Table,
  wordOf,
} from './tasks-table.ts';

export { appendTask, type NewTask, setTaskStatus } from './tasks-edit.ts';
export { taskStatuses };

export interface ParsedTasks {
  /** In the order of the text, those of all task tables. A row whose id or status cannot be told is none of them. */
  tasks: Task[];
  /** In the order of the text. */
  problems: Problem[];
  /** There is a task table, or one that was meant to be and has problems. */
  found: boolean;
}

/**
 * Reads the tasks of a Markdown text: every table that has the columns id, status, milestone and description, whatever
 * their order and whatever else is in the text. Asterisks and backticks around ids, statuses, milestones and header words do
 * not count, nor does the case of the latter two; rows with nothing in them are passed over. Takes any text.
 */
export function parseTasks(text: string): ParsedTasks {
  const found = findTables(text);
  const { tables, similar } = found;
  if (tables.length === 0) {
    const problems = similar === undefined ? [] : [notYetATable(text, similar)];
    return { tasks: [], problems, found: similar !== undefined };
  }
  const tasks: Task[] = [];
  const problems: Problem[] = [];
  const firsts = new Map<string, TextRange>();
  for (const table of tables) {
    for (const row of table.rows) {
      if (row.cells.every((cell) => contentText(text, cell) === '')) continue;
      const read = readRow(text, table, row);
      const { id, range } = idOf(text, table, row);
      const first = firsts.get(id);
      if (id !== '' && first !== undefined) problems.push(twice(id, range, first));
      else if (id !== '') firsts.set(id, range);
      if ('message' in read) problems.push(read);
      else tasks.push(read);
    }
  }
  for (const stray of found.strays) {
    const problem = strayRow(text, stray);
    if (problem !== undefined) problems.push(problem);
  }
  problems.sort((a, b) => (a.range?.line ?? 0) - (b.range?.line ?? 0));
  return { tasks, problems, found: true };
}

/** The same for two lists exactly when they have the same ids with the same statuses, in whatever order. */
export function tasksDigest(tasks: readonly Task[]): string {
  const pairs = tasks.map(({ id, status }) => JSON.stringify([id, status]));
  return sha256(pairs.sort().join('\n')).slice(0, 16);
}

function readRow(text: string, table: Table, row: Row): Task | Problem {
  const { id, range } = idOf(text, table, row);
  const cell = cellOf(table, row, 'status');
  if (cell === undefined) return tooShort(text, row, id);
  if (id === '') return withoutId(range);
  const word = wordOf(text, cell);
  const status = statusOf(word);
  if (status === undefined) return unknownStatus(id, word, rangeOf(text, row, bareSpan(text, cell)));
  return {
    id,
    status,
    milestone: wordOf(text, cellOf(table, row, 'milestone')),
    description: contentText(text, cellOf(table, row, 'description')),
    pr: contentText(text, cellOf(table, row, 'pr')),
    notes: contentText(text, cellOf(table, row, 'notes')),
    line: row.line.number,
  };
}

/** A row's id, '' where there is none, and where it stands, or the whole row then. */
function idOf(text: string, table: Table, row: Row): { id: string; range: TextRange } {
  const cell = cellOf(table, row, 'id');
  const id = wordOf(text, cell);
  const span = cell === undefined || id === '' ? contentOf(text, row.line) : bareSpan(text, cell);
  return { id, range: rangeOf(text, row, span) };
}

/** TASKS.md of a new mission: an empty table, and how it is used. */
export function newTasks(record: MissionFile): string {
  const prefix = record.task_prefix ?? '';
  const ids = prefix === '' ? 'T-' : /[\p{L}\p{N}]$/u.test(prefix) ? `${prefix}-` : prefix;
  const milestones = record.milestones.map(({ id, name }) => `- ${inline(id)}: ${inline(name)}\n`).join('');
  return `# Tasks: ${inline(record.name)}

The tasks of mission ${inline(record.mission_id)}, and how far they are. mosaic reads this table to know what comes next.

- The orchestrating agent alone writes this file. A helper agent tells it what it did; it does not edit the table.
- A task is one row: small enough for one session, with an id of its own that never changes (${inline(ids)}1, ${inline(ids)}2, …).
- Order is priority: within a milestone, the next task is the first one that is in-progress, else not-started.
- A status is one of ${listed(taskStatuses, 'or')}.
  Set in-progress when work begins, and done only when it is merged or committed and the quality gates pass. A task that
  is given up is cancelled, not removed.
- Say in notes why a task is blocked or failed. Write a "|" within a cell as "\\|".
- mosaic sets a status itself when it starts, blocks or resumes a task, and changes nothing else but to add a task when
  the quality gates fail.

Milestones:

${milestones === '' ? '- none yet\n' : milestones}
${head(columnNames)}`;
}
