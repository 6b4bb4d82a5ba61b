import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appendTask, newTasks, parseTasks, setTaskStatus, tasksDigest } from '../../src/mission/tasks.ts';
import { record } from './records.ts';

const header = '| id | status | milestone | description |\n|----|--------|-----------|-------------|\n';

const ids = (text: string): string[] => parseTasks(text).tasks.map(({ id }) => id);

describe('tasks that are read', () => {
  it('have all their cells as text', () => {
    const text = [
      '# Tasks',
      '',
      '| Notes | PR | `Description` | **Milestone** | Status | ID | Owner |',
      '|:-----|:-:|--:|-|-|-|-|',
      '| n | #12 | a `x \\| y` b | **M1** | `In-Progress` | **T-1** | me |',
      '||| two\u2028lines 👩‍💻 | M2 | done | T-2',
    ].join('\r\n');
    const [one, two] = parseTasks(text).tasks;
    assert.deepEqual(one, {
      id: 'T-1',
      status: 'in-progress',
      milestone: 'M1',
      description: 'a `x | y` b',
      pr: '#12',
      notes: 'n',
      line: 5,
    });
    assert.deepEqual(two, {
      id: 'T-2',
      status: 'done',
      milestone: 'M2',
      description: 'two\u2028lines 👩‍💻',
      pr: '',
      notes: '',
      line: 6,
    });
  });

  const rows: [string, string, string[]][] = [
    ['no table', 'Text | with | pipes\n\n- a list\n', []],
    ['nothing', '', []],
    ['a header alone', header, []],
    ['a table at the very end', `Text\n${header}| a | done | M1 | x`, ['a']],
    ['a byte order mark', `\ufeff${header}| a | done | M1 | x |\n`, ['a']],
    ['rows with nothing in them', `${header}| | | | |\n|\n| a | done | M1 | x |\n||\n`, ['a']],
    [
      'two tables, and another between',
      `${header}| a | done | M1 | x |\n\n| a | b |\n|-|-|\n| a | done |\n\n${header}| b | done | M2 | x |\n`,
      ['a', 'b'],
    ],
    ['a heading after it', `${header}| a | done | M1 | x |\n# | b | done | M1 |\n`, ['a']],
    ['indented by three', header.replaceAll(/^/gm, '   ').trimEnd() + '\n   | a | done | M1 |', ['a']],
    ['indented by four', header.replaceAll(/^/gm, '    '), []],
    ['an escaped pipe after two backslashes', `${header}| a\\\\| | done | M1 | x |\n`, ['a\\|']],
    [
      'ids like names of objects',
      `${header}| __proto__ | done | M1 |\n| constructor | done | M1 |`,
      ['__proto__', 'constructor'],
    ],
    ['a fence that is never closed', `\`\`\`\n${header}| a | done | M1 | x |\n`, []],
    ['a code span at the beginning of a line', `\`\`\` x \`\`\`\n${header}| a | done | M1 | x |\n`, ['a']],
    [
      'a shorter fence within',
      `\`\`\`\`\n\`\`\`\n${header}\`\`\`\`\n${header}| a | done | M1 | x |\n`,
      ['a'],
    ],
    ['a comment on two lines', `<!--\n${header}| a | done | M1 | x |\n-->\n`, []],
    ['a comment around nothing', `<!-- x -->\n${header}| a | done | M1 | x |\n`, ['a']],
    ['a closing fence that is indented too far', `\`\`\`\n    \`\`\`\n${header}| a | done | M1 | x |\n`, []],
    [
      'a column twice',
      '| id | status | milestone | description | ID |\n|-|-|-|-|-|\n| a | done | M1 | x | b |',
      ['a'],
    ],
    ['a dash row with dashes alone', 'id | status | milestone | description\n---\na | done | M1 | x\n', []],
  ];
  for (const [what, text, expected] of rows)
    it(`with ${what}`, () => {
      assert.deepEqual(ids(text), expected);
      assert.deepEqual(parseTasks(text).problems, []);
      assert.equal(parseTasks(text).found, expected.length > 0 || text === header);
    });
});

describe('setting a status', () => {
  const rows: [string, string, string][] = [
    ['| a |  done   | M1 | x |', 'a', '| a |  failed   | M1 | x |'],
    ['| a | **Done** | M1 | x |', 'a', '| a | **failed** | M1 | x |'],
    ['| a || M1 | x |', 'a', '| a | failed | M1 | x |'],
    ['| a | | M1 | x |', 'a', '| a | failed | M1 | x |'],
    ['| a |    | M1 | x |', 'a', '| a | failed   | M1 | x |'],
    ['| a |\t| M1 | x |', 'a', '| a |\tfailed | M1 | x |'],
    ['| a | whatever \\| it was | M1 | x |', 'a', '| a | failed | M1 | x |'],
    ['| a\\|b | done | M1 | x |', 'a|b', '| a\\|b | failed | M1 | x |'],
    ['| `a` | done | M1 | done |', 'a', '| `a` | failed | M1 | done |'],
    ['  a | done', 'a', '  a | failed'],
    ['a|done', 'a', 'a|failed'],
  ];
  for (const [row, id, expected] of rows)
    it(`in ${row}`, () => {
      assert.equal(setTaskStatus(`${header}${row}`, id, 'failed'), `${header}${expected}`);
      assert.equal(
        setTaskStatus(`x\n${header}${row}\r\n\r\ny`, id, 'failed'),
        `x\n${header}${expected}\r\n\r\ny`,
      );
    });

  const refused: [string, string, string][] = [
    ['| a | done |\n', 'b', 'there is no task "b" in the task table'],
    ['| | done |\n', '', 'there is no task "" in the task table'],
    [
      '| a | done |\n| b | done |\n| a | done |\n| a | done |\n',
      'a',
      'the task id "a" is there more than once, on lines 3, 5 and 6: give each its own',
    ],
    ['| b | done |\n| a |\n', 'a', 'the row of task "a" (line 4) ends before its status'],
  ];
  for (const [rowsBelow, id, message] of refused)
    it(message, () => assert.throws(() => setTaskStatus(`${header}${rowsBelow}`, id, 'done'), { message }));

  it('alters only the cell, not the same word anywhere else', () => {
    const text = `done done\n\n${header}| done | done | done | done |\n\ndone\n`;
    const expected = `done done\n\n${header}| done | blocked | done | done |\n\ndone\n`;
    assert.equal(setTaskStatus(text, 'done', 'blocked'), expected);
  });
});

describe('adding a task', () => {
  const task = { id: 'N', milestone: 'M1', description: 'x' };
  const row = '| N | not-started | M1 | x |';

  const cases: [string, string, string][] = [
    ['to an empty table', header, `${header}${row}\n`],
    ['to an empty table at the end', header.trimEnd(), `${header}${row}`],
    [
      'below the last row',
      `${header}| a | done | M1 | x |\n\ntext`,
      `${header}| a | done | M1 | x |\n${row}\n\ntext`,
    ],
    [
      'at the end, without a line break',
      `${header}| a | done | M2 | x |`,
      `${header}| a | done | M2 | x |\n${row}`,
    ],
    [
      'without pipes at the ends',
      `${header}a | done | M2 | x`,
      `${header}a | done | M2 | x\nN | not-started | M1 | x`,
    ],
    ['indented', `${header}  | a | done | M2 | x |\r\n`, `${header}  | a | done | M2 | x |\r\n  ${row}\r\n`],
    [
      'at the end, without a line break, in a file of Windows',
      `${header}| a | done | M2 | x |`.replaceAll('\n', '\r\n'),
      `${header}| a | done | M2 | x |\n${row}`.replaceAll('\n', '\r\n'),
    ],
    [
      'below a row that ends in an escaped pipe',
      `${header}a | done | M2 | x\\|`,
      `${header}a | done | M2 | x\\|\nN | not-started | M1 | x`,
    ],
    [
      'with an empty cell at its end',
      'id | status | milestone | description | pr\n-|-|-|-|-\n',
      'id | status | milestone | description | pr\n-|-|-|-|-\nN | not-started | M1 | x |  |\n',
    ],
    [
      'to the table of its milestone',
      `${header}| a | done | M1 | x |\n\n${header}| b | done | M2 | x |\n`,
      `${header}| a | done | M1 | x |\n${row}\n\n${header}| b | done | M2 | x |\n`,
    ],
    [
      'to the last table',
      `${header}| a | done | M3 | x |\n\n${header}| b | done | M2 | x |\n`,
      `${header}| a | done | M3 | x |\n\n${header}| b | done | M2 | x |\n${row}\n`,
    ],
  ];
  for (const [what, text, expected] of cases) it(what, () => assert.equal(appendTask(text, task), expected));

  it('in the columns of the table, escaped', () => {
    const text = 'Notes|Owner|Description|PR|Milestone|Status|Id\r\n-|-|-|-|-|-|-\r\nn|o|d|p|M1|done|a\r\n';
    const added = appendTask(text, {
      id: '-1',
      milestone: 'M1',
      description: 'one | two\r\nthree\u2028\tfour\u001b[2J',
      notes: '# no heading',
      status: 'blocked',
    });
    assert.equal(
      added,
      `${text}| # no heading |  | one \\| two three four\\x1b[2J |  | M1 | blocked | -1\r\n`,
    );
    assert.equal(parseTasks(added).tasks[1]?.notes, '# no heading');
  });

  const refused: [string, string, string][] = [
    [
      'no table',
      'N',
      'there is no task table to add "N" to: one with the columns id, status, milestone, description, pr and notes',
    ],
    [`${header}| N | x |`, 'N', 'the task id "N" is taken already'],
    [header, '', '"" cannot be the id of a task'],
    [header, '`a`', '"`a`" cannot be the id of a task'],
    [header, 'a\nb', '"a\\nb" cannot be the id of a task'],
  ];
  for (const [text, id, message] of refused)
    it(message, () => assert.throws(() => appendTask(text, { ...task, id }), { message }));
});

describe('the digest of tasks', () => {
  const { tasks } = parseTasks(`${header}| a | done | M1 | x |\n| b | failed | M1 | x |\n`);
  const [a, b] = tasks;
  assert.ok(a && b);

  it('does not mind their order and what else they say', () => {
    assert.match(tasksDigest([]), /^[0-9a-f]{16}$/);
    assert.equal(tasksDigest([a, b]), tasksDigest([{ ...b, notes: 'n', line: 9 }, a]));
  });

  it('is another after every other change', () => {
    const lists = [
      [],
      [a],
      [b],
      [a, b],
      [a, { ...b, status: 'done' as const }],
      [a, { ...b, id: 'c' }],
      [a, b, b],
    ];
    assert.equal(new Set(lists.map(tasksDigest)).size, lists.length);
  });
});

describe('TASKS.md of a new mission', () => {
  it('has an empty table, whatever the mission is called', () => {
    const hostile = '<!--\n```\n| id | status | milestone | description |\n|-|-|-|-|\n| X | done | a | b |';
    for (const name of ['Checkout v2', hostile]) {
      const text = newTasks(
        record({ name, mission_id: 'a', milestones: [{ id: 'M1', name, status: 'pending' }] }),
      );
      assert.deepEqual(parseTasks(text), { tasks: [], problems: [], found: true });
      const added = appendTask(text, { id: 'T1', milestone: 'M1', description: 'x' });
      assert.deepEqual(ids(added), ['T1']);
      assert.ok(added.startsWith(text));
    }
  });

  it('names the ids that its tasks are to have', () => {
    const first = (task_prefix: string | null): string =>
      /changes \((\S+),/.exec(newTasks(record({ task_prefix })))?.[1] ?? '';
    assert.deepEqual(
      [first('CV'), first('CV-'), first('x_'), first(''), first(null)],
      ['CV-1', 'CV-1', 'x_1', 'T-1', 'T-1'],
    );
  });
});

// Of quadratic cost, each would take many minutes.
describe('large files', { timeout: 120_000 }, () => {
  it('are read and changed in time in proportion to their length', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `| T${index} | done | M1 | x |\n`).join('');
    assert.equal(parseTasks(header + many).tasks.length, 100_000);
    assert.equal(
      parseTasks(setTaskStatus(header + many, 'T50000', 'failed')).tasks[50_000]?.status,
      'failed',
    );
    appendTask(header + many, { id: 'N', milestone: 'M1', description: 'x' });
  });

  const long = 200_000;
  const hostile: [string, string][] = [
    ['asterisks', '*'.repeat(long)],
    ['asterisks and backticks', '*`'.repeat(long)],
    ['spaces', ' '.repeat(long)],
    ['pipes', '|'.repeat(long)],
    ['backslashes', '\\'.repeat(long)],
    ['dashes', '- '.repeat(long)],
    ['rules', '|:-:'.repeat(long)],
    ['list items', '1. '.repeat(long)],
    ['comments', '<!-- '.repeat(long)],
    ['lines of backticks', '``` `\n'.repeat(long)],
    ['carriage returns', '\r'.repeat(long)],
    ['headers', `${header}\n`.repeat(long / 100)],
    ['header lines', `${header.split('\n')[0]}\n`.repeat(long / 100)],
  ];
  for (const [what, text] of hostile)
    it(`of ${what}`, () => {
      const first = `${header}| a | done | M1 | x |\n`;
      for (const one of [
        `${first}\n${text}`,
        `${first}| b | ${text} | M1 |`,
        `| id |${text}\n|${text}\n\n${first}`,
      ])
        assert.equal(parseTasks(one).found, true);
    });
});
