import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadFormula } from '../../src/formula/load.ts';
import { formatProblems } from '../../src/report/problems.ts';

// Each NAME.formula is a bad file, NAME.txt exactly what is printed of it. A new case is a new file; UPDATE=1 writes what is
// missing or has changed, to be read before it is kept.
const folder = new URL('bad/', import.meta.url);
const update = process.env['UPDATE'] === '1';

for (const file of readdirSync(folder).filter((name) => name.endsWith('.formula'))) {
  test(`what is said of ${file}`, () => {
    const text = readFileSync(new URL(file, folder));
    const loaded = loadFormula({ text, file: `/work/${file}`, home: '/home/u' });
    assert.ok(!loaded.ok, 'the file is bad');
    const printed = formatProblems(loaded, { color: false, cwd: '/work' });
    const expected = new URL(file.replace(/formula$/, 'txt'), folder);
    if (update) writeFileSync(expected, printed);
    assert.equal(printed, readFileSync(expected, 'utf8'));
    for (const problem of loaded.problems) {
      assert.ok(problem.range, `${problem.message}: has a place`);
    }
    assert.doesNotMatch(printed, /[^\n\P{Cc}]/u);
    // Every secret of these files has the word in it.
    assert.doesNotMatch(printed + loaded.text, /hunter2|s3cr3t/i);
  });
}
