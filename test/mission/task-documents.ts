/** Generated TASKS.md files: a model that the test knows, and the text that it is written as, in any style. */
import * as fc from 'fast-check';
import type { Task, TaskStatus } from '../../src/model/mission.ts';

export const statuses: readonly TaskStatus[] = [
  'not-started',
  'in-progress',
  'done',
  'blocked',
  'failed',
  'cancelled',
];

export interface TaskModel {
  id: string;
  status: TaskStatus;
  /** Around the status word. */
  marks: string;
  /** How the word is written. */
  spelling: 'plain' | 'upper';
  milestone: string;
  description: string;
  pr: string;
  notes: string;
  extra: string;
  /** Around each cell's content, by column. */
  padding: [string, string][];
  leading: boolean;
  trailing: boolean;
  /** Cells of the end that are left out, where that loses no needed one. */
  short: number;
  /** Cells more than the header has. */
  more: string[];
}

interface TableModel {
  kind: 'tasks';
  columns: string[];
  headerMarks: string;
  upper: boolean;
  dashes: string[];
  leading: boolean;
  trailing: boolean;
  indent: number;
  tasks: TaskModel[];
}

type Block = TableModel | { kind: 'other'; lines: string[] };

export interface DocumentModel {
  mark: boolean;
  blocks: Block[];
  /** Line endings, used in turn. */
  endings: string[];
  endsInNewline: boolean;
  before: number;
}

const wide = [
  '👩‍💻',
  '古',
  '\u2028',
  '\u00a0',
  'é',
  '\u202e',
  '`|`',
  '|',
  '\\|',
  '<!--',
  '~~~',
  '#',
  '**',
  '\ud800',
];

const text = fc
  .array(fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom(...wide, '\u0085', ' ')), { maxLength: 6 })
  // A backslash at the end would make an escape of the pipe after it where no space comes between.
  .map((parts) =>
    parts
      .join('')
      .replace(/[\r\n]/g, '')
      .replace(/^[ \t\v\f]+|[ \t\v\f\\]+$/g, ''),
  );

/** As `text`, and nothing around it that would be taken for emphasis or code. */
const word = text.map((one) => one.replace(/^[*`]+|[*`]+$/g, '').replace(/^[ \t\v\f]+|[ \t\v\f\\]+$/g, ''));
const bare = word.map((one) => (/^[*`]|[*`]$/.test(one) ? 'x' : one));

const padding = fc.stringMatching(/^[ \t]{0,3}$/);

const task: fc.Arbitrary<TaskModel> = fc.record({
  id: bare,
  status: fc.constantFrom(...statuses),
  marks: fc.constantFrom('', '', '', '`', '**', '**`'),
  spelling: fc.constantFrom('plain', 'plain', 'upper'),
  milestone: fc.oneof(fc.constantFrom('M1', 'M2', 'M3', ''), bare),
  description: text,
  pr: text,
  notes: text,
  extra: text,
  padding: fc.array(fc.tuple(padding, padding), { minLength: 8, maxLength: 8 }),
  leading: fc.boolean(),
  trailing: fc.boolean(),
  short: fc.nat(4),
  more: fc.oneof(fc.constant<string[]>([]), fc.array(text, { maxLength: 3 })),
});

const needed = ['id', 'status', 'milestone', 'description'];
const optional = ['pr', 'notes', 'Owner', '估算'];

const table: fc.Arbitrary<TableModel> = fc.record({
  kind: fc.constant('tasks' as const),
  columns: fc
    .tuple(fc.shuffledSubarray([...needed, ...optional], { minLength: 8 }), fc.subarray(optional))
    .map(([order, some]) => order.filter((name) => needed.includes(name) || some.includes(name))),
  headerMarks: fc.constantFrom('', '**', '`'),
  upper: fc.boolean(),
  dashes: fc.array(fc.stringMatching(/^ {0,2}:?-{1,8}:? {0,2}$/), { minLength: 8, maxLength: 8 }),
  leading: fc.boolean(),
  trailing: fc.boolean(),
  indent: fc.nat(3),
  tasks: fc.array(task, { maxLength: 5 }),
});

const decoy = [
  '| id | status | milestone | description |',
  '|---|---|---|---|',
  '| X1 | done | M1 | not a task |',
];

/** Nothing of these is a task. None may join the table above: each begins with something that ends it. */
const other = fc
  .constantFrom<string[]>(
    ['# Tasks', '', 'Some text, with a | in it, and `<!--` too.'],
    ['- a list | with a pipe', '- id | status'],
    ['> | id | status | milestone | description |', '> |---|---|---|---|', '> | X1 | done | M1 | quoted |'],
    ['```', ...decoy, '```'],
    ['~~~~ md', ...decoy, '~~~', '```', ...decoy, '~~~~~'],
    ['- ```', ...decoy.map((line) => `  ${line}`), '  ```'],
    ['1. ```', `   ${decoy[0] ?? ''}`, 'The item is over, and its fence with it.'],
    ['<!--', ...decoy, '', ...decoy, '-->'],
    ['<!-- one line -->'],
    ['<pre>', '', ...decoy, '</pre>'],
    ['---', '', ...decoy.map((line) => `    ${line}`)],
    ['# Other', '', '| name | status |', '|:-:|-|', '| a | nothing of ours |'],
    ['# Other', '', '| id | what |', '|---|---|', '| T1 | x |', '| | |'],
  )
  .map((lines): Block => ({ kind: 'other', lines }));

export const documents: fc.Arbitrary<DocumentModel> = fc
  .record({
    mark: fc.boolean(),
    blocks: fc
      .tuple(
        fc.array(other, { maxLength: 3 }),
        table,
        fc.array(fc.oneof<fc.Arbitrary<Block>[]>(other, table), { maxLength: 3 }),
      )
      .map(([before, one, after]) => before.concat(one, after)),
    endings: fc.oneof(
      fc.constantFrom<string[]>(['\n'], ['\r\n']),
      fc.array(fc.constantFrom('\n', '\r\n'), { minLength: 1, maxLength: 5 }),
    ),
    endsInNewline: fc.boolean(),
    before: fc.nat(2),
  })
  .map(withOwnIds);

/** Ids that are there once each, and none empty. */
function withOwnIds(given: DocumentModel): DocumentModel {
  const model = structuredClone(given);
  const seen = new Set<string>();
  for (const one of tasksIn(model)) {
    while (one.id === '' || seen.has(one.id)) one.id = `T${one.id}${seen.size}`;
    seen.add(one.id);
  }
  return model;
}

export const tasksIn = ({ blocks }: DocumentModel): TaskModel[] =>
  blocks.flatMap((block) => (block.kind === 'tasks' ? block.tasks : []));

/** The text, and the tasks that are to be read from it. */
export function written(model: DocumentModel): { text: string; tasks: Task[] } {
  const lines: string[] = Array.from({ length: model.before }, () => '');
  const tasks: Task[] = [];
  for (const [index, block] of model.blocks.entries()) {
    if (index > 0) lines.push('');
    if (block.kind === 'other') {
      lines.push(...block.lines);
      continue;
    }
    lines.push(...header(block));
    for (const one of block.tasks) {
      const { line, shown } = rowOf(block, one);
      lines.push(line);
      tasks.push({
        id: one.id,
        status: one.status,
        milestone: one.milestone,
        description: shown('description', one.description),
        pr: shown('pr', one.pr),
        notes: shown('notes', one.notes),
        line: lines.length,
      });
    }
  }
  const ending = (index: number): string => model.endings[index % model.endings.length] ?? '\n';
  const body = lines.map((line, index) =>
    index === lines.length - 1 && !model.endsInNewline ? line : `${line}${ending(index)}`,
  );
  return { text: `${model.mark ? '\ufeff' : ''}${body.join('')}`, tasks };
}

const piped = (cells: string[], { leading, trailing, indent }: TableModel): string =>
  `${' '.repeat(indent)}${leading ? '|' : ''}${cells.join('|')}${trailing ? '|' : ''}`;

function header(block: TableModel): string[] {
  const { columns, headerMarks: marks, upper, dashes } = block;
  const names = columns.map((name) => ` ${marks}${upper ? name.toUpperCase() : name}${marks} `);
  const rule = columns.map((_, index) => dashes[index] ?? '-');
  // `- |` would begin a list.
  if (!block.leading) rule[0] = ':--';
  return [piped([names[0]?.trim() ?? '', ...names.slice(1)], block), piped(rule, block)];
}

const escaped = (one: string): string => one.replaceAll('|', '\\|');

function contentOf(one: TaskModel, column: string): string {
  if (column === 'status')
    return `${one.marks}${one.spelling === 'upper' ? one.status.toUpperCase() : one.status}${one.marks.split('').reverse().join('')}`;
  const { id, milestone, description, pr, notes } = one;
  const fields: Record<string, string> = { id, milestone, description, pr, notes };
  return escaped(fields[column] ?? one.extra);
}

function rowOf(
  { columns, indent }: TableModel,
  one: TaskModel,
): { line: string; shown: (column: string, value: string) => string } {
  const least = Math.max(...['id', 'status', 'milestone'].map((name) => columns.indexOf(name))) + 1;
  const count = Math.max(least, columns.length - one.short);
  const whole = count === columns.length;
  const contents = columns.slice(0, count).map((name) => contentOf(one, name));
  if (whole) contents.push(...one.more.map(escaped));
  const leading = one.leading || !/^[a-z]/i.test(contents[0] ?? '');
  const trailing = one.trailing || contents.at(-1) === '';
  const cells = contents.map((content, index) => {
    const [before, after] = one.padding[index % one.padding.length] ?? ['', ''];
    return `${index === 0 && !leading ? '' : before}${content}${after}`;
  });
  const line = `${' '.repeat(indent)}${leading ? '|' : ''}${cells.join('|')}${trailing ? '|' : ''}`;
  const shown = (column: string, value: string): string => {
    const index = columns.indexOf(column);
    return index >= 0 && index < count ? value : '';
  };
  return { line, shown };
}

/** The lines of the last table that holds the milestone, else of the last one: where a new row belongs. */
export function homeOf(model: DocumentModel, milestone: string): TableModel | undefined {
  const tables = model.blocks.filter((block) => block.kind === 'tasks');
  const holds = tables.findLast(({ tasks }) => tasks.some((one) => one.milestone === milestone));
  return holds ?? tables.at(-1);
}
