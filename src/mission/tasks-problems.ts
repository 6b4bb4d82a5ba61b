/** What can be wrong with a task table, in words, and the words that a status can be. */
import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import type { TaskStatus } from '../model/mission.ts';
import type { Problem, TextRange } from '../model/problem.ts';
import { cellOf, columnNames, contentOf, type Found, rangeOf, type Row, wordOf } from './tasks-table.ts';

export const taskStatuses: readonly TaskStatus[] = [
  'not-started',
  'in-progress',
  'done',
  'blocked',
  'failed',
  'cancelled',
];

/** The status that a cell's word stands for, in whatever case it is written. */
export const statusOf = (word: string): TaskStatus | undefined =>
  taskStatuses.find((status) => status === word.toLowerCase());

export function notYetATable(
  text: string,
  { header, missing, withoutRule }: NonNullable<Found['similar']>,
): Problem {
  const range = rangeOf(text, header, contentOf(text, header.line));
  if (withoutRule) {
    const fix = `Add the line below it: |${' --- |'.repeat(header.cells.length)}`;
    return { message: 'the task table has no row of dashes below its header', fix, path: '', range };
  }
  const words = header.cells.map((cell) => wordOf(text, cell));
  const meant = missing.flatMap((name) => {
    const near = words.find((word) => suggest(word, columnNames) === name && word.toLowerCase() !== name);
    return near === undefined ? [] : [`${quoted(near)} to ${name}`];
  });
  const fix =
    meant.length === missing.length
      ? `Rename ${listed(meant)}.`
      : `Add ${listed(missing)} to its header, with a cell in each row.`;
  const what = missing.length === 1 ? 'column' : 'columns';
  return { message: `the task table has no ${what} ${listed(missing, 'or')}`, fix, path: '', range };
}

export const withoutId = (range: TextRange): Problem => ({
  message: 'this task has no id',
  fix: 'Write an id that no other task has into its id cell, or remove the row.',
  path: '',
  range,
});

export function tooShort(text: string, row: Row, id: string): Problem {
  const range = rangeOf(text, row, contentOf(text, row.line));
  if (!text.slice(row.line.start, row.line.end).includes('|')) {
    const fix = 'Put an empty line before it.';
    return {
      message: 'this line counts as a row of the task table, and has no status',
      fix,
      path: '',
      range,
    };
  }
  const whose = id === '' ? 'this row' : `the row of task ${quoted(id)}`;
  const fix = 'Write all its cells, with a "|" after each.';
  return { message: `${whose} ends before its status`, fix, path: '', range };
}

/** Words that people and agents write instead. */
const otherWords: Readonly<Record<string, TaskStatus>> = {
  todo: 'not-started',
  open: 'not-started',
  pending: 'not-started',
  doing: 'in-progress',
  started: 'in-progress',
  wip: 'in-progress',
  complete: 'done',
  completed: 'done',
  finished: 'done',
};

export function unknownStatus(id: string, word: string, range: TextRange): Problem {
  const lower = word.toLowerCase();
  const meant = Object.hasOwn(otherWords, lower)
    ? otherWords[lower]
    : word === ''
      ? undefined
      : suggest(lower.replaceAll(' ', '-'), taskStatuses);
  const allowed = `It must be ${listed(taskStatuses, 'or')}.`;
  const fix = meant === undefined ? allowed : `Did you mean ${meant}? ${allowed}`;
  const message =
    word === ''
      ? `task ${quoted(id)} has no status`
      : `task ${quoted(id)} has the unknown status ${quoted(word)}`;
  return { message, fix, path: '', range };
}

export function twice(id: string, range: TextRange, first: TextRange): Problem {
  return {
    message: `the task id ${quoted(id)} is there twice, on lines ${first.line} and ${range.line}`,
    fix: 'Give one of the two another id.',
    path: '',
    range,
    related: { message: 'the first one is here', range: first },
  };
}

/** A task that a Markdown reader would not see: an empty line, say, has cut it off its table. */
export function strayRow(text: string, { row, table }: Found['strays'][number]): Problem | undefined {
  const id = wordOf(text, cellOf(table, row, 'id'));
  if (id === '' || statusOf(wordOf(text, cellOf(table, row, 'status'))) === undefined) return undefined;
  return {
    message: `the row of task ${quoted(id)} stands outside of the task table`,
    fix: 'Remove what parts it from the table (an empty line ends it), or give it a header of its own.',
    path: '',
    range: rangeOf(text, row, contentOf(text, row.line)),
    related: {
      message: 'the table is this one',
      range: rangeOf(text, table.header, contentOf(text, table.header.line)),
    },
  };
}
