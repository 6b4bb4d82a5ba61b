import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { followed } from '../../src/message/follow.ts';

const cases: [string, string, string][] = [
  ['nothing has changed', 'a b', ''],
  ['two lines more', 'a b c d', 'c d'],
  ['as much has scrolled off', 'b c', 'c'],
  ['everything is new', 'x y', 'x y'],
  ['the last line was written on', 'a b2 c', 'b2 c'],
  ['it was cleared', '', ''],
];

for (const [name, now, expected] of cases) {
  void test(`follows a screen: ${name}`, () => {
    assert.deepEqual(
      followed(['a', 'b'], now.split(' ').filter(Boolean)),
      expected.split(' ').filter(Boolean),
    );
  });
}

void test('of a log that grows and scrolls, every line is shown once and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(6), { minLength: 1, maxLength: 30 }), (steps) => {
      const seen: string[] = [];
      let written = 0;
      let before: string[] = [];
      for (const step of steps) {
        written += step;
        const all = Array.from({ length: written }, (_, line) => `line ${line}`);
        const now = all.slice(-8);
        seen.push(...followed(before, now));
        before = now;
      }
      assert.deepEqual(
        seen,
        Array.from({ length: written }, (_, line) => `line ${line}`),
      );
    }),
  );
});
