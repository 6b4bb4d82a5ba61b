/** `coord verify`: quality gates over finished milestones, by hand. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { MissionFile } from '../../src/model/mission.ts';
import { inProject, type Scene } from './scene.ts';

const MISSION = '.mosaic/orchestrator/mission.json';

const close = (scene: Scene, ids: RegExp): void => {
  const text = scene.read('docs/TASKS.md');
  scene.write(
    'docs/TASKS.md',
    text.replace(ids, (row) => row.replace('not-started', 'done')),
  );
};

const FIRST = /^\| T-[12] .*$/gm;

inProject('verify: nothing is finished yet, and nothing is written', async (scene) => {
  await scene.init(undefined, ['--quality-gates', 'true']);
  const before = scene.picture();
  const { stderr } = await scene.coord(['verify'], 1);
  assert.match(stderr, /no milestone is finished: M1 has 0 of 2 tasks done/);
  assert.deepEqual(scene.picture(), before);
});

inProject('verify: gates that pass complete what is finished, and only that', async (scene) => {
  await scene.init(undefined, ['--quality-gates', 'pwd >seen && echo "it works"']);
  close(scene, FIRST);
  const told = await scene.json(['verify']);
  assert.deepEqual([told['result'], told['milestones'], told['completed']], ['passed', ['M1'], ['M1']]);
  assert.equal(scene.read('seen').trim(), scene.project);
  assert.deepEqual(
    scene.record().milestones.map(({ id, status }) => [id, status]),
    [
      ['M1', 'completed'],
      ['M2', 'pending'],
    ],
  );
  assert.equal(scene.read('.mosaic/orchestrator/gates.log'), 'it works\n');
  await scene.coord(['verify'], 1);
});

inProject('verify: gates that fail leave it open, with a task and a correction', async (scene) => {
  await scene.init(undefined, ['--quality-gates', 'echo "3 tests fail" >&2; test -e mended']);
  close(scene, FIRST);
  const before = scene.read('docs/TASKS.md');
  const told = await scene.json(['verify'], 1);
  assert.deepEqual([told['result'], told['exit_code'], told['remediation']], ['failed', 1, 'FIX-M1-1']);
  const after = scene.read('docs/TASKS.md');
  assert.ok(after.startsWith(before), 'what stood there stands');
  assert.match(after.slice(before.length), /^\| FIX-M1-1 \| not-started \| M1 \|[^\n]*\n$/);
  assert.match(scene.read('docs/scratchpads/checkout-v2.md'), /Correction: milestone M1[^]*3 tests fail/);
  assert.equal(scene.record().milestones[0]?.status, 'in-progress');
  const { stdout } = await scene.coord(['mission']);
  assert.match(stdout, /F5 quality gate failed[^]*FIX-M1-1[^]*F7 false completion/);
  // Mended, and only then.
  await scene.coord(['verify'], 1);
  close(scene, /^\| FIX-M1-1 .*$/m);
  scene.write('mended', '');
  await scene.coord(['verify']);
  assert.equal(scene.record().milestones[0]?.status, 'completed');
  assert.doesNotMatch((await scene.coord(['mission'])).stdout, /F5|F7/);
});

inProject('verify: without gates, what is finished is completed', async (scene) => {
  await scene.init();
  close(scene, /^\| T-\d .*$/gm);
  const { stdout } = await scene.coord(['verify']);
  assert.match(stdout, /No quality gates are set: M1 and M2 completed/);
  assert.equal(scene.record().status, 'completed');
  const { stderr } = await scene.coord(['verify'], 1);
  assert.match(stderr, /is completed/);
});

inProject('verify: that no gates are set is said only where none are', async (scene) => {
  await scene.init(undefined, ['--quality-gates', 'touch ran']);
  const text = scene.read('docs/TASKS.md');
  const whole = scene.record();
  const write = (change: Partial<MissionFile>): void =>
    void scene.write(MISSION, JSON.stringify({ ...whole, ...change }));
  // A milestone that was only begun is none that is finished.
  scene.write('docs/TASKS.md', text.replace('not-started', 'in-progress'));
  const before = scene.picture();
  const { stderr } = await scene.coord(['verify'], 1);
  assert.match(stderr, /no milestone is finished: M1 has 0 of 2 tasks done/);
  assert.deepEqual(scene.picture(), before);
  close(scene, FIRST);
  const policy = {
    continue: 'manual',
    max_idle_sessions: 3,
    verify: false,
    deadlock_after_seconds: 60,
  } as const;
  write({ policy });
  assert.equal(
    (await scene.coord(['verify'])).stdout,
    'The quality gates are not run (verify: false): M1 completed.\n',
  );
  const [first, second] = whole.milestones;
  assert.ok(first !== undefined && second !== undefined);
  const gates = { started_at: '2026-01-02T03:04:05Z', pid: 1, boot_id: 'b', failures: 0 };
  const passed = { ...gates, ended_at: '2026-01-02T03:04:06Z', exit_code: 0 };
  write({ milestones: [{ ...first, status: 'in-progress', gates: passed }, second] });
  assert.equal(
    (await scene.coord(['verify'])).stdout,
    'The quality gates have passed before: M1 completed.\n',
  );
  write({
    milestones: [
      { ...first, status: 'completed' },
      { ...second, status: 'completed' },
    ],
  });
  assert.equal(
    (await scene.coord(['verify'])).stdout,
    'All milestones are completed, and now the mission is.\n',
  );
  assert.equal(scene.record().status, 'completed');
  assert.equal(existsSync(scene.path('ran')), false);
});

inProject(
  'verify: interrupted, the gates end with all that they started, and nothing is judged',
  async (scene) => {
    const { world } = scene;
    await scene.init(undefined, ['--quality-gates', 'sleep 1000 & echo $! >child; echo $$ >self; wait']);
    close(scene, FIRST);
    const running = await world.start(['coord', 'verify'], { cwd: scene.project });
    await world.until(
      'the gates run',
      () => existsSync(scene.path('child')) && existsSync(scene.path('self')),
    );
    const pids = [scene.read('child'), scene.read('self')].map((text) => Number(text));
    // Whoever looks meanwhile sees them run.
    assert.match((await scene.coord(['mission'])).stdout, /quality gates are running/);
    assert.match((await scene.coord(['verify'], 1)).stderr, /run already/);
    running.signal('SIGTERM');
    assert.equal((await running.ended).code, 130);
    for (const pid of pids)
      await world.until(`${pid} is gone`, async () => (await world.run('kill', ['-0', `${pid}`])).code !== 0);
    assert.doesNotMatch(scene.read('docs/TASKS.md'), /FIX-/);
    assert.equal(scene.record().milestones[0]?.status, 'in-progress');
  },
);
