import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

test('a line for which the disk has no room is not taken for written, and no part of it stays', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-append-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  const before = `${'.'.repeat(900)}\n`;
  writeFileSync(path, before);
  const files = JSON.stringify(new URL('../../src/host/files.ts', import.meta.url).href);
  const script = `
    import(${files}).then(({ realFiles }) => {
      try { realFiles.append(${JSON.stringify(path)}, 'x'.repeat(300) + '\\n'); console.log('written'); }
      catch (error) { console.log(error.code); }
    });`;
  // No file of it grows beyond 1 KiB: the rest of a line is refused as by a full disk.
  const limited = ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath];
  const args = [...limited, '--import', import.meta.resolve('tsx'), '-e', script];
  const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
  assert.equal(execFileSync('bash', args, { encoding: 'utf8', env }), 'EFBIG\n');
  assert.equal(readFileSync(path, 'utf8'), before);
});
