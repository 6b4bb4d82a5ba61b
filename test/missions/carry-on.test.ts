/** `continue`: who starts the next session, and when nobody does. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { forMissions, inMission, milestones, row, table, type MissionScene } from './support/mission.ts';

const THREE = milestones('M1', 'M2', 'M3');
const TWELVE = THREE.flatMap(({ id }) => [1, 2, 3, 4].map((number) => `${id}-T${number}`));

/** Three milestones with four tasks each, an agent that stops after each task, and gates that want every task's result. */
function twelveTasks(scene: MissionScene): { gatesRan: () => string[] } {
  const { project, workers, world } = scene;
  project.write(table(...TWELVE.map((task) => `${task} ${task.slice(0, 2)}`)));
  workers.order('coder', { tasks: 1 });
  const log = world.path('gates.log');
  const script = world.path('gates.sh');
  // What they see is where the agent works: as many results as tasks of the milestones that are through.
  writeFileSync(
    script,
    `set -- work/*.txt; echo "$#" >>'${log}'; [ "$#" -eq 4 ] || [ "$#" -eq 8 ] || [ "$#" -eq 12 ]\n`,
  );
  scene.missionFleet({ mission: { milestones: THREE, quality_gates: `sh ${script}` } });
  return { gatesRan: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []) };
}

function requireCarriedThrough({ project, workers }: MissionScene, gatesRan: string[]): void {
  workers.didOnce(...TWELVE);
  assert.deepEqual(gatesRan, ['4', '8', '12'], 'the gates ran at the end of each milestone');
  const record = project.record();
  assert.equal(record.status, 'completed');
  for (const { id, status, started_at, completed_at, gates } of record.milestones) {
    assert.deepEqual([status, gates?.exit_code, gates?.failures], ['completed', 0, 0], id);
    assert.ok((completed_at ?? '') > (started_at ?? ''), id);
  }
  const reasons = record.sessions.map(({ ended_reason }) => ended_reason);
  assert.deepEqual(reasons, [...Array.from({ length: 11 }, () => 'premature'), 'completed']);
  assert.deepEqual(
    record.sessions.map(({ last_task_id }) => last_task_id),
    TWELVE,
  );
  assert.deepEqual(
    record.sessions.map(({ idle }) => idle),
    TWELVE.map(() => false),
  );
  assert.equal(project.lock(), undefined);
}

forMissions(
  'auto: an agent that stops after each task is carried through 3 milestones and 12 tasks',
  async (scene) => {
    const { project, workers } = scene;
    const { gatesRan } = twelveTasks(scene);
    assert.equal(await scene.carry(20), 13);
    requireCarriedThrough(scene, gatesRan());

    const { conditions, state } = await scene.verdict();
    assert.deepEqual([state, conditions], ['completed', []]);
    const before = project.read('.mosaic/orchestrator/mission.json');
    const { stdout } = await scene.apply();
    assert.match(stdout, /^Nothing to do: /);
    assert.equal(project.read('.mosaic/orchestrator/mission.json'), before);
    assert.equal(workers.deeds('up').length, 12);
    assert.equal(gatesRan().length, 3);
    await scene.inSync();
  },
);

inMission('auto: `apply --watch` alone carries it through', 'none', async (scene) => {
  const { project, world, workers } = scene;
  const { gatesRan } = twelveTasks(scene);
  const watching = await world.start(['apply', '--watch', '--interval', '1s']);
  await world.until(
    'the mission is completed',
    () =>
      existsSync(project.path('.mosaic/orchestrator/mission.json')) &&
      project.record().status === 'completed',
    120_000,
  );
  watching.signal('SIGTERM');
  const { stderr } = await watching.ended;
  assert.doesNotMatch(stderr, /tries again/);
  requireCarriedThrough(scene, gatesRan());
  assert.equal(workers.deeds('up').length, 12);
  await scene.inSync();
});

forMissions('manual: the prompt is offered, and nothing is started', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M2'));
  scene.missionFleet({ mission: { continue: 'manual' }, agent: { command: ['sleep', 'infinity'] } });
  await scene.apply();
  const before = project.read('.mosaic/orchestrator/mission.json');
  const { pid } = await scene.session('coder');

  const verdict = await scene.verdict();
  assert.deepEqual([verdict.state, verdict.change], ['offered', 'none']);
  assert.match(verdict.reason, /T1 comes next, for a person to start/);
  assert.match(verdict.fix ?? '', /^mosaic coord continue --project \S+ prints the prompt\.$/);
  const { stdout: prompt } = await scene.mosaic(['coord', 'continue', '--project', project.folder]);
  assert.match(prompt, /Next task: +T1/);
  await scene.apply();
  assert.equal(project.read('.mosaic/orchestrator/mission.json'), before);
  assert.deepEqual(project.sessions(), []);
  assert.equal(project.lock(), undefined);
  assert.equal((await scene.session('coder')).pid, pid);
  assert.deepEqual(workers.deeds(), []);
  await scene.inSync();
});

inMission(
  'manual: what a person began in a terminal ends, and the next is offered only',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
    workers.order('', { tasks: 1 });
    scene.missionFleet({ mission: { continue: 'manual' }, agent: { command: ['sleep', 'infinity'] } });
    await scene.apply();
    const env = { MOSAIC_PROJECT: project.folder, MOSAIC_AGENT: '' };
    const run = ['coord', 'run', 'T1', '--project', project.folder, '--', ...workers.command];
    const ran = await scene.world.mosaic(run, { env, cwd: project.folder });
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(project.ends(), ['sess-001 premature']);
    const verdict = await scene.verdict();
    assert.equal(verdict.state, 'offered');
    assert.deepEqual(
      verdict.conditions.map(({ code }) => code),
      ['F1'],
    );
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 premature']);
  },
);

const held = (scene: MissionScene, sessions: number): Promise<void> =>
  requireHeld(scene, sessions, 'ended without any task changing');

/** Applies twice: it is held, says so everywhere, and starts nothing. */
async function requireHeld(scene: MissionScene, sessions: number, words: string): Promise<void> {
  const { project } = scene;
  await scene.apply();
  const { stdout } = await scene.apply();
  assert.match(stdout, new RegExp(`mission checkout: .*${words}`));
  assert.equal(project.sessions().length, sessions);
  const verdict = await scene.verdict();
  assert.deepEqual([verdict.state, verdict.change], ['held', 'hold']);
  assert.match(verdict.reason, new RegExp(words));
  assert.match(verdict.fix ?? '', /mosaic apply --restart/);
  assert.deepEqual(
    verdict.conditions.map(({ code }) => code),
    ['F1'],
  );
  const { conditions } = await scene.dashboard();
  assert.match(conditions.find(({ code }) => code === 'F1')?.done ?? '', /^held/);
  assert.match((await scene.status('coder')).reason ?? '', new RegExp(words));
  assert.equal((await scene.status('coder')).state, 'held');
  assert.equal(project.lock(), undefined);
}

async function rounds(scene: MissionScene, count: number): Promise<void> {
  for (let round = 0; round < count; round++) {
    await scene.apply();
    await scene.untilDead('coder');
  }
}

forMissions('an agent that ends at once, again and again, is held after max_idle_sessions', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
  workers.order('coder', { tasks: 0 });
  scene.missionFleet({ mission: { max_idle_sessions: 2 } });
  await rounds(scene, 2);
  await held(scene, 2);
  assert.deepEqual(
    project.sessions().map(({ idle }) => idle),
    [true, true],
  );
  assert.deepEqual(project.statuses(), { T1: 'in-progress', T2: 'not-started', T3: 'not-started' });

  // Somebody changes a task by hand: two more.
  project.edit((text) => text.replace(row('T2 M1'), row('T2 M1 cancelled')));
  await rounds(scene, 2);
  await held(scene, 4);

  // Somebody asks for one more: that one, and no further.
  await scene.apply(['--restart', 'coder']);
  assert.equal(project.sessions().length, 5);
  await scene.untilDead('coder');
  await held(scene, 5);

  // What the session does then counts.
  workers.order('coder', {});
  await scene.apply(['--restart', 'coder']);
  await scene.untilDead('coder');
  await scene.apply();
  assert.equal(project.record().status, 'completed');
  workers.didOnce('T1', 'T3');
});

inMission('an agent that goes in a circle is held too', 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M1'));
  workers.order('coder', { toggle: 'T1' });
  scene.missionFleet({ mission: { max_idle_sessions: 3 } });
  await rounds(scene, 4);
  await held(scene, 4);
  assert.deepEqual(
    project.sessions().map(({ idle }) => idle),
    [false, true, true, true],
  );
});

inMission('an agent that plans first is carried on, and is not idle', 'none', async (scene) => {
  const { project, workers } = scene;
  workers.order('coder', { tasks: 0, plan: [row('T1 M1'), row('T2 M2')] }, {});
  scene.missionFleet({ mission: { max_idle_sessions: 1 } });
  await scene.apply();
  assert.match(project.prompt(), /Break the milestone M1/);
  assert.equal(project.capsule().next_task, '');
  await scene.untilDead('coder');
  await scene.carry(3);
  workers.didOnce('T1', 'T2');
  assert.deepEqual(project.ends(), ['sess-001 premature', 'sess-002 completed']);
});
