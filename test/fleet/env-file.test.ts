import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseEnvFile } from '../../src/fleet/env-file.ts';

const cases: [string, Record<string, string>][] = [
  ['', {}],
  ['# comment\n\n  # another\nA=1\n', { A: '1' }],
  ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['export A=1\n\texport\tB=2', { A: '1', B: '2' }],
  ['A =  x y  ', { A: 'x y' }],
  ['A=', { A: '' }],
  ['A=x # comment', { A: 'x' }],
  ['A=x#y', { A: 'x#y' }],
  ['A=# all comment', { A: '' }],
  ['A=a=b=c', { A: 'a=b=c' }],
  [`A='$HOME \\n "x"'`, { A: '$HOME \\n "x"' }],
  [`A='x' # comment`, { A: 'x' }],
  ['A="a\\nb\\tc\\\\d\\"e\\$f\\x"', { A: 'a\nb\tc\\d"e$f\\x' }],
  ['A="# not a comment"', { A: '# not a comment' }],
  ['A=$HOME/${X}/$(id)/`id`', { A: '$HOME/${X}/$(id)/`id`' }],
  ['A=1\nA=2', { A: '2' }],
  ['__proto__=1', { ['__proto__']: '1' }],
];
for (const [text, values] of cases) {
  test(`reads ${JSON.stringify(text)}`, () => {
    const read = parseEnvFile(text);
    assert.deepEqual(read.problems, []);
    assert.deepEqual(Object.entries(read.values), Object.entries(values));
  });
}

const wrong = [
  'hunter2',
  '=hunter2',
  '1A=hunter2',
  'A B=hunter2',
  'A-B=hunter2',
  'MOSAIC_X=hunter2',
  'TMUX=hunter2',
  'A="hunter2',
  "A='hunter2",
  'A="hunter2" more',
  "A='hun'ter2'",
  'A=hunter2\0',
  `A=hunter2${'x'.repeat(131_072)}`,
];
for (const line of wrong) {
  test(`says what is wrong with ${JSON.stringify(line.slice(0, 30))} and not the secret`, () => {
    const read = parseEnvFile(`B=fine\n  ${line}\nC=fine`);
    assert.deepEqual(read.values, { B: 'fine', C: 'fine' });
    assert.deepEqual(
      read.problems.map(({ range }) => range),
      [{ line: 2, column: 3, length: 1 }],
    );
    assert.match(read.problems[0]?.message ?? '', /^line 2: /);
    assert.doesNotMatch(JSON.stringify(read.problems), /hun|ter2/);
  });
}

test('whatever the text, it is read without throwing, and no message holds what stands after an equals sign', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { problems } = parseEnvFile(`${text}\nSECRET="s3cr3t`);
      assert.ok(problems.length > 0);
      assert.doesNotMatch(JSON.stringify(problems), /s3cr3t/);
    }),
  );
});
