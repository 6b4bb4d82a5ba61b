/** Quality gates that take long: what happens meanwhile, and what they find changed when they end. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { inMission, milestones, table, type MissionScene } from './support/mission.ts';

/** Gates that run until the test lets them pass; the first milestone is done, the second is not begun. */
function longGates(scene: MissionScene): { run: () => boolean; pass: () => void; line: string } {
  const { world, project, workers } = scene;
  const [up, go, script] = [world.path('up'), world.path('go'), world.path('gates.sh')];
  writeFileSync(script, `touch '${up}'; while [ ! -e '${go}' ]; do sleep 0.05; done\n`);
  project.write(table('T1 M1 done', 'T2 M2'));
  workers.order('coder', {});
  return { run: () => existsSync(up), pass: () => writeFileSync(go, ''), line: `sh ${script}` };
}

inMission(
  'the file that was changed while the gates ran is what counts after them',
  'none',
  async (scene) => {
    const { world, project } = scene;
    const gates = longGates(scene);
    const wish = { milestones: milestones('M1', 'M2'), quality_gates: gates.line };
    const idle = [{ name: 'other', command: ['sleep', 'infinity'] }];
    scene.missionFleet({ mission: wish, agents: idle });
    const applying = await world.start(['apply']);
    await world.until('the gates run', gates.run);
    scene.missionFleet({ mission: { ...wish, state: 'paused' } });
    gates.pass();
    const { code, stderr } = await applying.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /verified checkout M1/);
    assert.doesNotMatch(stderr, /began checkout/);
    assert.deepEqual(project.sessions(), []);
    assert.equal(project.record().status, 'paused');
    assert.equal((await scene.sessions())['other'], undefined, 'what is gone from the file is stopped');
  },
);

inMission(
  'apply --watch mends the fleet while gates run, and goes on when they end',
  'none',
  async (scene) => {
    const { world, project } = scene;
    const gates = longGates(scene);
    const wish = { milestones: milestones('M1', 'M2'), quality_gates: gates.line };
    const restart = { backoff: { initial: '10ms', max: '10ms' } };
    scene.missionFleet({
      mission: wish,
      agents: [{ name: 'other', command: ['sleep', 'infinity'], restart }],
    });
    const watching = await world.start(['apply', '--watch', '--interval', '1s']);
    await world.until('the gates run', gates.run);
    const before = await scene.session('other');
    await world.run('kill', ['-KILL', String(before.pid)]);
    await world.until('the other agent runs again', async () => {
      const now = (await scene.sessions())['other'];
      return now !== undefined && !now.dead && now.pid !== before.pid;
    });
    assert.equal(project.record().milestones[0]?.status, 'in-progress', 'the gates still run');
    gates.pass();
    await world.until('the mission is completed', () => project.record().status === 'completed', 60_000);
    watching.signal('SIGTERM');
    assert.doesNotMatch((await watching.ended).stderr, /tries again/);
  },
);

inMission('an agent beside one that the reconciler carries on is offered nothing', 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1'));
  workers.order('coder', {});
  scene.missionFleet({
    agents: [{ name: 'beside', command: ['sleep', 'infinity'], working_directory: project.folder }],
  });
  await scene.apply();
  assert.doesNotMatch((await scene.apply(['--restart', 'beside'])).stderr, /could go on/);
});
