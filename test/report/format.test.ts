import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { ago, bytes, duration, elapsed, isoSeconds } from '../../src/report/format.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

function rows(name: string, of: (value: number) => string, cases: [number, string][]): void {
  describe(name, () => {
    for (const [value, expected] of cases)
      it(`${value} is ${expected}`, () => assert.equal(of(value), expected));
  });
}

rows('duration', duration, [
  [-5, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [minute, '1m'],
  [hour - 1, '59m'],
  [hour, '1h'],
  [2 * hour + 10 * minute + 59 * second, '2h10m'],
  [day + hour, '25h'],
  [2 * day, '2d'],
  [5 * day + 7 * hour, '5d'],
]);

rows('elapsed', elapsed, [
  [0, '0.0s'],
  [1234, '1.2s'],
  [59_940, '59.9s'],
  [59_960, '1m00s'],
  [125_000, '2m05s'],
]);

rows('bytes', bytes, [
  [0, '0B'],
  [999, '999B'],
  [1000, '1K'],
  [1536, '1.5K'],
  [512 * 1024 ** 2, '512M'],
  [1.25 * 1024 ** 3, '1.3G'],
  [1023 * 1024 ** 2, '1G'],
  [9.96 * 1024 ** 2, '10M'],
  [5000 * 1024 ** 4, '5000T'],
]);

rows('ago', (then) => ago(then, 1_000_000), [
  [1_000_000, 'now'],
  [1_000_500, 'now'],
  [820_000, '3m ago'],
  [1_180_000, 'in 3m'],
]);

rows('isoSeconds', isoSeconds, [
  [1_763_674_512_345, '2025-11-20T21:35:12Z'],
  [Number.NaN, ''],
]);
