/** What stands in a mission's way: locks of others, files that cannot be read. Said with its place, nothing is lost, others go on. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { inMission, milestones, row, table, type MissionScene, type Verdict } from './support/mission.ts';

const LOCK = '.mosaic/orchestrator/session.lock';

/** A first session has done T1 and ended; and another agent is to be seen to go on. */
async function afterOne(scene: MissionScene): Promise<void> {
  scene.project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
  scene.workers.order('coder', { tasks: 1 }, {});
  scene.missionFleet();
  await scene.apply();
  await scene.untilDead('coder');
}

/** Applies with another agent in the file, which must start; gives what it said of the mission, which starts nothing. */
async function inTheWay(
  scene: MissionScene,
  code: number,
  also: Record<string, unknown> = {},
): Promise<Verdict> {
  const { project, workers } = scene;
  const before = workers.deeds('up').length;
  const tasks = existsSync(project.path('docs/TASKS.md')) ? project.read('docs/TASKS.md') : '';
  scene.missionFleet({ ...also, agents: [{ name: 'bystander' }] });
  await scene.apply([], code);
  await scene.apply([], code);
  assert.equal((await scene.session('bystander')).dead, false);
  assert.equal(workers.deeds('up').length, before, 'no session was started');
  if (tasks !== '') assert.equal(project.read('docs/TASKS.md'), tasks);
  const { missions } = await scene.plan([], code);
  const [verdict] = missions;
  assert.ok(verdict);
  return verdict;
}

async function goesOn(scene: MissionScene): Promise<void> {
  await scene.carry(3);
  scene.workers.didOnce('T1', 'T2', 'T3');
}

inMission('a lock of another host: held, until it is removed', 'none', async (scene) => {
  const { project } = scene;
  await afterOne(scene);
  await scene.apply(['--agent', 'coder', '--dry-run']);
  const lock = {
    session_id: 'sess-009',
    runtime: 'claude',
    pid: 1,
    started_at: new Date().toISOString(),
    project_path: project.folder,
    boot_id: '99999999-1111-2222-3333-444444444444',
    host: 'some-other-machine',
  };
  writeFileSync(project.path(LOCK), JSON.stringify(lock));
  const verdict = await inTheWay(scene, 1);
  assert.equal(verdict.state, 'conflict');
  assert.match(verdict.reason, /sess-009 runs on the host some-other-machine/);
  assert.match(verdict.fix ?? '', /remove \S+session\.lock/);
  assert.deepEqual(JSON.parse(project.read(LOCK)), lock);
  rmSync(project.path(LOCK));
  await goesOn(scene);
});

inMission(
  'a live session of a terminal: no second one is started; when it ends the agent goes on',
  'none',
  async (scene) => {
    const { project, workers, world } = scene;
    await afterOne(scene);
    scene.missionFleet({ mission: { state: 'paused' } });
    await scene.apply();
    workers.order('', { hangOn: ['T2'] });
    const env = { MOSAIC_PROJECT: project.folder, MOSAIC_AGENT: '' };
    scene.missionFleet({ mission: { continue: 'manual' } });
    await scene.apply();
    const words = ['coord', 'run', 'T2', '--project', project.folder, '--', ...workers.command];
    const terminal = await world.start(words, { env, cwd: project.folder });
    const { pid } = await workers.half('T2', 'sess-002');
    await world.until('its program is in the lock', () => project.lock()?.pid === pid);
    const verdict = await inTheWay(scene, 0);
    assert.equal(verdict.state, 'working');
    assert.match(verdict.reason, /^sess-002 runs in a terminal$/);
    assert.equal(project.lock()?.pid, pid);
    process.kill(pid, 'SIGTERM');
    await terminal.ended;
    assert.deepEqual(project.ends(), ['sess-001 premature', 'sess-002 killed']);
    await goesOn(scene);
  },
);

for (const [what, text] of [
  ['cut off', '{"session_id": "sess-001", "pid"'],
  ['empty', ''],
  ['of another shape', '{"pid": "many"}'],
] as const) {
  inMission(`a lock that is ${what}: held, told, and cleared by an operator`, 'none', async (scene) => {
    const { project } = scene;
    await afterOne(scene);
    scene.missionFleet({ mission: { state: 'paused' } });
    await scene.apply();
    writeFileSync(project.path(LOCK), text);
    const verdict = await inTheWay(scene, 1);
    assert.equal(verdict.state, 'conflict');
    assert.match(verdict.reason, /session\.lock cannot be used/);
    assert.match(verdict.fix ?? '', /mosaic coord resume --clean-lock/);
    assert.deepEqual(
      verdict.conditions.map(({ code }) => code),
      ['F3'],
    );
    assert.equal(project.read(LOCK), text);
    await scene.mosaic(['coord', 'resume', '--clean-lock', '--project', project.folder]);
    await goesOn(scene);
  });
}

inMission(
  'TASKS.md with a problem: told with its line, the session at work is left, and it goes on when it is mended',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
    workers.order('coder', { hangOn: ['T1'] }, {});
    scene.missionFleet();
    await scene.apply();
    await workers.half('T1');
    const { pid } = await scene.session('coder');
    const good = project.read('docs/TASKS.md');
    project.edit((text) => text.replace(row('T2 M1'), row('T2 M1 nearly')));
    const line = good.split('\n').indexOf(row('T2 M1')) + 1;

    const verdict = await inTheWay(scene, 1);
    assert.equal(verdict.state, 'conflict');
    assert.match(verdict.reason, new RegExp(`docs/TASKS\\.md cannot be used: line ${line}: .*nearly`));
    assert.equal(verdict.progress, undefined);
    assert.equal((await scene.session('coder')).pid, pid);
    assert.equal((await scene.session('coder')).dead, false);
    assert.deepEqual(project.ends(), ['sess-001 open']);

    // Dead meanwhile: still nothing is lost.
    await scene.kill('coder');
    await inTheWay(scene, 1);
    project.edit(() => good);
    await goesOn(scene);
    assert.deepEqual(project.ends(), ['sess-001 crashed', 'sess-002 completed']);
  },
);

inMission(
  'mission.json that does not parse: told with its place, and never overwritten',
  'none',
  async (scene) => {
    const { project } = scene;
    await afterOne(scene);
    const path = project.path('.mosaic/orchestrator/mission.json');
    const good = readFileSync(path, 'utf8');
    const bad = good.replace('"status": "active"', '"status": "actve"');
    assert.notEqual(bad, good);
    writeFileSync(path, bad);
    const line = bad.slice(0, bad.indexOf('"actve"')).split('\n').length;
    const verdict = await inTheWay(scene, 1);
    assert.match(verdict.reason, new RegExp(`mission\\.json:${line}:\\d+ cannot be used: `));
    assert.equal(readFileSync(path, 'utf8'), bad);
    writeFileSync(path, good);
    await goesOn(scene);
  },
);

inMission('mission.json of another mission: a conflict, and it is not touched', 'none', async (scene) => {
  const { project, workers } = scene;
  await scene.mosaic([
    'coord',
    'init',
    '--project',
    project.folder,
    '--name',
    'Something else',
    '--milestones',
    'One',
  ]);
  workers.order('coder', {});
  const before = project.read('.mosaic/orchestrator/mission.json');
  const verdict = await inTheWay(scene, 1);
  assert.equal(verdict.state, 'conflict');
  assert.match(verdict.reason, /mission\.json is of the mission something-else, not of checkout/);
  assert.equal(project.read('.mosaic/orchestrator/mission.json'), before);
  assert.equal(existsSync(project.path('docs/scratchpads/checkout.md')), false);
});

inMission('the project is not there: a conflict, and its agent does not start', 'none', async (scene) => {
  const { project, workers } = scene;
  workers.order('coder', {});
  const away = scene.world.path('away');
  renameSync(project.folder, away);
  const verdict = await inTheWay(scene, 1, { agent: { worktree: undefined } });
  assert.equal(verdict.state, 'conflict');
  assert.match(verdict.reason, /its project \S+ is not there/);
  assert.equal(existsSync(project.folder), false);
  renameSync(away, project.folder);
  project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
  scene.missionFleet();
  await goesOn(scene);
});

inMission('two missions: what is wrong with one does not keep the other', 'none', async (scene) => {
  const { project, workers } = scene;
  const second = await scene.makeProject('second', 'second');
  project.write(table('T1 M1 nearly'));
  second.write(table('T1 M1'));
  workers.order('coder', {});
  workers.order('helper', {});
  scene.missionFleet({
    agents: [{ name: 'helper', command: workers.command, working_directory: second.folder }],
    missions: [
      {
        id: 'second',
        project: second.folder,
        agent: 'helper',
        milestones: milestones('M1'),
        continue: 'auto',
      },
    ],
  });
  await scene.apply([], 1);
  await scene.untilDead('helper');
  await scene.apply([], 1);
  assert.equal(second.record().status, 'completed');
  assert.deepEqual(
    workers.deeds('up').map(({ agent }) => agent),
    ['helper'],
  );
});

inMission('files that are gone are made anew, and the record stays', 'none', async (scene) => {
  const { project } = scene;
  await afterOne(scene);
  rmSync(project.path('docs/MISSION-MANIFEST.md'));
  rmSync(project.path('docs/scratchpads'), { recursive: true });
  await scene.apply();
  assert.match(project.read('docs/MISSION-MANIFEST.md'), /Checkout/);
  assert.match(project.scratchpad(), /^# Scratchpad: Checkout/);
  assert.equal(project.sessions().length, 2);
  await scene.untilDead('coder');
  await scene.apply();
  assert.equal(project.record().status, 'completed');
  scene.workers.didOnce('T1', 'T2', 'T3');
});
