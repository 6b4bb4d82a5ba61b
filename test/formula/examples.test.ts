import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinRuntimes } from '../../src/fleet/runtimes/index.ts';
import { loadFormula } from '../../src/formula/load.ts';
import { formatProblems } from '../../src/report/problems.ts';

const root = new URL('../../', import.meta.url);
const folder = new URL('examples/formulas/', root);
const files = readdirSync(folder);

test('there are the three of them', () => {
  assert.deepEqual(files.sort(), ['gardener.toml', 'planner.toml', 'supervisor.toml']);
});

for (const file of files) {
  const text = readFileSync(new URL(file, folder), 'utf8');

  test(`${file} is a formula, called as its file`, () => {
    const loaded = loadFormula({
      text,
      file: `/work/${file}`,
      home: '/home/u',
      runtimes: Object.keys(builtinRuntimes),
    });
    assert.ok(loaded.ok, loaded.ok ? '' : formatProblems(loaded, { color: false, cwd: '/work' }));
    assert.deepEqual(loaded.warnings, []);
    const { value } = loaded;
    assert.equal(`${value.name}.toml`, file);
    assert.ok(value.repository.startsWith('/home/u/'));
    assert.ok(value.unattended && value.prompt.length > 1000);
    assert.ok(value.commands.report && value.commands.notify);
    // An agent that is told to wait for the pipelines has somebody who waits.
    assert.equal(/PHASE:awaiting_ci/.test(value.prompt), value.commands.awaitingCi !== undefined);
  });

  test(`${file} names commands of mosaic that there are`, () => {
    const said = [...text.matchAll(/`(mosaic [^`]+)`/g)].map(([, command = '']) => command);
    for (const command of said) {
      const words = command.split(' ').slice(1);
      const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
      const verbs = end < 0 ? words : words.slice(0, end);
      const options = words.filter((word) => /^--?[a-z]/.test(word));
      const mosaic = fileURLToPath(new URL('dist/mosaic.js', root));
      const { status, stdout, stderr } = spawnSync(process.execPath, [mosaic, ...verbs, '--help'], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, `${command}: ${stderr}`);
      assert.match(stdout, new RegExp(`^Usage: mosaic ${verbs.join(' ')} `), command);
      for (const option of options)
        assert.match(stdout, new RegExp(`(?:^|[ ,])${option}[ ,]`, 'm'), `${command}: ${option}`);
    }
    if (file === 'supervisor.toml') assert.ok(said.length >= 8);
  });
}
