/** What is wrong in formula files. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formulaCheck as isCheck } from '../../src/generated/validators.js';
import { inScene } from './scene.ts';

const good = `name = "gardener"
runtime = "claude"
repository = "~/src/app"
prompt = "Look after it."
`;

inScene('check: good files, and what is wrong in others, with its place', async ({ formula, world }) => {
  const write = (name: string, text: string): void => writeFileSync(join(world.cwd, name), text);
  write('good.toml', good);
  write('other.toml', good.replace('gardener', 'planner'));
  write('bad.toml', `${good}timeout = "soon"\nretries = 3\n`);

  const one = await formula(['check', 'good.toml']);
  assert.equal(one.stdout, `${world.cwd}/good.toml is valid: gardener, claude in ${world.home}/src/app.\n`);
  assert.equal((await formula(['check', 'good.toml', 'other.toml'])).stdout, '2 formulas are valid.\n');

  const bad = await formula(['check', 'good.toml', 'bad.toml', 'absent.toml'], 65);
  assert.equal(bad.stdout, '');
  assert.match(bad.stderr, /^bad\.toml:5:\d+: /m);
  assert.match(bad.stderr, /^bad\.toml:6:\d+: /m);
  assert.match(bad.stderr, /^ {2}5 \| timeout = "soon"$/m);
  assert.match(bad.stderr, /^2 problems in bad\.toml$/m);
  assert.match(bad.stderr, /^absent\.toml: it is not there$/m);
  assert.ok(!bad.stderr.includes('good.toml'), bad.stderr);

  for (const args of [['--json'], ['-o', 'json']]) {
    const { stdout } = await formula(['check', 'good.toml', 'bad.toml', ...args], 65);
    const data = JSON.parse(stdout) as { valid: boolean; files: { file: string; problems: unknown[] }[] };
    assert.ok(isCheck(data), JSON.stringify(isCheck.errors));
    assert.equal(data.valid, false);
    assert.deepEqual(
      data.files.map(({ file, problems }) => [file, problems.length]),
      [
        [`${world.cwd}/good.toml`, 0],
        [`${world.cwd}/bad.toml`, 2],
      ],
    );
  }
  const github = await formula(['check', 'bad.toml', '-o', 'github'], 65);
  assert.match(github.stdout, /^::error file=bad\.toml,line=5,col=\d+,endColumn=\d+::/m);
});

inScene('check: the runtime is one of the fleet, where there is one', async ({ formula, world }) => {
  writeFileSync(join(world.cwd, 'f.toml'), good.replace('"claude"', '"clade"'));
  const { stderr } = await formula(['check', 'f.toml'], 65);
  assert.match(stderr, /^f\.toml:2:11: .*"clade"/m);
  assert.match(stderr, /claude/);

  world.writeFleet('version: 0\n');
  assert.match((await formula(['check', 'f.toml'])).stderr, /^Note: .*fleet\.yaml is not valid: /m);
  await formula(['check', 'f.toml', '--file', 'no-such.yaml'], 65);
  rmSync(world.fleetFile);
  assert.equal((await formula(['check', 'f.toml'])).stderr, '');
});

inScene('check: nothing of a file reaches the terminal as it is', async ({ formula, world }) => {
  writeFileSync(join(world.cwd, 'f.toml'), `${good}"\u009b31m\u202e" = 1\n`);
  for (const args of [[], ['-o', 'github'], ['--json']]) {
    const { stdout, stderr } = await formula(['check', 'f.toml', ...args], 65);
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(stdout + stderr), stdout + stderr);
  }
});
