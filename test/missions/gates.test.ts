/** Quality gates: what a failing one leaves behind (F5, F7), that it is not run for ever, and that killing it is no answer. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { processesOf } from '../support/processes.ts';
import { forMissions, inMission, milestones, table, type MissionScene } from './support/mission.ts';

/** Gates as a script of the test, which notes each run. */
function gates(scene: MissionScene, script: string, mission: Record<string, unknown> = {}): () => number {
  const { world } = scene;
  const log = world.path('gates.log');
  writeFileSync(world.path('gates.sh'), `echo ran >>'${log}'\n${script}\n`);
  scene.missionFleet({
    mission: { milestones: milestones('M1'), quality_gates: `sh ${world.path('gates.sh')}`, ...mission },
  });
  return () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0);
}

const codes = async (scene: MissionScene): Promise<string[]> =>
  (await scene.verdict()).conditions.map(({ code }) => code);

/** Applies, and waits until no session runs any more. */
async function round(scene: MissionScene): Promise<void> {
  await scene.apply();
  await scene.untilDead('coder');
}

forMissions(
  'F5, F7: gates that fail: a task to mend it, a correction, an open milestone; then it is completed',
  async (scene) => {
    const { project, workers } = scene;
    const ran = gates(scene, "echo 'lint: 2 problems'; [ -e work/FIX-M1-1.txt ] || exit 3");
    const text = `${table('T1 M1', 'T2 M1')}\nProse | with a pipe.\r\n\n| a | b |\n|---|---|\n| T1 | done |`;
    project.write(text);
    workers.order('coder', {}, { hangOn: ['FIX-M1-1'] }, {});
    await round(scene);
    const { verifications, missions } = await scene.plan();
    assert.deepEqual(
      verifications.map(({ milestones: of }) => of),
      [['M1']],
    );
    assert.equal(missions[0]?.state, 'verifying');
    assert.equal(ran(), 0);

    const { stderr } = await scene.apply();
    assert.match(stderr, /verifying checkout M1/);
    assert.equal(ran(), 1);
    await workers.half('FIX-M1-1', 'sess-002');
    const lines = project.read('docs/TASKS.md').split('\n');
    const mending = lines.filter((line) => line.includes('FIX-M1-1'));
    assert.equal(mending.length, 1);
    assert.deepEqual(
      lines.filter((line) => !mending.includes(line)).join('\n'),
      text.replace('| T1 | not-started |', '| T1 | done |').replace('| T2 | not-started |', '| T2 | done |'),
    );
    const task = project.tasks().find(({ id }) => id === 'FIX-M1-1');
    assert.deepEqual([task?.milestone, task?.status], ['M1', 'in-progress']);
    assert.match(task?.description ?? '', /gates\.sh/);
    const { status, gates: seen } = project.record().milestones[0] ?? {};
    assert.deepEqual([status, seen?.exit_code, seen?.failures], ['in-progress', 3, 1]);
    assert.match(
      project.scratchpad(),
      /Correction: milestone M1 is not done[^]*exit code 3[^]*lint: 2 problems/,
    );
    assert.equal(project.capsule().next_task, 'FIX-M1-1');
    assert.match(project.prompt(), /Next task: +FIX-M1-1/);

    const { conditions, state } = await scene.verdict();
    assert.equal(state, 'working');
    assert.deepEqual(
      conditions.map(({ code }) => code),
      ['F5', 'F7'],
    );
    assert.match(conditions[0]?.seen ?? '', /the quality gates of M1 failed with exit 3/);
    assert.match(conditions[0]?.done ?? '', /FIX-M1-1 was appended/);
    assert.match(conditions[1]?.done ?? '', /a correction is in the scratchpad; it stays open/);
    assert.deepEqual(
      (await scene.dashboard()).conditions.map(({ code }) => code),
      ['F5', 'F7'],
    );

    await scene.kill('coder');
    await round(scene);
    await scene.apply();
    assert.equal(ran(), 2);
    const record = project.record();
    assert.equal(record.status, 'completed');
    assert.deepEqual([record.milestones[0]?.gates?.exit_code, record.milestones[0]?.gates?.failures], [0, 0]);
    workers.didOnce('T1', 'T2', 'FIX-M1-1');
    assert.deepEqual(await codes(scene), []);
    await scene.inSync();
  },
);

inMission(
  'gates that fail for ever are held after max_idle_sessions, and a session does not help',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    const ran = gates(scene, '[ -e mended ]', { max_idle_sessions: 2 });
    project.write(table('T1 M1'));
    workers.order('coder', {});
    for (let count = 0; count < 3; count++) await round(scene);
    const { stdout } = await scene.apply();
    assert.match(stdout, /the quality gates failed 2 times in a row over M1/);
    assert.equal(ran(), 2);
    assert.deepEqual(project.statuses(), { T1: 'done', 'FIX-M1-1': 'done', 'FIX-M1-2': 'done' });
    const before = project.read('.mosaic/orchestrator/mission.json');
    await scene.apply();
    await scene.apply();
    assert.equal(project.read('.mosaic/orchestrator/mission.json'), before);
    assert.equal(workers.deeds('up').length, 3);
    const verdict = await scene.verdict();
    assert.deepEqual([verdict.state, verdict.change], ['held', 'hold']);
    const five = verdict.conditions.find(({ code }) => code === 'F5');
    assert.match(five?.seen ?? '', /2 times in a row/);
    assert.match(five?.done ?? '', /^held/);
    assert.equal(project.record().milestones[0]?.status, 'in-progress');

    await scene.apply(['--restart', 'coder']);
    await scene.untilDead('coder');
    await scene.apply();
    assert.equal(workers.deeds('up').length, 4);
    assert.equal((await scene.verdict()).state, 'held');

    // They are run again where they ran before: in the agent's worktree.
    writeFileSync(scene.worktree('mended'), '');
    await scene.mosaic(['coord', 'verify', '--project', project.folder]);
    assert.equal(ran(), 3);
    assert.equal(project.record().milestones[0]?.status, 'completed');
    await scene.apply();
    assert.equal(project.record().status, 'completed');
    await scene.inSync();
  },
);

inMission('verify: false: a milestone is completed by its tasks alone', 'none', async (scene) => {
  const { project, workers } = scene;
  const ran = gates(scene, 'exit 1', { verify: false });
  project.write(table('T1 M1'));
  workers.order('coder', {});
  await scene.carry(3);
  assert.equal(ran(), 0);
  assert.equal(project.record().milestones[0]?.gates, undefined);
  await scene.inSync();
});

inMission('no gates: a milestone is completed by its tasks alone', 'none', async (scene) => {
  scene.project.write(table('T1 M1', 'T2 M2'));
  scene.workers.order('coder', {});
  scene.missionFleet();
  await scene.carry(3);
  await scene.inSync();
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
  forMissions(
    `gates cut off by ${signal} to mosaic: nothing is written of them, and the next apply runs them again`,
    async (scene) => {
      const { project, workers, world } = scene;
      const go = world.path('go');
      const ran = gates(scene, `if [ ! -e '${go}' ]; then sleep 1000 & sleep 1000; fi`);
      project.write(table('T1 M1'));
      workers.order('coder', {});
      await round(scene);
      const applying = await world.start(['apply']);
      await world.until(
        'the gates run',
        () => ran() === 1 && project.record().milestones[0]?.gates !== undefined,
      );
      const sleepers = (): number =>
        processesOf(world.folder).filter(({ pid }) => commandOf(pid).startsWith('sleep\u00001000')).length;
      await world.until('both programs of the gates run', () => sleepers() === 2);
      const { state } = await scene.verdict();
      assert.equal(state, 'verifying');
      // Another apply does not run them a second time meanwhile.
      await scene.apply();
      assert.equal(ran(), 1);
      applying.signal(signal);
      if (signal === 'SIGKILL') {
        // Nobody is left to end them: they go on, but count for nothing.
        await world.until(
          'it is gone',
          async () => (await scene.verdict()).reason !== 'its quality gates run',
        );
        for (const { pid } of processesOf(world.folder))
          if (commandOf(pid).startsWith('sleep\u00001000')) process.kill(pid, 'SIGKILL');
      }
      const { code } = await applying.ended;
      assert.equal(code, { SIGTERM: 130, SIGINT: 130, SIGKILL: null }[signal]);
      await world.until('no program of the gates is left', () => sleepers() === 0);
      const { status, gates: cut } = project.record().milestones[0] ?? {};
      assert.deepEqual(
        [status, cut?.ended_at, cut?.exit_code, cut?.failures],
        ['in-progress', undefined, undefined, 0],
      );
      assert.deepEqual(project.statuses(), { T1: 'done' });
      writeFileSync(go, '');
      await scene.apply();
      assert.equal(ran(), 2);
      assert.equal(project.record().status, 'completed');
      await scene.inSync();
    },
  );
}

/** Words with a NUL after each; '' of one that is gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
