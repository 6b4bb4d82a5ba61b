/** Which formulas there are, and how it is with each. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formulaList as isList } from '../../src/generated/validators.js';
import { inScene } from './scene.ts';

inScene('list: none', async ({ formula }) => {
  const { stdout } = await formula(['list']);
  assert.equal(stdout, 'No formulas: none is in the fleet file, none is installed, none has run.\n');
  const data: unknown = JSON.parse((await formula(['list', '--json'])).stdout);
  assert.deepEqual(data, { format_version: 1, fleet: 'test', formulas: [] });
});

inScene('list: what runs, how to look at it, how the last run ended', async (scene) => {
  const { formula, record, past, current, world, path, writeFormula } = scene;
  world.writeFleet({
    agents: [],
    formulas: [{ file: 'formulas/planner.toml', every: '6h' }],
  });
  writeFormula('planner');
  past(record('gardener', { reason: 'failed', exitCode: 1, detail: 'the tests are red' }));
  current(record('gardener', { phases: [{ phase: 'escalate', at: Date.now(), detail: 'May I?' }] }));
  current(record('supervisor'), false);
  await formula(['reply', 'supervisor', 'yes']);
  mkdirSync(path('No Formula'));
  writeFileSync(path('file'), '');

  const { stdout } = await formula(['list']);
  assert.match(stdout, /^planner +6h +.*no timer: the fleet has no systemd$/m);
  assert.match(stdout, /^gardener +running 2h, escalate +failed 1h ago +1h +asks: May I\?$/m);
  assert.match(stdout, /^supervisor +left by its mosaic .*1 +mosaic died over the run /m);
  assert.ok(!/No Formula|^file/m.test(stdout), stdout);
  assert.ok(
    stdout.endsWith(`\ngardener: tmux -L ${world.socket} attach-session -t =_formula-gardener\n`),
    stdout,
  );

  const data = JSON.parse((await formula(['list', '--json'])).stdout) as {
    formulas: Record<string, unknown>[];
  };
  assert.ok(isList(data), JSON.stringify(isList.errors));
  const row = (name: string) => data.formulas.find(({ formula: one }) => one === name) ?? {};
  const planner = row('planner');
  const gardener = row('gardener');
  const supervisor = row('supervisor');
  assert.deepEqual(
    [planner['formula'], planner['origin'], planner['every_seconds'], planner['file']],
    ['planner', 'fleet', 21_600, `${world.cwd}/formulas/planner.toml`],
  );
  const { phase, detail } = gardener['running'] as { phase: string; detail: string };
  assert.deepEqual([phase, detail], ['escalate', 'May I?']);
  assert.equal((gardener['last'] as { reason: string }).reason, 'failed');
  assert.equal(supervisor['replies'], 1);
  assert.notEqual(supervisor['orphan'], undefined);

  const narrow = await world.mosaic(['formula', 'list'], { env: { COLUMNS: '50' } });
  const [table = ''] = narrow.stdout.split('\n\n');
  for (const line of table.split('\n')) assert.ok(line.length <= 50, line);
  assert.match(table, /gardener/);
});

inScene('list: a record that is damaged hides no other formula', async ({ formula, record, past, path }) => {
  past(record('gardener'), record('planner'));
  writeFileSync(path('gardener', 'history.jsonl'), 'nothing\n');
  writeFileSync(path('planner', 'current.json'), '{');
  const { stdout } = await formula(['list']);
  assert.match(stdout, /^gardener .*1 line of its record is damaged$/m);
  assert.match(stdout, /^planner .*done 1h ago.*current\.json is damaged/m);
});

inScene(
  'list: a schedule by another name, a file that is not there, one that is not valid',
  async (scene) => {
    const { formula, record, past, world, writeFormula, replies } = scene;
    writeFormula('planner');
    writeFileSync(join(world.cwd, 'formulas/bad.toml'), 'name = 1\n');
    world.writeFleet({
      agents: [],
      formulas: [
        { file: 'formulas/planner.toml', every: '6h', name: 'weekly' },
        { file: 'formulas/absent.toml', every: '1d' },
        { file: 'formulas/bad.toml', every: '1d' },
      ],
    });
    past(record('planner'));
    const { stdout } = await formula(['list']);
    assert.match(stdout, /^planner +6h +done 1h ago +1h +its timer is named weekly; /m);
    assert.match(stdout, /^absent +1d +.*formulas\/absent\.toml is not there/m);
    assert.match(stdout, /^bad +1d +.*its file is not valid: mosaic formula check .*bad\.toml/m);
    assert.doesNotMatch(stdout, /^weekly/m);
    // Either name is understood.
    await formula(['reply', 'weekly', 'yes']);
    assert.deepEqual(replies('planner'), ['yes']);
    assert.match((await formula(['history', 'weekly'])).stdout, /\bdone\b/);
    const completed = await world.mosaic(['__complete', 'formulas']);
    assert.equal(completed.stdout, 'planner\nabsent\nbad\n');
  },
);
