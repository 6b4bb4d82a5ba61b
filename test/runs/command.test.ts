/** `mosaic formula run`: what it refuses, what a dry run tells and leaves alone, what it prints. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { formulaRun as isRun } from '../../src/generated/formulaRun.js';
import { filesBelow } from '../faults/picture.ts';
import { inFormulas } from '../formula-e2e/support/scene.ts';
import { phase } from '../support/stand-in/formula.ts';

inFormulas('a dry run tells the prompt, and takes, makes and writes nothing', 'none', async (scene) => {
  const { world, repository } = scene;
  writeFileSync(`${repository}/VISION.md`, 'roses everywhere');
  const formula = scene.formula('garden', {
    lives: [[phase('PHASE:done')]],
    keys: {
      context: ['VISION.md', 'NONE.md'],
      min_available_memory: '1M',
      commands: { report: ['touch', `${repository}/reported`] },
    },
  });
  await world.mosaic(['formula', 'reply', 'garden', 'x']);
  const before = filesBelow(world.home);
  const { code, stdout, stderr } = await world.mosaic(['formula', 'run', formula.file, '--dry-run']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Look after garden\./);
  assert.match(stdout, /roses everywhere/);
  assert.match(stdout, /PHASE:done/);
  assert.deepEqual(filesBelow(world.home), before);
  assert.deepEqual(await world.sessions(), []);
  assert.equal(await world.git(repository, 'status', '--porcelain'), '?? VISION.md');
  const json = await world.mosaic(['formula', 'run', formula.file, '--dry-run', '--json']);
  const told = JSON.parse(json.stdout) as { result: string; prompt: string };
  assert.ok(isRun(told), JSON.stringify(isRun.errors));
  assert.equal(told.result, 'planned');
});

inFormulas(
  'one that would be skipped says so; what is missing is 69, what is wrong 65',
  'none',
  async (scene) => {
    const { world } = scene;
    const lives = [[]];
    const hungry = scene.formula('hungry', { lives, keys: { min_available_memory: '4000G' } });
    const dry = await world.mosaic(['formula', 'run', hungry.file, '--dry-run', '--json']);
    assert.match((JSON.parse(dry.stdout) as { skipped: string }).skipped, /MiB of memory are available/);
    const run = async (name: string, keys: Record<string, unknown>) => {
      const { file } = scene.formula(name, { lives, keys });
      const { code, stderr } = await world.mosaic(['formula', 'run', file]);
      return { code, stderr };
    };
    const refusals: [string, Record<string, unknown>, number, RegExp][] = [
      ['runtime', { runtime: 'stnd' }, 69, /no runtime "stnd"[^]*Did you mean stand\?/],
      ['program', { command: ['no-such-program-here'] }, 69, /"no-such-program-here"[^]*is not there/],
      ['token', { forge: { api: 'https://forge.example', token_env: 'GARDEN_TOKEN' } }, 69, /GARDEN_TOKEN/],
      ['env', { env_file: 'none.env' }, 69, /none\.env, which env_file names, is not there/],
      ['timeout', { timeout: 'soon' }, 65, /timeout/],
    ];
    for (const [name, keys, wanted, message] of refusals) {
      const { code, stderr } = await run(name, keys);
      assert.equal(code, wanted, `${name}: ${stderr}`);
      assert.match(stderr, message);
      // Its name is known only where the file is valid, or was.
      const of = scene.formula(name, { lives, keys });
      const noted = of.history().map(({ reason, exitCode, detail }) => ({ reason, exitCode, detail }));
      assert.equal(noted.length, wanted === 69 ? 1 : 0, name);
      for (const { reason, exitCode, detail } of noted) {
        assert.deepEqual([reason, exitCode], ['not-started', 69]);
        assert.match(detail ?? '', message);
        assert.deepEqual(
          of.events().map(({ event, result }) => [event, result]),
          [['formula-end', 'failed']],
        );
      }
    }
    const missing = await world.mosaic(['formula', 'run', 'nothing.toml']);
    assert.deepEqual([missing.code, /nothing\.toml is not there/.test(missing.stderr)], [65, true]);
    assert.deepEqual(await world.sessions(), []);
  },
);

inFormulas(
  'a scheduled formula that is not valid any more: on record, in the list',
  'none',
  async (scene) => {
    const { world } = scene;
    const { file, history, events } = scene.formula('garden', { lives: [[]], keys: { timeout: 'soon' } });
    world.writeFleet({ agents: [], formulas: [{ file, every: '6h' }] });
    for (const nth of [1, 2]) {
      assert.equal((await world.mosaic(['formula', 'run', file])).code, 65);
      assert.deepEqual(
        history().map(({ reason, exitCode }) => [reason, exitCode]),
        Array.from({ length: nth }, () => ['not-started', 65]),
      );
    }
    assert.match(events().at(-1)?.message ?? '', /not-started: .* is not valid\. .*mosaic formula check/);
    const { stdout } = await world.mosaic(['formula', 'list']);
    assert.match(stdout, /^garden .*not started/m);
  },
);

inFormulas('what it came to is printed for programs, and the rest goes to stderr', 'none', async (scene) => {
  const { world } = scene;
  const formula = scene.formula('garden', { lives: [[phase('PHASE:failed\nno water')]] });
  const { code, stdout, stderr } = await world.mosaic(['formula', 'run', formula.file, '--json']);
  assert.equal(code, 1, stderr);
  const told = JSON.parse(stdout) as { result: string; run: { reason: string; detail: string } };
  assert.ok(isRun(told), JSON.stringify(isRun.errors));
  assert.deepEqual([told.result, told.run.reason, told.run.detail], ['ended', 'failed', 'no water']);
  assert.match(stderr, /phase failed: no water/);
});
