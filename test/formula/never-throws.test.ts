import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { problems as problemsSchema } from '../../src/generated/validators.js';
import { formatProblems, problemsJson } from '../../src/report/problems.ts';
import { bad, load, minimal } from './helpers.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/formula.schema.json', import.meta.url), 'utf8'),
) as { properties: object };

/** Whatever is loaded is either a formula or a list of problems that can be shown. */
function holds(text: string | Uint8Array): void {
  const loaded = load(text);
  if (loaded.ok) return;
  assert.ok(loaded.problems.length > 0);
  assert.doesNotMatch(formatProblems(loaded, { color: false, cwd: '/' }), /[^\n\P{Cc}]/u);
  assert.ok(problemsSchema(problemsJson(loaded)), JSON.stringify(problemsSchema.errors));
  const lines = loaded.text.split('\n');
  for (const { range } of loaded.problems) {
    if (!range) continue;
    assert.ok(range.line >= 1 && range.line <= lines.length, `line ${range.line} is in the text`);
    assert.ok(range.column <= (lines[range.line - 1] ?? '').length + 1, 'the column is in the line');
  }
}

test('loading never throws: any text, any bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), holds), { numRuns: 300 });
  const bytes = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(bytes, (end) => holds(Buffer.concat([Buffer.from(minimal('base = "')), end]))),
    { numRuns: 300 },
  );
});

test('loading never throws: texts of what TOML is made of', () => {
  const keys = ['name', 'env', 'forge', 'commands', 'token_env', 'api', 'prompt', 'a.b', '"q"', '__proto__'];
  const signs = [
    ' = ',
    '\n',
    '[',
    ']',
    '[[',
    ']]',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '"""',
    "'''",
    '\\',
    '#',
    '.',
    ':',
  ];
  const values = [
    '1',
    '-0',
    'true',
    'nan',
    '+inf',
    '1e400',
    '0x_f',
    '1979-05-27',
    '07:32',
    '"x"',
    '\\u0000',
    '99999999999999999999',
  ];
  const token = fc.constantFrom(...keys, ...signs, ...values, '\t', '\r\n', '\0', '漢', '\ud800');
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => holds(tokens.join(''))),
    { numRuns: 2000 },
  );
});

test('loading never throws: any values at the known keys', () => {
  const keys = Object.keys(schema.properties);
  const scalar = fc.constantFrom(
    '"a"',
    '""',
    '"2h"',
    '"~/x"',
    '-1',
    '5',
    'true',
    'nan',
    '1.5',
    '2026-11-21',
    '["a"]',
    '[1, []]',
    '{ a = "b" }',
    '{}',
    '[]',
    '"\\u0000"',
  );
  const lines = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys, 'other'), scalar), {
    selector: ([key]) => key,
  });
  fc.assert(
    fc.property(lines, (entries) => holds(entries.map(([key, value]) => `${key} = ${value}\n`).join(''))),
    { numRuns: 1000 },
  );
});

test('a file of nothing but mistakes is answered soon, with the first of them', () => {
  const many = Array.from({ length: 20_000 }, (_, index) => `k${index} = 1\n`).join('');
  const problems = bad(minimal(many));
  assert.equal(problems.length, 201);
  assert.match(problems.at(-1)?.message ?? '', /more problems$/);
  for (const long of [
    ' '.repeat(200_000),
    '"'.repeat(200_000),
    'a.'.repeat(20_000),
    `x = ${'\\'.repeat(200_000)}`,
  ])
    assert.ok(bad(minimal(`${long}\n!`)).length > 0);
});

test('deep nesting and huge files are refused, soon', () => {
  assert.deepEqual(
    bad(minimal(`context = ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`)).map(({ message }) => message),
    ['lists or tables are nested too deeply here'],
  );
  assert.match(bad(`#${'x'.repeat(5_000_000)}`)[0]?.message ?? '', /more than the 4 MB/);
  assert.equal(
    bad(minimal('#'.repeat(300_000)))[0]?.message,
    'the file has 300,079 bytes, more than the 262,144 that a formula may have',
  );
});
