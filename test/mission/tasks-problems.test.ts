import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTasks } from '../../src/mission/tasks.ts';
import type { Problem } from '../../src/model/problem.ts';

const header = '| id | status | milestone | description |\n|----|--------|-----------|-------------|\n';

describe('problems of a task table', () => {
  const shown = ({ message, range, related }: Problem): string =>
    `${range?.line}:${range?.column}+${range?.length} ${message}${related ? ` (${related.range.line})` : ''}`;

  const rows: [string, string, string[]][] = [
    [
      'a missing column',
      'x\n\n| id | status | description |\n|-|-|-|\n| a | done | x |\n',
      ['3:1+29 the task table has no column milestone'],
    ],
    [
      'a missing column, below a byte order mark',
      '\ufeff| id | status | description |\n|-|-|-|\n',
      ['1:2+29 the task table has no column milestone'],
    ],
    [
      'missing columns, where status and milestone are there',
      '| status | milestone |\n|-|-|\n',
      ['1:1+22 the task table has no columns id or description'],
    ],
    [
      'missing columns, of the table that has the most',
      '| id | description |\n|-|-|\n\n| id | status | milestone |\n|-|-|-|\n',
      ['4:1+27 the task table has no column description'],
    ],
    [
      'no row of dashes',
      `${header.split('\n')[0]}\n| a | done | M1 | x |\n`,
      ['1:1+41 the task table has no row of dashes below its header'],
    ],
    [
      'an id twice, and a third time in another table',
      `${header}| a | done | M1 | x |\n| b | done | M1 | x |\n| \`a\` | done | M1 | x |\n\n${header}| a | done | M1 | x |\n`,
      [
        '5:4+1 the task id "a" is there twice, on lines 3 and 5 (3)',
        '9:3+1 the task id "a" is there twice, on lines 3 and 9 (3)',
      ],
    ],
    [
      'an id twice, where the first has another problem',
      `${header}| a | dnoe | M1 | x |\n| a | done | M1 | x |\n`,
      [
        '3:7+4 task "a" has the unknown status "dnoe"',
        '4:3+1 the task id "a" is there twice, on lines 3 and 4 (3)',
      ],
    ],
    ['an empty id', `${header}|  | done | M1 | x |\n`, ['3:1+20 this task has no id']],
    ['an empty status', `${header}| a | | M1 | x |\n`, ['3:7+1 task "a" has no status']],
    [
      'an unknown status',
      `${header}| a | **Doen** | M1 | x |\n`,
      ['3:9+4 task "a" has the unknown status "Doen"'],
    ],
    [
      'control characters in it',
      `${header}| a\u001b[2J | \u202edone | M1 | x |\r\n`,
      ['3:11+5 task "a\\x1b[2J" has the unknown status "\\u{202e}done"'],
    ],
    ['a row that ends early', `${header}| a |\n`, ['3:1+5 the row of task "a" ends before its status']],
    [
      'text right below it',
      `${header}| a | done | M1 | x |\nThat is all.\n`,
      ['4:1+12 this line counts as a row of the task table, and has no status'],
    ],
    [
      'a row that an empty line cuts off',
      `${header}| a | done | M1 | x |\n\n| b | Done | M1 | x |\n| not one | of ours | x | y |\n`,
      ['5:1+21 the row of task "b" stands outside of the task table (1)'],
    ],
    [
      'a row that is indented too far',
      `${header}| a | done | M1 | x |\n     | b | done | M1 | x |\n`,
      ['4:6+21 the row of task "b" stands outside of the task table (1)'],
    ],
    [
      'line ends with a carriage return',
      `${header}| a | dun | M1 | x |\r\n`.replaceAll(/\r?\n/g, '\r\n'),
      ['3:7+3 task "a" has the unknown status "dun"'],
    ],
    [
      'several, in the order of the text',
      `${header}| | done | M1 | x |\n\n| b | done | M1 | x |\n\n${header}| c | x | M1 | x |\n`,
      [
        '3:1+19 this task has no id',
        '5:1+21 the row of task "b" stands outside of the task table (1)',
        '9:7+1 task "c" has the unknown status "x"',
      ],
    ],
  ];
  for (const [what, text, expected] of rows)
    it(what, () => {
      const { problems, found } = parseTasks(text);
      assert.deepEqual(problems.map(shown), expected);
      assert.equal(found, true);
      for (const { fix } of problems) assert.match(fix ?? '', /\.$|\|$/);
    });

  const fixes: [string, RegExp][] = [
    [`${header}| a | don | M1 | x |`, /^Did you mean done\? It must be not-started, .* or cancelled\.$/],
    [`${header}| a | To do | M1 | x |`, /^It must be/],
    [`${header}| a | todo | M1 | x |`, /^Did you mean not-started\?/],
    [`${header}| a | In Progress | M1 | x |`, /^Did you mean in-progress\?/],
    [`${header}| a | in_progress | M1 | x |`, /^Did you mean in-progress\?/],
    [`${header}| a | Completed | M1 | x |`, /^Did you mean done\?/],
    [`${header}| a | constructor | M1 | x |`, /^It must be/],
    [
      '| id | state | milestone | description |\n|-|-|-|-|',
      /^Add status to its header, with a cell in each row\.$/,
    ],
    [
      '| id | statsu | milestone | descripton |\n|-|-|-|-|',
      /^Rename "statsu" to status and "descripton" to description\.$/,
    ],
  ];
  for (const [text, fix] of fixes)
    it(`names the way out: ${fix.source}`, () => assert.match(parseTasks(text).problems[0]?.fix ?? '', fix));
});
