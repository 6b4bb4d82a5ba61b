/** Stopping and starting the agent of a mission: its session ends with it, and the next one begins with its start. */
import assert from 'node:assert/strict';
import { inMission, table } from '../missions/support/mission.ts';

inMission("a stop ends the mission's session, and no other begins until the start", 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M1'));
  workers.order('coder', { hangOn: ['T1'] }, {});
  scene.missionFleet();
  await scene.apply();
  await workers.half('T1');

  await scene.mosaic(['fleet', 'stop', 'coder']);
  assert.deepEqual(project.ends(), ['sess-001 killed']);
  assert.equal(project.lock(), undefined);
  await scene.apply();
  assert.equal(project.sessions().length, 1);
  assert.equal((await scene.status('coder')).state, 'suspended');

  await scene.mosaic(['fleet', 'start', 'coder']);
  assert.equal(project.sessions().length, 2);
  await scene.world.until('the second session has done the rest', () => workers.deeds('did').length >= 2);
  workers.didOnce('T1', 'T2');
});
