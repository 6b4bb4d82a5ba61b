/** The system's watch of files: what is noticed, and what is not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { watch } from '../../src/host/watch.ts';
import { until } from '../support/until.ts';

function place(t: TestContext): {
  path: (...parts: string[]) => string;
  calls: () => number;
  on: (...paths: string[]) => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'mosaic-watch-'));
  let calls = 0;
  const open: { close(): void }[] = [];
  t.after(() => {
    for (const one of open) one.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    path: (...parts) => join(folder, ...parts),
    calls: () => calls,
    on: (...paths) => void open.push(watch(paths, () => (calls += 1))),
  };
}

const noticed = async (p: { calls: () => number }, what: string, happens: () => void): Promise<void> => {
  const before = p.calls();
  happens();
  await until(`${what} is noticed`, () => p.calls() > before, 5_000);
};

test('written, replaced, removed, made again', async (t) => {
  const p = place(t);
  writeFileSync(p.path('fleet.yaml'), 'one');
  p.on(p.path('fleet.yaml'));
  await noticed(p, 'a write', () => writeFileSync(p.path('fleet.yaml'), 'two'));
  await noticed(p, 'a replacement', () => {
    writeFileSync(p.path('new'), 'three');
    renameSync(p.path('new'), p.path('fleet.yaml'));
  });
  await noticed(p, 'a write after it', () => writeFileSync(p.path('fleet.yaml'), 'four'));
  await noticed(p, 'a removal', () => rmSync(p.path('fleet.yaml')));
  await noticed(p, 'a new one', () => writeFileSync(p.path('fleet.yaml'), 'five'));
});

test('a folder that is moved away and comes back, or another in its place', async (t) => {
  const p = place(t);
  mkdirSync(p.path('a/b'), { recursive: true });
  p.on(p.path('a/b/fleet.yaml'));
  await noticed(p, 'the file', () => writeFileSync(p.path('a/b/fleet.yaml'), 'one'));
  await noticed(p, 'that the folder above goes', () => renameSync(p.path('a'), p.path('away')));
  await noticed(p, 'that it comes back', () => renameSync(p.path('away'), p.path('a')));
  await noticed(p, 'a write in it', () => writeFileSync(p.path('a/b/fleet.yaml'), 'two'));
  await noticed(p, 'that it is gone', () => rmSync(p.path('a'), { recursive: true }));
  await noticed(p, 'another one', () => mkdirSync(p.path('a/b'), { recursive: true }));
  await noticed(p, 'a file in that', () => writeFileSync(p.path('a/b/fleet.yaml'), 'three'));
});

test('through a link: what it leads to, and where it leads', async (t) => {
  const p = place(t);
  mkdirSync(p.path('one'));
  mkdirSync(p.path('two'));
  writeFileSync(p.path('one/f'), 'one');
  writeFileSync(p.path('two/f'), 'two');
  symlinkSync('one', p.path('current'));
  p.on(p.path('current/f'));
  await noticed(p, 'a write', () => writeFileSync(p.path('one/f'), 'one more'));
  await noticed(p, 'another link', () => {
    symlinkSync('two', p.path('next'));
    renameSync(p.path('next'), p.path('current'));
  });
  await noticed(p, 'a write there', () => writeFileSync(p.path('two/f'), 'two more'));
});

test('other files beside it are not its changes', async (t) => {
  const p = place(t);
  writeFileSync(p.path('fleet.yaml'), 'one');
  p.on(p.path('fleet.yaml'));
  for (let count = 0; count < 20; count += 1) writeFileSync(p.path(`other${count}`), 'x');
  // A change of its own comes after theirs in the kernel's queue.
  await noticed(p, 'a write', () => writeFileSync(p.path('fleet.yaml'), 'two'));
  assert.equal(p.calls(), 1);
});
