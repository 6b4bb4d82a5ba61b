import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadFleet } from '../../src/fleet/load.ts';
import { formatProblems } from '../../src/report/problems.ts';

// Each NAME.fleet is a bad file, NAME.txt exactly what is printed of it. A new case is a new file; UPDATE=1 writes what is
// missing or has changed, to be read before it is kept.
const folder = new URL('bad/', import.meta.url);
const update = process.env['UPDATE'] === '1';

for (const file of readdirSync(folder).filter((name) => name.endsWith('.fleet'))) {
  test(`what is said of ${file}`, () => {
    const text = readFileSync(new URL(file, folder));
    const loaded = loadFleet({ text, file: `/work/${file}`, home: '/home/u', hostnames: [] });
    assert.ok(!loaded.ok, 'the file is bad');
    const printed = formatProblems(loaded, { color: false, cwd: '/work' });
    const expected = new URL(file.replace(/fleet$/, 'txt'), folder);
    if (update) writeFileSync(expected, printed);
    assert.equal(printed, readFileSync(expected, 'utf8'));
    for (const problem of loaded.problems) {
      assert.ok(problem.range, `${problem.message}: has a place`);
    }
    assert.doesNotMatch(printed, /[^\n\P{Cc}]/u);
  });
}

test('a file that is no text is not made larger by reading it as one', () => {
  const sizeTold = (text: string): string | undefined => {
    const loaded = loadFleet({ text, file: '/work/f', home: '/home/u', hostnames: [] });
    return loaded.ok ? undefined : loaded.problems.find(({ message }) => message.includes('4 MB'))?.message;
  };
  const read = (bytes: number): string => Buffer.alloc(bytes, 0xff).toString('utf8');
  assert.equal(sizeTold(read(2_000_000)), undefined);
  assert.match(sizeTold(read(5_000_000)) ?? '', /^the file has at least 5,000,000 bytes/);
  assert.match(sizeTold('#'.repeat(5_000_000)) ?? '', /^the file has 5,000,000 bytes/);
});
