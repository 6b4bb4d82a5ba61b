import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readPhase, unknownPhase } from '../../src/formula/phase.ts';
import { PHASES } from '../../src/model/formula.ts';

const cases: [string, ReturnType<typeof readPhase>][] = [
  ['', { kind: 'none' }],
  [' \n\r\n\t\n', { kind: 'none' }],
  ['\ufeff', { kind: 'none' }],
  ['P', { kind: 'partial' }],
  ['  PHASE:', { kind: 'partial' }],
  ['PHASE:do', { kind: 'partial' }],
  ['PHASE:awaiting_', { kind: 'partial' }],
  ['\ufeffPHASE:aw', { kind: 'partial' }],
  ['PHASE:done', { kind: 'phase', phase: 'done', complete: false }],
  ['PHASE:done ', { kind: 'phase', phase: 'done', complete: false }],
  ['PHASE:done\r', { kind: 'phase', phase: 'done', complete: false }],
  ['PHASE:done\n', { kind: 'phase', phase: 'done', complete: true }],
  ['\ufeff \tPHASE:merged\t \r\n', { kind: 'phase', phase: 'merged', complete: true }],
  ['PHASE:failed\n', { kind: 'phase', phase: 'failed', complete: true }],
  ['PHASE:failed\nno net', { kind: 'phase', phase: 'failed', reason: 'no net', complete: false }],
  [
    'PHASE:failed\r\n  no net \r\nmore\n',
    { kind: 'phase', phase: 'failed', reason: 'no net', complete: true },
  ],
  ['PHASE:failed\n\nlater\n', { kind: 'phase', phase: 'failed', complete: true }],
  [
    'PHASE:escalate\na\u001b[2Jb\n',
    { kind: 'phase', phase: 'escalate', reason: 'a\\x1b[2Jb', complete: true },
  ],
  // Only the first line counts.
  ['PHASE:done\nPHASE:failed\n', { kind: 'phase', phase: 'done', reason: 'PHASE:failed', complete: true }],
  ['\nPHASE:done\n', { kind: 'unknown', word: '', complete: true }],
  // Exact words only.
  ['phase:done\n', { kind: 'unknown', word: 'phase:done', complete: true }],
  ['PHASE:Done\n', { kind: 'unknown', word: 'PHASE:Done', complete: true }],
  ['PHASE: done\n', { kind: 'unknown', word: 'PHASE: done', complete: true }],
  ['PHASE:done.\n', { kind: 'unknown', word: 'PHASE:done.', complete: true }],
  ['PHASE:doing', { kind: 'unknown', word: 'PHASE:doing', complete: false }],
  ['PHASE:do\n', { kind: 'unknown', word: 'PHASE:do', complete: true }],
  ['PHASE:\n', { kind: 'unknown', word: 'PHASE:', complete: true }],
  ['all good', { kind: 'unknown', word: 'all good', complete: false }],
  ['PHASE:done\0\n', { kind: 'unknown', word: 'PHASE:done\\x00', complete: true }],
  ['\0\0\0PHASE:done\n', { kind: 'unknown', word: '\\x00\\x00\\x00PHASE:done', complete: true }],
  ['PHASE:failed\rwhy\n', { kind: 'unknown', word: 'PHASE:failed\\rwhy', complete: true }],
  [`PHASE:${'x'.repeat(100_000)}`, { kind: 'unknown', word: `PHASE:${'x'.repeat(53)}…`, complete: false }],
  [`PHASE:done${' '.repeat(5000)}x\n`, { kind: 'unknown', word: 'PHASE:done…', complete: true }],
];

for (const [text, expected] of cases) {
  test(`a phase file of ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.deepEqual(readPhase(text), expected);
  });
}

test('a long reason is cut at a character', () => {
  const read = readPhase(`PHASE:failed\n${'😀'.repeat(3000)}\n`);
  assert.ok(read.kind === 'phase');
  assert.equal(read.reason, `${'😀'.repeat(999)}…`);
});

const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\ufeff'), maxLength: 4 });
const phase = fc.constantFrom(...PHASES);
const ending = fc.constantFrom('\n', '\r\n');
const reason = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\n\r]/g, ' '));
const valid = fc.tuple(blank, phase, blank, ending, reason, ending);

test('every beginning of a valid text is nothing, a part, or that phase', () => {
  fc.assert(
    fc.property(valid, ([before, word, after, line, why, end]) => {
      const text = `${before}PHASE:${word}${after}${line}${why}${end}`;
      const first = `${before}PHASE:${word}${after}${line}`;
      for (let length = 0; length <= text.length; length++) {
        const read = readPhase(text.slice(0, length));
        const whole = length >= `${before}PHASE:${word}`.length;
        if (!whole) assert.ok(read.kind === 'none' || read.kind === 'partial', JSON.stringify(read));
        else assert.ok(read.kind === 'phase' && read.phase === word, JSON.stringify(read));
        // Never called complete while a line that counts is being written.
        if (read.kind === 'phase' && length < first.length) assert.equal(read.complete, false);
        if (read.kind === 'phase' && length > first.length && length < text.length - end.length + 1)
          assert.equal(read.complete, false);
      }
      const read = readPhase(text);
      assert.ok(read.kind === 'phase' && read.complete);
      assert.equal(read.reason === undefined, why.trim() === '');
    }),
    { numRuns: 500 },
  );
});

test('any text is read, and what is read of it can be printed', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('PHASE:', 'done', 'failed', '\n', '\r', '\0', ' ', '\ud800', 'x'.repeat(999)))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const read = readPhase(text);
      const shown = `${read.kind === 'unknown' ? read.word : ''}${(read.kind === 'phase' && read.reason) || ''}`;
      assert.doesNotMatch(shown, /\p{Cc}|\p{Cs}/u);
      assert.ok(Array.from(shown).length <= 1000);
      if (read.kind !== 'phase') return;
      assert.equal(text.split('\n')[0]?.trim(), `PHASE:${read.phase}`);
    }),
    { numRuns: 1000 },
  );
});

test('who writes another word is told which was meant, or which there are', () => {
  const told: [string, string][] = [
    ['phase:done', 'PHASE:done'],
    ['PHASE: done', 'PHASE:done'],
    ['done', 'PHASE:done'],
    ['PHASE=failed', 'PHASE:failed'],
    ['PHASE:awaiting-ci', 'PHASE:awaiting_ci'],
    ['PHASE:escalated', 'PHASE:escalate'],
    ['PHASE:Merged', 'PHASE:merged'],
  ];
  for (const [word, meant] of told) {
    assert.equal(
      unknownPhase(word),
      `The first line of the phase file says "${word}", which is no phase. Did you mean ${meant}? Write it exactly so, as the first line.`,
    );
  }
  assert.equal(
    unknownPhase(''),
    'The first line of the phase file is empty. Write one of PHASE:done, PHASE:failed, PHASE:merged, PHASE:escalate, PHASE:awaiting_ci or PHASE:awaiting_review, exactly so, as its first line.',
  );
  assert.match(
    unknownPhase('all is well'),
    /says "all is well", which is no phase\. Write one of PHASE:done, /,
  );
});
