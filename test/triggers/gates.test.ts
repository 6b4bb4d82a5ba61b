/** Quality gates, which may take an hour, hold up no reconcile that a trigger starts. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { inMission, milestones, table } from '../missions/support/mission.ts';
import { install, property, untilRunning } from './scene.ts';

inMission(
  'a crash is acted on while gates run, and the mission goes on when they end',
  'systemd',
  async (scene) => {
    const { world, project, workers } = scene;
    const [up, go, script] = [world.path('up'), world.path('go'), world.path('gates.sh')];
    writeFileSync(script, `echo up >>'${up}'; while [ ! -e '${go}' ]; do sleep 0.05; done\n`);
    project.write(table('T1 M1 done', 'T2 M2'));
    workers.order('coder', {});
    scene.missionFleet({
      mission: { milestones: milestones('M1', 'M2'), quality_gates: `sh ${script}` },
      agents: [{ name: 'other', command: ['sleep', 'infinity'] }],
    });
    await install(scene);
    const pid = await untilRunning(scene, 'other');
    // Installing leaves them to the first reconcile.
    writeFileSync(scene.state('wake'), '');
    await world.until('the gates run', () => existsSync(up));
    assert.equal(await property(scene, 'mosaic-gates.service', 'ActiveState'), 'activating');
    await world.run('kill', ['-KILL', String(pid)]);
    await untilRunning(scene, 'other', pid);
    assert.equal(project.record().milestones[0]?.status, 'in-progress', 'the gates still run');
    writeFileSync(go, '');
    await world.until('the mission is completed', () => project.record().status === 'completed', 60_000);
  },
);
