import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';

/**
 * Compares with `expected/NAME`, byte for byte; colours are written `‹31›` there. With UPDATE_EXPECTED=1 the file is
 * written instead, to be read before it is committed.
 */
export function assertExpected(name: string, actual: string): void {
  const path = join(import.meta.dirname, 'expected', name);
  const text = actual.replaceAll(/\u001b\[(\d+)m/g, '‹$1›').replaceAll('\r\u001b[2K', '‹clear›');
  if (process.env['UPDATE_EXPECTED'] === '1') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'), `as in ${name}`);
}
