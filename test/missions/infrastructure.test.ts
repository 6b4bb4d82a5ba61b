/** F6: what several agents share is at fault, and no agent's or task's work. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import {
  forMissions,
  inMission,
  milestones,
  table,
  type MissionScene,
  type Project,
} from './support/mission.ts';

const NAMES = ['coder', 'second', 'third'];

/** Three agents, each on its own mission, whose programs fail while there is no network. */
async function withoutNetwork(scene: MissionScene, atOnce: boolean): Promise<void> {
  const { project, workers, world } = scene;
  const network = world.path('network');
  const restart = { max_restarts: 1, backoff: { initial: '3s', max: '4s' } };
  const projects: Project[] = [
    project,
    ...(await Promise.all(NAMES.slice(1).map((name) => scene.makeProject(name, name)))),
  ];
  for (const [index, name] of NAMES.entries()) {
    projects[index]?.write(table('T1 M1', 'T2 M1'));
    workers.order(name, { needs: network, atOnce });
  }
  const others = projects.slice(1).map(({ folder }, index) => ({ folder, name: NAMES[index + 1] ?? '' }));
  scene.missionFleet({
    agent: { restart },
    mission: { milestones: milestones('M1') },
    agents: others.map(({ folder, name }) => ({
      name,
      command: workers.command,
      working_directory: folder,
      restart,
    })),
    missions: others.map(({ folder, name }) => ({
      id: name,
      project: folder,
      agent: name,
      milestones: milestones('M1'),
      continue: 'auto',
    })),
  });
  // A start that fails at once makes an apply fail.
  const applyAnyway = async (): Promise<void> => {
    const { code, stdout, stderr } = await world.mosaic(['apply']);
    assert.ok(code === 0 || (atOnce && code === 1), stdout + stderr);
  };
  const sessions = (): number => projects.reduce((sum, one) => sum + one.sessions().length, 0);
  let waited = 0;
  await applyAnyway();
  await world.until(
    'each has failed four times',
    async () => {
      for (const name of NAMES) await scene.untilDead(name);
      const before = sessions();
      const { missions } = await scene.plan();
      for (const { conditions } of missions)
        assert.ok(
          conditions.some(({ code }) => code === 'F6'),
          JSON.stringify(conditions),
        );
      const waits = missions.filter(({ state }) => state === 'waiting');
      for (const { reason, conditions } of waits) {
        assert.match(reason, /waits before it starts again/);
        assert.match(conditions.find(({ code }) => code === 'F6')?.done ?? '', /waits; no budget is charged/);
      }
      await applyAnyway();
      if (waits.length === 3 && sessions() === before) waited++;
      return workers.deeds('up').length >= 12;
    },
    90_000,
  );
  assert.ok(waited > 0, 'no start ever waited');
  for (const one of projects) assert.deepEqual(one.statuses(), { T1: 'in-progress', T2: 'not-started' });
  for (const { restarts } of Object.values(scene.readState().agents)) assert.equal(restarts, 0);

  writeFileSync(network, '');
  await world.until(
    'all are completed',
    async () => {
      await applyAnyway();
      return projects.every((one) => one.record().status === 'completed');
    },
    60_000,
  );
  workers.didOnce('T1', 'T1', 'T1', 'T2', 'T2', 'T2');
  for (const one of projects) assert.deepEqual(one.statuses(), { T1: 'done', T2: 'done' });
}

forMissions(
  'agents without a network: starts wait, no task is blocked, and all go on when it is back',
  (scene) => withoutNetwork(scene, false),
);

inMission('the same where their programs are gone at once', 'none', (scene) => withoutNetwork(scene, true));
