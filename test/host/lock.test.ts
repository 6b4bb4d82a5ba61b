/** The lock on a disk that takes nothing more. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLock } from '../../src/host/lock.ts';

test('a full disk keeps nobody from the lock, and lets go of it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-test-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // What is written to such a device fails as on a full disk (full(4)); one of our own, which no other test locks.
  const full = join(folder, 'full');
  const made = spawnSync('mknod', [full, 'c', '1', '7'], { encoding: 'utf8' });
  if (made.status !== 0 && process.env['CI'] === undefined) return t.skip(made.stderr);
  assert.equal(made.status, 0, made.stderr);
  for (let round = 0; round < 2; round++) {
    const lock = await acquireLock(full);
    assert.ok(lock !== undefined);
    assert.equal(await acquireLock(full), undefined, 'it is held');
    lock.release();
  }
});
