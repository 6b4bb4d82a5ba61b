/** Programs that are gone before mosaic has looked at them once: no session is lost, and nothing goes on for ever. */
import assert from 'node:assert/strict';
import { inMission, table, type MissionScene } from './support/mission.ts';

const restart = { max_restarts: 2, backoff: { initial: '10ms', max: '10ms' } };

/** A start that fails at once makes an apply fail, and is no reason to stop. */
async function applyAnyway(scene: MissionScene, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    const { code, stdout, stderr } = await scene.world.mosaic(['apply']);
    assert.ok(code === 0 || code === 1, stdout + stderr);
    scene.project.record();
    scene.project.lock();
    await scene.untilDead('coder');
  }
}

inMission(
  'a task that every session dies of at once is set aside, and the others are done',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
    workers.order('coder', { dieOn: ['T1'], atOnce: true });
    scene.missionFleet({ agent: { restart } });
    await applyAnyway(scene, 6);
    assert.deepEqual(project.statuses(), { T1: 'blocked', T2: 'done', T3: 'done' });
    const ids = project.sessions().map(({ session_id: id }) => id);
    assert.deepEqual(ids, ['sess-001', 'sess-002', 'sess-003', 'sess-004']);
    assert.deepEqual(project.ends().slice(0, 3), [
      'sess-001 crashed',
      'sess-002 crashed',
      'sess-003 crashed',
    ]);
    assert.equal(scene.crashes('coder').length, 3);
    assert.equal(workers.deeds('up').length, 4);
    workers.didOnce('T2', 'T3');
    workers.order('coder', {});
    project.edit((text) => text.replace('| blocked |', '| not-started |'));
    await applyAnyway(scene, 2);
    assert.equal(project.record().status, 'completed');
    workers.didOnce('T1', 'T2', 'T3');
  },
);

inMission(
  'a program that does nothing and succeeds is held after max_idle_sessions',
  'none',
  async (scene) => {
    const { project } = scene;
    project.write(table('T1 M1', 'T2 M2'));
    scene.missionFleet({ mission: { max_idle_sessions: 2 }, agent: { command: ['true'] } });
    await applyAnyway(scene, 5);
    assert.deepEqual(project.ends(), ['sess-001 premature', 'sess-002 premature']);
    assert.equal((await scene.verdict()).state, 'held');
    assert.deepEqual(project.statuses(), { T1: 'in-progress', T2: 'not-started' });
    assert.equal(project.lock(), undefined);
  },
);

inMission(
  'a program that is not there: after a few tasks it is the agent that stays down, until it is mended',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M1', 'T4 M2'));
    const once = { max_restarts: 1, backoff: { initial: '10ms', max: '10ms' } };
    scene.missionFleet({ agent: { command: ['no-such-program-anywhere'], restart: once } });
    await applyAnyway(scene, 9);
    assert.deepEqual(project.statuses(), {
      T1: 'blocked',
      T2: 'blocked',
      T3: 'in-progress',
      T4: 'not-started',
    });
    assert.deepEqual(
      project.sessions().map(({ ended_reason: reason }) => reason),
      Array.from({ length: 6 }, () => 'crashed'),
    );
    const { agents, missions } = await scene.plan();
    const coder = agents.find(({ agent }) => agent === 'coder');
    assert.deepEqual([coder?.status, coder?.change], ['blocked', 'hold']);
    assert.match(coder?.reason ?? '', /^crash loop: exit 127, on one task after the other/);
    assert.match(coder?.fix ?? '', /mosaic apply --restart coder/);
    assert.match(missions[0]?.reason ?? '', /^T3 comes next; coder: crash loop/);

    // Somebody asks for it: one more, and down again.
    await scene.world.mosaic(['apply', '--restart', 'coder']);
    assert.equal(project.sessions().length, 7);
    await applyAnyway(scene, 3);
    assert.equal((await scene.status('coder')).state, 'blocked');
    const tried = project.sessions().length;
    await applyAnyway(scene, 1);
    assert.equal(project.sessions().length, tried);

    workers.order('coder', {});
    project.edit((text) => text.replaceAll('| blocked |', '| not-started |'));
    scene.missionFleet({ agent: { restart: once } });
    await scene.carry(3);
    workers.didOnce('T1', 'T2', 'T3', 'T4');
  },
);

inMission(
  'a program that fails after each task is carried on, and a task that it dies of is set aside',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M1', 'T4 M1', 'T5 M2', 'T6 M2'));
    const failing = { tasks: 1, exit: 1 };
    workers.order('coder', failing, failing, failing, failing, { dieOn: ['T5'] });
    const once = { max_restarts: 1, backoff: { initial: '10ms', max: '10ms' } };
    scene.missionFleet({ agent: { restart: once } });
    await applyAnyway(scene, 8);
    assert.deepEqual(project.statuses(), {
      T1: 'done',
      T2: 'done',
      T3: 'done',
      T4: 'done',
      T5: 'blocked',
      T6: 'done',
    });
    workers.didOnce('T1', 'T2', 'T3', 'T4', 'T6');
  },
);
