/** The fleet file is edited, and operators act, while a mission is under way. */
import assert from 'node:assert/strict';
import { forMissions, inMission, milestones, table, type MissionScene } from './support/mission.ts';

/** A session that is in the middle of T1. */
async function atWork(scene: MissionScene): Promise<void> {
  scene.project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
  scene.workers.order('coder', { hangOn: ['T1'] }, {});
  scene.missionFleet();
  await scene.apply();
  await scene.workers.half('T1');
}

const shown = ({ project }: MissionScene): string[] =>
  project.record().milestones.map(({ id, name, status }) => `${id} ${name} ${status}`);

inMission(
  'milestones are added, renamed, reordered and removed by an edit; a started one stays',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    await atWork(scene);
    assert.deepEqual(shown(scene), ['M1 Milestone M1 in-progress', 'M2 Milestone M2 pending']);
    const { pid } = await scene.session('coder');

    scene.missionFleet({
      mission: {
        name: 'Checkout, again',
        milestones: [{ id: 'M0', name: 'Before' }, { id: 'M1', name: 'Schema' }, ...milestones('M3')],
      },
    });
    await scene.apply();
    // M2 was pending, and is gone; its task is nobody's now.
    assert.deepEqual(shown(scene), ['M0 Before pending', 'M1 Schema in-progress', 'M3 Milestone M3 pending']);
    assert.equal(project.record().name, 'Checkout, again');
    assert.deepEqual(
      (await scene.verdict()).conditions.map(({ code, seen }) => [code, seen]),
      [['F8', '1 task of no milestone of the mission: T3 (M2)']],
    );
    await scene.inSync();

    scene.missionFleet({ mission: { milestones: milestones('M3', 'M2', 'M1') } });
    await scene.apply();
    assert.deepEqual(shown(scene), [
      'M3 Milestone M3 pending',
      'M2 Milestone M2 pending',
      'M1 Milestone M1 in-progress',
    ]);

    scene.missionFleet({ mission: { milestones: milestones('M2') } });
    const { stdout } = await scene.apply();
    assert.match(
      stdout,
      /checkout +its milestone M1 is gone from the fleet file and stays: it is in-progress/,
    );
    assert.deepEqual(shown(scene).toSorted(), ['M1 Milestone M1 in-progress', 'M2 Milestone M2 pending']);
    const { holds } = await scene.plan();
    assert.deepEqual(
      holds.map(({ subject, fix }) => [subject, fix]),
      [['checkout', 'Put M1 back into milestones.']],
    );

    assert.equal((await scene.session('coder')).pid, pid, 'its session was left alone');
    assert.deepEqual(project.ends(), ['sess-001 open']);
    await scene.kill('coder');
    await scene.carry(3);
    workers.didOnce('T1', 'T2', 'T3');
  },
);

inMission(
  'paused: no session is started, the one at work is left; active again: it goes on',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    await atWork(scene);
    const { pid } = await scene.session('coder');
    scene.missionFleet({ mission: { state: 'paused' } });
    await scene.apply();
    assert.equal((await scene.session('coder')).pid, pid);
    assert.equal(project.record().status, 'paused');
    assert.deepEqual(project.ends(), ['sess-001 open']);
    await scene.kill('coder');
    await scene.apply();
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 crashed']);
    assert.equal(project.lock(), undefined);
    const verdict = await scene.verdict();
    assert.equal(verdict.state, 'paused');
    assert.match(verdict.reason, /it is paused/);
    scene.missionFleet();
    await scene.carry(3);
    assert.deepEqual(project.ends(), ['sess-001 crashed', 'sess-002 completed']);
    workers.didOnce('T1', 'T2', 'T3');
  },
);

inMission('completed by the file: no session is started for it any more', 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M2'));
  workers.order('coder', {});
  scene.missionFleet({ mission: { state: 'completed' }, agent: { command: ['sleep', 'infinity'] } });
  await scene.apply();
  await scene.apply();
  assert.equal(project.record().status, 'completed');
  assert.deepEqual(project.sessions(), []);
  assert.deepEqual(workers.deeds(), []);
});

forMissions(
  'its agent is stopped: the session is ended as killed, and the next one recovers',
  async (scene) => {
    const { project, workers } = scene;
    await atWork(scene);
    scene.missionFleet({ agent: { state: 'stopped' } });
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 killed']);
    assert.equal(project.lock(), undefined);
    assert.deepEqual(await scene.sessions(), {});
    await scene.inSync();
    scene.missionFleet();
    await scene.carry(2);
    assert.deepEqual(project.ends(), ['sess-001 killed', 'sess-002 completed']);
    assert.match(
      project.prompt(),
      /^Recover the mission[^]*sess-001 was ended by an operator \(killed\)[^]*\?\? work\//,
    );
    workers.didOnce('T1', 'T2', 'T3');
    assert.deepEqual(scene.crashes('coder'), []);
  },
);

inMission(
  'its agent is gone from the file, and another takes the mission: first the session ends, then the next begins',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    await atWork(scene);
    const { pid } = await scene.session('coder');
    workers.order('other', {});
    scene.missionFleet({
      agent: { name: 'other', worktree: undefined, working_directory: project.folder },
      mission: { agent: 'other' },
      rest: { reconcile: { max_stop_fraction: 1 } },
    });
    await scene.apply();
    await scene.world.until(
      'the mission is completed',
      async () => {
        await scene.apply();
        return project.record().status === 'completed';
      },
      20_000,
    );
    assert.equal((await scene.sessions())['coder'], undefined);
    const ups = workers.deeds('up');
    assert.deepEqual(
      ups.map(({ agent, session }) => [agent, session]),
      [
        ['coder', 'sess-001'],
        ['other', 'sess-002'],
      ],
    );
    assert.equal(ups[0]?.pid, pid);
    assert.equal(project.sessions().length, 2);
    assert.notEqual(project.sessions()[0]?.ended_at, '');
    assert.notEqual(project.sessions()[0]?.ended_reason, 'premature');
  },
);

inMission(
  'the mission moves to another agent while its session runs: no second one is started',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    await atWork(scene);
    workers.order('other', {});
    const other = { name: 'other', command: workers.command, working_directory: project.folder };
    scene.missionFleet({ mission: { agent: 'other' }, agents: [other] });
    await scene.apply();
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 open']);
    assert.deepEqual(
      workers.deeds('up').map(({ agent }) => agent),
      ['coder'],
    );
    assert.equal((await scene.verdict()).state, 'working');
  },
);

forMissions('its agent is renamed during a session: it goes on under the new name', async (scene) => {
  const { project, workers } = scene;
  await atWork(scene);
  const { pid } = await scene.session('coder');
  workers.order('builder', { hangOn: ['T1'] }, {});
  const renamed = { agent: { name: 'builder', renamed_from: 'coder' }, mission: { agent: 'builder' } };
  scene.missionFleet(renamed);
  await scene.apply();
  assert.equal((await scene.session('builder')).pid, pid);
  assert.deepEqual(project.ends(), ['sess-001 open']);
  assert.equal(project.lock()?.pid, pid);
  assert.equal((await scene.verdict()).state, 'working');
  await scene.inSync();

  await scene.kill('builder');
  await scene.apply();
  await workers.half('T1', 'sess-002');
  assert.deepEqual(project.ends(), ['sess-001 crashed', 'sess-002 open']);
  assert.equal(project.lock()?.agent, 'builder');
  await scene.kill('builder');
  await scene.apply();
  await scene.untilDead('builder');
  await scene.apply();
  assert.equal(project.record().status, 'completed');
  workers.didOnce('T1', 'T2', 'T3');
});

forMissions('renamed and dead: its end is written down all the same', async (scene) => {
  const { project, workers } = scene;
  await atWork(scene);
  await scene.kill('coder');
  workers.order('builder', {});
  scene.missionFleet({ agent: { name: 'builder', renamed_from: 'coder' }, mission: { agent: 'builder' } });
  await scene.apply();
  await scene.untilDead('builder');
  await scene.apply();
  assert.deepEqual(project.ends(), ['sess-001 crashed', 'sess-002 completed']);
  workers.didOnce('T1', 'T2', 'T3');
});

forMissions(
  'apply --restart of its live agent: the session is killed, and the next one recovers',
  async (scene) => {
    const { project, workers } = scene;
    await atWork(scene);
    workers.order('coder', { hangOn: ['T2'] }, {});
    await scene.apply(['--restart', 'coder']);
    await workers.half('T2', 'sess-002');
    assert.deepEqual(project.ends(), ['sess-001 killed', 'sess-002 open']);
    assert.match(project.prompt(), /^Recover the mission[^]*\?\? work\//);
    assert.equal(project.lock()?.pid, (await scene.session('coder')).pid);
    await scene.inSync();
    await scene.kill('coder');
    await scene.carry(2);
    workers.didOnce('T1', 'T2', 'T3');
  },
);

forMissions('down: the session is ended as killed, its files stay, and an apply goes on', async (scene) => {
  const { project, workers } = scene;
  await atWork(scene);
  await scene.mosaic(['down']);
  assert.deepEqual(project.ends(), ['sess-001 killed']);
  assert.equal(project.lock(), undefined);
  assert.equal(project.record().status, 'active');
  assert.deepEqual(project.statuses(), { T1: 'in-progress', T2: 'not-started', T3: 'not-started' });
  scene.foreigners.forgetFleetSocket();
  await scene.carry(2);
  assert.deepEqual(project.ends(), ['sess-001 killed', 'sess-002 completed']);
  workers.didOnce('T1', 'T2', 'T3');
});

inMission(
  'an agent that runs already when the mission is added is left, and the plan says how to begin',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M2'));
    workers.order('coder', {});
    const agent = {
      name: 'coder',
      command: ['sleep', 'infinity'],
      worktree: { repository: project.folder, branch: 'agents/coder' },
    };
    scene.fleet([agent]);
    await scene.apply();
    const { pid } = await scene.session('coder');
    scene.missionFleet({ agent: { command: ['sleep', 'infinity'] } });
    await scene.apply();
    assert.equal((await scene.session('coder')).pid, pid);
    assert.deepEqual(project.sessions(), []);
    const verdict = await scene.verdict();
    assert.equal(verdict.state, 'held');
    assert.match(verdict.reason, /^T1 comes next, but coder runs something else$/);
    assert.match(verdict.fix ?? '', /^mosaic apply --restart coder ends that and goes on with the mission/);

    scene.missionFleet();
    await scene.apply();
    assert.equal((await scene.session('coder')).pid, pid);
    await scene.apply(['--restart', 'coder']);
    await scene.untilDead('coder');
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 completed']);
    workers.didOnce('T1', 'T2');
  },
);

inMission(
  'agent and mission are gone from the file: stopped, and what the session was stays to be taken up',
  'none',
  async (scene) => {
    const { project } = scene;
    await atWork(scene);
    scene.fleet([{ name: 'other' }], { reconcile: { max_stop_fraction: 1 } });
    await scene.apply();
    assert.deepEqual(Object.keys(await scene.sessions()), ['other']);
    assert.deepEqual(project.ends(), ['sess-001 open']);
    const at = ['--project', project.folder];
    await scene.mosaic(['coord', 'status', ...at], 3);
    await scene.mosaic(['coord', 'resume', '--clean-lock', ...at]);
    assert.deepEqual(project.ends(), ['sess-001 crashed']);
    assert.equal(project.lock(), undefined);
    scene.missionFleet({ agents: [{ name: 'other' }] });
    await scene.carry(3);
    scene.workers.didOnce('T1', 'T2', 'T3');
  },
);
