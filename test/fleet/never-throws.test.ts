import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fleet as fleetSchema, problems as problemsSchema } from '../../src/generated/validators.js';
import { formatProblems, problemsJson } from '../../src/report/problems.ts';
import { load } from './helpers.ts';

/** Whatever is loaded is either a fleet or a list of problems that can be shown. */
function holds(text: string | Uint8Array): void {
  const loaded = load(text);
  if (loaded.ok) return;
  assert.ok(loaded.problems.length > 0);
  assert.doesNotMatch(formatProblems(loaded, { color: false, cwd: '/' }), /[^\n\P{Cc}]/u);
  assert.ok(problemsSchema(problemsJson(loaded)), JSON.stringify(problemsSchema.errors));
  for (const { range } of loaded.problems) {
    if (!range) continue;
    const lines = loaded.text.split('\n');
    assert.ok(range.line >= 1 && range.line <= lines.length, `line ${range.line} is in the text`);
    assert.ok(range.column <= (lines[range.line - 1] ?? '').length + 1, 'the column is in the line');
  }
}

test('loading never throws: any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), holds), { numRuns: 300 });
});

test('loading never throws: any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) =>
      holds(Buffer.concat([Buffer.from('version: 1\n'), bytes])),
    ),
    { numRuns: 300 },
  );
});

test('loading never throws: texts of what YAML is made of', () => {
  const structure = [
    'version: 1\n',
    'agents:',
    '- ',
    'name: a',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ', ',
    ': ',
    '? ',
  ];
  const others = [
    '&a ',
    '*a',
    '<<: ',
    '"',
    "'",
    '|\n',
    '>\n',
    '#',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '!!str ',
    '!x ',
  ];
  const characters = ['~', '\t', '\0', '\u001b', '漢', '\r\n'];
  const token = fc.constantFrom(...structure, ...others, ...characters);
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => holds(tokens.join(''))),
    { numRuns: 1500 },
  );
});

test('loading never throws: any values at the known keys', () => {
  const keys = [
    'name',
    'runtime',
    'command',
    'env',
    'restart',
    'backoff',
    'initial',
    'max',
    'worktree',
    'repository',
    'branch',
  ];
  const more = [
    'path',
    'agents',
    'missions',
    'milestones',
    'id',
    'agent',
    'defaults',
    'runtimes',
    'tmux',
    'renamed_from',
    'ready',
  ];
  const scalar = fc.oneof(
    fc.constantFrom('a', 'b', 'claude', '5m', '1h', '4G', '~/x', '-x', '_holder', '', '__proto__'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'medium' }, scalar, fc.array(tie('value'), { maxLength: 4 }), tie('map')),
    map: fc.dictionary(fc.constantFrom(...keys, ...more), tie('value'), { maxKeys: 5 }),
  }));
  const part = fc.dictionary(fc.constantFrom(...keys, ...more), value, { maxKeys: 6 });
  const file = fc.record({
    agents: fc.array(part, { maxLength: 4 }),
    defaults: part,
    runtimes: fc.dictionary(fc.constantFrom('a', 'pi', 'claude'), part),
    missions: fc.array(part, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(file, (content) => holds(JSON.stringify({ version: 1, ...content }))),
    { numRuns: 500 },
  );
});

test('a file of nothing but mistakes is answered soon, with the first of them', () => {
  const loaded = load(`version: 1\nagents:\n${'  - { nam: a, runtime: 5, env: { A: 1 } }\n'.repeat(3000)}`);
  assert.ok(!loaded.ok);
  assert.equal(loaded.problems.length, 201);
  assert.match(loaded.problems.at(-1)?.message ?? '', /more problems$/);
});

test('the schema alone refuses what the loader refuses for its form', () => {
  assert.ok(fleetSchema({ version: 1, agents: [{ name: 'a' }] }));
  assert.ok(!fleetSchema({ version: 1, agents: [{ name: 'a b' }] }));
});
