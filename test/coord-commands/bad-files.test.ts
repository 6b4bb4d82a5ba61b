/** Files that are missing, half written, of an older tool, or edited by hand: each command says so and writes nothing. */
import assert from 'node:assert/strict';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { inProject, type Scene } from './scene.ts';

const MISSION = '.mosaic/orchestrator/mission.json';

const commands: string[][] = [
  ['mission'],
  ['mission', '--json'],
  ['status'],
  ['continue'],
  ['run', 'T-1', '--', 'true'],
  ['resume'],
  ['resume', 'T-1'],
  ['resume', '--clean-lock'],
];

/** Runs every command: each ends with this code and these words, and nothing is written. */
async function all(scene: Scene, code: number, told: RegExp, which = commands): Promise<void> {
  const before = scene.picture();
  for (const args of which) {
    const { stderr, stdout } = await scene.coord(args, code);
    assert.match(stderr, told, args.join(' '));
    if (args.includes('--json')) assert.equal(stdout, '');
  }
  assert.deepEqual(scene.picture(), before);
}

inProject('no mission: every command says so and how to make one', async (scene) => {
  await all(scene, 65, /there is no mission in .*\n {2}fix: Make one: mosaic coord init --name/);
});

inProject('mission.json half written, or of another form: the place is shown', async (scene) => {
  await scene.init();
  const whole = scene.read(MISSION);
  scene.write(MISSION, whole.slice(0, whole.indexOf('"milestones"')));
  await all(scene, 65, /mission\.json:15:3: it is not JSON: [^]*15 \|[^]*~[^]*1 problem in \.mosaic/);
  scene.write(MISSION, whole.replace('"active"', '"aktiv"'));
  await all(scene, 65, /status must be [^]*"status": "aktiv"[^]*~/, [['status'], ['mission']]);
  scene.write(MISSION, '');
  await all(scene, 65, /it is empty/, [['status'], ['continue']]);
  scene.write(MISSION, whole.replace('docs/TASKS.md', '../../outside.md'));
  await all(scene, 65, /tasks_file is outside of the project/, [['status'], ['run', 'T-1', '--', 'true']]);
});

inProject('mission.json with an id twice, or of a newer mosaic: the place is shown', async (scene) => {
  await scene.init();
  const whole = scene.read(MISSION);
  scene.write(MISSION, whole.replace('"M2"', '"M1"'));
  await all(scene, 65, /milestones\[1\]\.id is "M1", as in [^]*"id": "M1"[^]*~[^]*fix: Mend it by hand/);
  scene.write(MISSION, whole.replace('"schema_version": 1', '"schema_version": 2'));
  await all(scene, 65, /mission\.json:2:21: it was made by a newer mosaic[^]*fix: Update mosaic here\./);
});

inProject('mission.json is a folder, a link that leads nowhere, no text', async (scene) => {
  await scene.init();
  rmSync(scene.path(MISSION));
  symlinkSync('/no/such/place', scene.path(MISSION));
  const { stderr } = await scene.coord(['init', '--name', 'X', '--milestones', 'A'], 1);
  assert.match(stderr, /in the way/);
  rmSync(scene.path(MISSION));
  writeFileSync(scene.path(MISSION), Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
  await all(scene, 65, /mission\.json cannot be used/, [['status'], ['mission'], ['resume', '--clean-lock']]);
});

inProject('TASKS.md with problems: each with its line; the lock can still be asked about', async (scene) => {
  await scene.init([
    '| T-1 | doing | M1 | One | | |',
    '| T-2 | done | M1 | Two | | |',
    '| T-2 | done | M1 | Two again | | |',
  ]);
  const needing = commands.filter(([name]) => name !== 'status' && name !== 'resume');
  await all(
    scene,
    65,
    /docs\/TASKS\.md:\d+:\d+: [^]*doing[^]*~~~~~[^]*T-2[^]*2 problems in docs\/TASKS\.md/,
    needing,
  );
  await scene.coord(['status'], 4);
  // The rest of the dashboard stands all the same.
  const { stdout } = await scene.coord(['mission'], 65);
  assert.match(stdout, /^Mission Checkout v2[^]*M1 \(Schema\) +pending +\?/);
});

inProject('TASKS.md gone, or without a table', async (scene) => {
  await scene.init();
  scene.write('docs/TASKS.md', '# Tasks\n\nNone.\n');
  await all(scene, 65, /has no task table/, [['continue'], ['run', 'T-1', '--', 'true']]);
  rmSync(scene.path('docs/TASKS.md'));
  const { stdout } = await scene.coord(['mission']);
  assert.match(stdout, /The tasks file .*docs\/TASKS\.md is not there\./);
  await all(scene, 65, /there is no task "T-1"/, [['run', 'T-1', '--', 'true']]);
});

inProject('the files of an older tool are read, used and kept', async (scene) => {
  const older = {
    mission_id: 'old-one',
    name: 'Old one',
    status: 'active',
    tasks_file: 'TASKS.md',
    tool_version: '0.3',
    milestones: [
      { id: 'phase-1', name: 'Foundation', status: 'completed', owner: 'ann' },
      { id: 'phase-2', name: 'Features', status: 'in-progress', branch: 'feat/two' },
    ],
    sessions: [
      {
        session_id: 'sess-002',
        runtime: 'claude',
        pid: '',
        started_at: '2026-01-02T03:04:05Z',
        ended_at: '2026-01-02T03:14:05Z',
        ended_reason: 'handoff',
        milestone_id: 'phase-2',
        last_task_id: 'A-2',
        cost: 1.5,
      },
    ],
  };
  scene.write(MISSION, JSON.stringify(older));
  scene.write(
    'TASKS.md',
    '| notes | ID | Status | description | milestone |\n|-|-|-|-|-|\n| n | A-2 | not-started | Two | phase-2 |\n',
  );
  const told = await scene.json(['mission']);
  assert.deepEqual(told['mission'], { id: 'old-one', name: 'Old one', status: 'active' });
  assert.match(
    (await scene.coord(['continue'])).stdout,
    /sess-002 handed over \(handoff\); its last task was A-2/,
  );
  await scene.coord(['run', 'A-2', '--', 'true']);
  const record = scene.record() as unknown as typeof older;
  assert.equal(record.tool_version, '0.3');
  assert.equal(record.milestones[0]?.owner, 'ann');
  assert.equal(record.sessions[0]?.cost, 1.5);
  assert.equal(record.sessions[1]?.session_id, 'sess-003');
  assert.match(scene.read('TASKS.md'), /^\| n \| A-2 \| in-progress \| Two \| phase-2 \|$/m);
});
