/** What goes wrong with missions, brought about for real: how it is seen, what is done about it, and that it costs no work. */
import assert from 'node:assert/strict';
import { reboot } from './support/reboot.ts';
import { forMissions, inMission, milestones, row, table, type MissionScene } from './support/mission.ts';

type Seen = { code: string; name: string; seen: string; done: string }[];

const codesOf = (conditions: Seen): string[] => conditions.map(({ code }) => code);

/** What plan and dashboard say of a condition, which they must agree on. */
async function seenBoth(
  scene: MissionScene,
  code: string,
): Promise<{ name: string; seen: string; done: string }> {
  const planned = (await scene.verdict()).conditions.find((one) => one.code === code);
  const shown = (await scene.dashboard()).conditions.find((one) => one.code === code);
  assert.ok(planned, `the plan does not tell ${code}`);
  assert.ok(shown, `the dashboard does not tell ${code}`);
  assert.deepEqual([shown.name, shown.seen], [planned.name, planned.seen]);
  return planned;
}

/** One session: begun by an apply, and over. */
async function round(scene: MissionScene): Promise<void> {
  await scene.apply();
  await scene.untilDead('coder');
}

inMission('F1: a session that stopped early is continued', 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
  workers.order('coder', { tasks: 1 }, {});
  scene.missionFleet();
  await round(scene);
  const verdict = await scene.verdict();
  assert.equal(verdict.state, 'starting');
  const [first] = verdict.conditions;
  assert.deepEqual([first?.code, first?.name], ['F1', 'premature stop']);
  assert.match(first?.seen ?? '', /^sess-001 ended.*, 2 tasks remain$/);
  await round(scene);
  assert.match(
    project.prompt(),
    /^Go on with the mission "Checkout"[^]*sess-001 stopped early \(premature\)[^]*T2/,
  );
  assert.doesNotMatch(project.prompt(), /What it left behind/);
  await scene.apply();
  assert.deepEqual(project.ends(), ['sess-001 premature', 'sess-002 completed']);
  assert.deepEqual((await scene.verdict()).conditions, []);
});

inMission('F2: a session that left a handoff is continued with it', 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M2'));
  workers.order('coder', { tasks: 1, handoff: true }, { tasks: 0 }, {});
  scene.missionFleet();
  await round(scene);
  const [first] = (await scene.verdict()).conditions;
  assert.deepEqual([first?.code, first?.name], ['F2', 'context exhausted']);
  await round(scene);
  assert.match(project.prompt(), /^Go on with the mission[^]*sess-001 handed over \(handoff\)/);
  assert.match(
    project.scratchpad(),
    /## Session sess-001[^]*## Handoff[^]*the rest is for the next[^]*## Session sess-002/,
  );
  // The next one left none: its end is not taken for one.
  assert.deepEqual(codesOf((await scene.verdict()).conditions), ['F1']);
  await round(scene);
  await scene.apply();
  assert.deepEqual(project.ends(), ['sess-001 handoff', 'sess-002 premature', 'sess-003 completed']);
  workers.didOnce('T1', 'T2');
});

forMissions('F3: cut off by a reboot: marked so, charged to nobody, recovered', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M2'));
  workers.order('coder', { hangOn: ['T2'] }, {});
  scene.missionFleet({ agent: { restart: { max_restarts: 0 } } });
  await scene.apply();
  await workers.half('T2');
  await reboot(scene, [project]);
  const { conditions } = await scene.verdict();
  assert.deepEqual(
    conditions.map(({ code, seen }) => [code, seen]),
    [['F3', 'sess-001 was ended by a reboot, 1 task remains']],
  );
  const [shown] = (await scene.dashboard()).conditions;
  assert.deepEqual([shown?.code, shown?.seen], ['F3', 'sess-001: the machine was started anew since']);
  await scene.apply();
  assert.deepEqual(project.ends().slice(0, 1), ['sess-001 reboot']);
  assert.match(
    project.prompt(),
    /^Recover the mission[^]*sess-001 was cut off by a reboot[^]*work\/T2\.part/,
  );
  await scene.untilDead('coder');
  await scene.apply();
  assert.deepEqual(project.ends(), ['sess-001 reboot', 'sess-002 completed']);
  assert.deepEqual(scene.crashes('coder'), []);
  workers.didOnce('T1', 'T2');
});

forMissions(
  'F3: the tmux server is killed: the session is over, and the next one recovers',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M2'));
    workers.order('coder', { hangOn: ['T2'] }, {});
    scene.missionFleet();
    await scene.apply();
    await workers.half('T2');
    await scene.killServer();
    assert.deepEqual(codesOf((await scene.verdict()).conditions), ['F6']);
    await scene.apply();
    await scene.untilDead('coder');
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 unknown', 'sess-002 completed']);
    assert.equal(project.record().status, 'completed');
    workers.didOnce('T1', 'T2');
  },
);

inMission(
  'F3: a session of a terminal that died, lock and all: marked, and its agent goes on',
  'none',
  async (scene) => {
    const { project, workers, world } = scene;
    project.write(table('T1 M1', 'T2 M1'));
    workers.order('', { hangOn: ['T1'] });
    const env = { MOSAIC_PROJECT: project.folder, MOSAIC_AGENT: '' };
    scene.missionFleet({ mission: { continue: 'manual' }, agent: { command: ['sleep', 'infinity'] } });
    await scene.apply();
    const words = ['coord', 'run', 'T1', '--project', project.folder, '--', ...workers.command];
    const terminal = await world.start(words, { env, cwd: project.folder });
    const { pid } = await workers.half('T1');
    await world.until('its program is in the lock', () => project.lock()?.pid === pid);
    terminal.signal('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await terminal.ended;
    assert.equal(project.lock()?.session_id, 'sess-001');
    const [shown] = (await scene.dashboard()).conditions;
    assert.deepEqual([shown?.code, shown?.seen], ['F3', 'sess-001: its process is gone']);
    await scene.apply();
    assert.deepEqual(project.ends(), ['sess-001 crashed']);
    assert.equal(project.lock(), undefined);
    assert.equal((await scene.verdict()).state, 'offered');
  },
);

forMissions('F4: a task that every session dies of is set aside, and the others are done', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
  workers.order('coder', { dieOn: ['T1'] });
  const restart = { max_restarts: 2, backoff: { initial: '10ms', max: '10ms' } };
  scene.missionFleet({ agent: { restart } });
  for (let count = 0; count < 4; count++) await round(scene);
  assert.deepEqual(project.statuses(), { T1: 'blocked', T2: 'done', T3: 'done' });
  assert.match(project.scratchpad(), /T1 blocked/);
  await scene.apply();
  const ends = ['sess-001 crashed', 'sess-002 crashed', 'sess-003 crashed', 'sess-004 premature'];
  assert.deepEqual(project.ends(), ends);
  assert.equal(scene.crashes('coder').length, 3);
  const four = await seenBoth(scene, 'F4');
  assert.deepEqual([four.name, four.done], ['error spiral', 'blocked; the tasks after it go on']);
  assert.match(four.seen, /^T1 \(3 sessions crashed on it\)$/);

  // Nothing else is left: it says so, and starts nothing.
  const ten = await seenBoth(scene, 'F10');
  assert.match(ten.seen, /^all tasks that remain are blocked or failed: T1$/);
  assert.equal((await scene.verdict()).state, 'held');
  await scene.apply();
  assert.deepEqual(project.ends(), ends);

  workers.order('coder', {});
  project.edit((text) => text.replace(row('T1 M1 blocked'), row('T1 M1')));
  await scene.carry(2);
  workers.didOnce('T1', 'T2', 'T3');
  assert.match(workers.deeds('did').at(-1)?.task ?? '', /T1/);
});

inMission('F8: tasks of no milestone are reported, and no session is given them', 'none', async (scene) => {
  const { project, workers } = scene;
  project.write(table('X1 M9', 'T1 M1', 'X2', 'T2 M2'));
  workers.order('coder', { tasks: 1 });
  scene.missionFleet();
  await round(scene);
  const eight = await seenBoth(scene, 'F8');
  assert.equal(eight.name, 'scope drift');
  assert.match(eight.seen, /^2 tasks of no milestone of the mission: X1 \(M9\), X2 \(no milestone\)$/);
  assert.equal(eight.done, 'reported; no session is given them');
  await scene.carry(3);
  workers.didOnce('T1', 'T2');
  assert.deepEqual(codesOf((await scene.verdict()).conditions), ['F8']);
  await scene.inSync();
});

inMission(
  'F9: a failed task is reported and offered for retry, and the others are done',
  'none',
  async (scene) => {
    const { project, workers, world } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
    workers.order('coder', { failOn: ['T1'] });
    workers.order('', {});
    scene.missionFleet();
    await round(scene);
    await scene.apply();
    assert.deepEqual(project.statuses(), { T1: 'failed', T2: 'done', T3: 'done' });
    const nine = await seenBoth(scene, 'F9');
    assert.deepEqual([nine.name, nine.seen], ['subagent failure', 'T1 failed']);
    assert.equal(nine.done, 'mosaic coord run T1 retries it');
    assert.equal((await scene.verdict()).state, 'held');
    const sessions = project.sessions().length;
    await scene.apply();
    assert.equal(project.sessions().length, sessions);

    const env = { MOSAIC_PROJECT: project.folder, MOSAIC_AGENT: '' };
    const words = ['coord', 'run', 'T1', '--project', project.folder, '--', ...workers.command];
    const retried = await world.mosaic(words, { env, cwd: project.folder });
    assert.equal(retried.code, 0, retried.stderr);
    await scene.apply();
    assert.equal(project.record().status, 'completed');
    workers.didOnce('T1', 'T2', 'T3');
  },
);

inMission('F10: a session that hangs is reported, and nobody ends it', 'none', async (scene) => {
  const { project, workers, world } = scene;
  project.write(table('T1 M1'));
  workers.order('coder', { hangOn: ['T1'] });
  scene.missionFleet({ mission: { deadlock_after: '1s' } });
  await scene.apply();
  await workers.half('T1');
  const { pid } = await scene.session('coder');
  const ten = await world.until('the plan tells of it', async () =>
    (await scene.verdict()).conditions.find(({ code }) => code === 'F10'),
  );
  assert.equal(ten.name, 'deadlock');
  assert.match(ten.seen, /^sess-001 lives, and nothing has changed for \d+s$/);
  assert.match(ten.done, /it is not ended/);
  assert.ok(codesOf((await scene.dashboard()).conditions).includes('F10'));
  await scene.apply();
  await scene.apply();
  assert.equal((await scene.session('coder')).pid, pid);
  assert.equal((await scene.session('coder')).dead, false);
  assert.deepEqual(project.ends(), ['sess-001 open']);
});

inMission(
  'F10: all tasks are blocked from the beginning: reported, and nothing is started',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1 blocked', 'T2 M1 failed'));
    workers.order('coder', {});
    scene.missionFleet({ mission: { milestones: milestones('M1') } });
    await scene.apply();
    const ten = await seenBoth(scene, 'F10');
    assert.match(ten.seen, /^all tasks that remain are blocked or failed: T1 and T2$/);
    await scene.apply();
    assert.deepEqual(project.sessions(), []);
    assert.deepEqual(workers.deeds(), []);
    assert.deepEqual(await scene.sessions(), {});
  },
);
