/** mosaic coord init. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mission as isMission } from '../../src/generated/validators.js';
import { inProject, mosaicFile } from './scene.ts';

inProject('init: makes the files and says which, and what to do next', async (scene) => {
  const prompt = scene.write('goal.md', 'Build the checkout.\n\n```sh\nnpm test\n```\n');
  const { stdout, stderr } = await scene.coord([
    'init',
    '--name',
    'Checkout v2',
    '--milestones',
    'DB=Schema, "API, second one", Screens',
    '--description',
    'What buyers see last',
    '--quality-gates',
    'npm run lint && npm test',
    '--task-prefix',
    'CO-',
    '--prompt',
    'goal.md',
  ]);
  assert.equal(stderr, '');
  assert.equal(
    stdout,
    [
      'The mission Checkout v2 (checkout-v2) has its files:',
      '  docs/MISSION-MANIFEST.md',
      '  docs/TASKS.md',
      '  docs/scratchpads/checkout-v2.md',
      '  .mosaic/orchestrator/mission.json',
      '',
      'Next: write scope and success criteria into docs/MISSION-MANIFEST.md. Then have the first session break',
      'DB (Schema) into tasks:',
      '  mosaic coord continue',
      '  mosaic coord mission',
      '',
    ].join('\n'),
  );
  const record = scene.record();
  assert.ok(isMission(record), JSON.stringify(isMission.errors));
  assert.deepEqual(
    record.milestones.map(({ id, name, status }) => [id, name, status]),
    [
      ['DB', 'Schema', 'pending'],
      ['M2', 'API, second one', 'pending'],
      ['M3', 'Screens', 'pending'],
    ],
  );
  assert.equal(record.status, 'active');
  assert.equal(record.quality_gates, 'npm run lint && npm test');
  assert.equal(record.task_prefix, 'CO-');
  assert.equal(record.description, 'What buyers see last');
  assert.ok(
    scene.read('docs/scratchpads/checkout-v2.md').includes('Build the checkout.\n\n```sh\nnpm test\n```'),
  );
  rmSync(prompt);
});

inProject(
  'init: from a folder of the repository it is made at its top, with --project elsewhere',
  async (scene) => {
    mkdirSync(scene.path('src/deep'), { recursive: true });
    const args = ['init', '--name', 'One', '--milestones', 'A'];
    await scene.coord(args, 0, { cwd: scene.path('src/deep') });
    assert.equal(scene.record().mission_id, 'one');

    const plain = scene.world.path('plain');
    mkdirSync(plain);
    const made = await scene.json([...args, '--project', plain], 0);
    assert.deepEqual(made['project'], plain);
    // Outside of any repository the folder upwards that has a mission is meant.
    mkdirSync(join(plain, 'inside'));
    const status = await scene.json(['status'], 4, { cwd: join(plain, 'inside') });
    assert.equal(status['project'], plain);
    const { stdout } = await scene.coord(
      ['init', '--name', 'Two', '--milestones', 'A', '--project', 'docs'],
      0,
    );
    assert.match(stdout, new RegExp(`mosaic coord continue --project ${scene.path('docs')}$`, 'm'));
  },
);

inProject('init: refuses where a mission is, touching nothing', async (scene) => {
  await scene.init();
  const before = scene.picture();
  const { stderr } = await scene.coord(['init', '--name', 'Another', '--milestones', 'A'], 1);
  assert.match(stderr, /the mission "checkout-v2" is active in this project/);
  assert.match(stderr, /fix: .*nothing was touched/);
  assert.deepEqual(scene.picture(), before);
});

inProject('init: names every file in the way, and makes none', async (scene) => {
  scene.write('docs/TASKS.md', '# My own list\n');
  scene.write('docs/MISSION-MANIFEST.md', '# Mine\n');
  const before = scene.picture();
  const { stderr } = await scene.coord(['init', '--name', 'X', '--milestones', 'A'], 1);
  assert.match(stderr, /docs\/MISSION-MANIFEST\.md and docs\/TASKS\.md are in the way/);
  assert.deepEqual(scene.picture(), before);
});

inProject('init: says what is wrong with what it was asked', async (scene) => {
  const init = (...args: string[]) => ['init', '--name', 'X', ...args];
  const wrong: [string[], number, RegExp][] = [
    [['init', '--name', 'X'], 64, /required option '--milestones <list>'/],
    [['init', '--name', ' ', '--milestones', 'A'], 64, /--name must not be empty/],
    [init('--milestones', 'A,,B'), 64, /the milestone at place 2 has no name/],
    [init('--milestones', ''), 64, /the milestone at place 1 has no name/],
    [init('--milestones', '"A, B'), 64, /a double quote is not closed/],
    [init('--milestones', 'A=One, A=Two'), 64, /two milestones have the id "A"/],
    [init('--milestones', 'A', '--id', '../../etc'), 64, /--id \.\.\/\.\.\/etc: letters, digits/],
    [init('--milestones', 'A', '--prompt', 'absent.md'), 65, /the prompt file .*absent\.md is not there/],
    [init('--milestones', 'A', '--project', 'absent'), 65, /--project absent: there is no such folder/],
  ];
  const before = scene.picture();
  for (const [args, code, told] of wrong) {
    const { stderr } = await scene.coord(args, code);
    assert.match(stderr, told);
  }
  assert.deepEqual(scene.picture(), before);
});

inProject('init: a name of any script; what a terminal would act on is shown, not done', async (scene) => {
  const name = 'Kasse 結帳 🛒\u001b[31m\u202e';
  const { stdout } = await scene.coord(['init', '--name', name, '--milestones', 'Übersicht\u0007, 表']);
  assert.ok(stdout.includes('Kasse 結帳 🛒\\x1b[31m\\u{202e} (kasse'), stdout);
  assert.equal(scene.record().name, name);
  const dashboard = (await scene.coord(['mission'])).stdout;
  assert.doesNotMatch(dashboard, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  assert.match(dashboard, /M2 \(表\)/);
});

inProject('init: a prompt from a pipe', async (scene) => {
  const line = `echo 'Do it well.' | "$0" "$1" coord init --name X --milestones A --prompt /dev/stdin`;
  const { code, stderr } = await scene.world.run('sh', ['-c', line, process.execPath, mosaicFile], {
    cwd: scene.project,
  });
  assert.equal(code, 0, stderr);
  assert.match(scene.read('docs/scratchpads/x.md'), /Do it well\./);
});

inProject('init: where the folder cannot be written to, it says so', async (scene) => {
  // As root a permission stops nobody; a file where a folder has to be does.
  writeFileSync(scene.path('.mosaic'), '');
  const { stderr } = await scene.coord(['init', '--name', 'X', '--milestones', 'A'], 1);
  assert.match(stderr, /^mosaic: cannot .*\.mosaic/);
});
