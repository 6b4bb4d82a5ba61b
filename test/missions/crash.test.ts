/** A session that dies in the middle of its work: its end is written down, its work is kept, and the next one goes on with it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { forMissions, inMission, table, type MissionScene } from './support/mission.ts';

const TASKS = table('T1 M1', 'T2 M1', 'T3 M2', 'T4 M2');

/** The first session is in the middle of T2, with changed, new and ignored files in its worktree. */
async function inTheMiddle(scene: MissionScene): Promise<void> {
  scene.project.write(TASKS);
  scene.workers.order('coder', { hangOn: ['T2'] }, {});
  scene.missionFleet();
  await scene.apply();
  await scene.workers.half('T2');
}

forMissions(
  'killed in the middle of a task: recovered by the next, and the mission is completed',
  async (scene) => {
    const { project, workers, world } = scene;
    await inTheMiddle(scene);

    const [first] = project.sessions();
    const { pid } = await scene.session('coder');
    const lock = project.lock();
    assert.deepEqual([lock?.session_id, lock?.pid, lock?.agent], ['sess-001', pid, 'coder']);
    assert.deepEqual([first?.pid, first?.ended_at, first?.milestone_id], [pid, '', 'M1']);
    assert.equal(project.capsule().next_task, 'T1');
    assert.match(project.prompt(), /^Begin the mission "Checkout" \(checkout\)\./);
    await scene.inSync();

    const tree = scene.worktree();
    writeFileSync(`${tree}/work/notes with space.txt`, 'unsaved thoughts\0\r\n');
    const files = ['README.md', 'work/T1.txt', 'work/T2.part', 'work/notes with space.txt'];
    const before = files.map((name) => readFileSync(`${tree}/${name}`));
    const status = await world.git(tree, 'status', '--porcelain');
    const head = await world.git(tree, 'rev-parse', 'HEAD');
    // The next session stays too, so that what it finds can be looked at.
    workers.order('coder', { hangOn: ['T2'] }, {});
    await scene.kill('coder');
    assert.deepEqual(
      (await scene.verdict()).conditions.map(({ code }) => code),
      ['F3'],
    );

    await scene.apply();
    const again = await workers.half('T2', 'sess-002');
    const [crashed, next] = project.sessions();
    assert.equal(crashed?.ended_reason, 'crashed');
    assert.equal(crashed.last_task_id, 'T2');
    const [began, ended] = [Date.parse(crashed.started_at ?? ''), Date.parse(crashed.ended_at ?? '')];
    assert.ok(ended >= began, `${crashed.started_at} to ${crashed.ended_at}`);
    assert.equal(crashed.duration_seconds, Math.round((ended - began) / 1000));
    assert.deepEqual([next?.session_id, next?.ended_at], ['sess-002', '']);
    assert.equal(project.lock()?.session_id, 'sess-002');
    assert.equal(project.lock()?.pid, (await scene.session('coder')).pid);
    assert.equal(project.capsule().next_task, 'T2');

    // Nothing that lay there was touched: the new session has only added to it.
    assert.equal(again.cwd ?? tree, tree);
    const after = files.map((name) => readFileSync(`${tree}/${name}`));
    assert.ok(after[0]?.equals(Buffer.concat([before[0] ?? Buffer.of(), Buffer.from('half of T2\n')])));
    assert.ok(after[1]?.equals(before[1] ?? Buffer.of()));
    assert.equal(after[2]?.toString(), 'begun by sess-001\nmended by sess-002\n');
    assert.ok(after[3]?.equals(before[3] ?? Buffer.of()));
    assert.equal(await world.git(tree, 'status', '--porcelain'), status);
    assert.equal(await world.git(tree, 'rev-parse', 'HEAD'), head);

    const prompt = project.prompt();
    assert.match(prompt, /^Recover the mission "Checkout" \(checkout\)/);
    assert.match(prompt, /README\.md/);
    assert.match(prompt, /work\/T2\.part/);
    assert.match(prompt, /work\/notes with space\.txt/);
    assert.match(prompt, /sess-001 crashed/);
    assert.match(prompt, /Next task: +T2/);
    assert.match(prompt, new RegExp(`You work in: +${tree}\n`));
    assert.match(prompt, /Branch: +agents\/coder\n/);
    assert.equal(project.capsule().current_branch, 'agents/coder');
    await scene.inSync();

    await scene.kill('coder');
    await scene.carry(3);
    assert.deepEqual(project.ends(), ['sess-001 crashed', 'sess-002 crashed', 'sess-003 completed']);
    assert.deepEqual(project.statuses(), { T1: 'done', T2: 'done', T3: 'done', T4: 'done' });
    workers.didOnce('T1', 'T2', 'T3', 'T4');
    assert.equal(project.lock(), undefined);
    assert.equal(
      readFileSync(`${tree}/work/T2.txt`, 'utf8'),
      'begun by sess-001\nmended by sess-002\nmended by sess-003\n',
    );
    const commits = await world.git(tree, 'log', '--format=%s', '--reverse', 'origin/main..');
    assert.deepEqual(commits.split('\n'), ['T1', 'T2', 'T3', 'T4']);
    await scene.inSync();
  },
);

inMission(
  'killed after it came into the next milestone: its last task is the one that it was at',
  'none',
  async (scene) => {
    const { project, workers } = scene;
    project.write(TASKS);
    workers.order('coder', { hangOn: ['T3'] }, {});
    scene.missionFleet();
    await scene.apply();
    await workers.half('T3');
    await scene.kill('coder');
    await scene.apply();
    assert.match(project.prompt(), /sess-001 crashed after \w+; its last task was T3/);
    assert.equal(project.sessions()[0]?.last_task_id, 'T3');
    assert.deepEqual(
      project.record().milestones.map(({ status }) => status),
      ['completed', 'in-progress'],
    );
    await scene.untilDead('coder');
    await scene.apply();
    assert.equal(project.record().status, 'completed');
    workers.didOnce('T1', 'T2', 'T3', 'T4');
  },
);

forMissions(
  'under `apply --watch`, killed again and again: it goes on by itself to its end',
  async (scene) => {
    const { project, workers, world } = scene;
    project.write(table('T1 M1', 'T2 M1', 'T3 M1', 'T4 M2', 'T5 M2', 'T6 M2'));
    const restart = { max_restarts: 2, backoff: { initial: '10ms', max: '10ms' } };
    const hangs = ['T1', 'T1', 'T3', 'T5'];
    workers.order('coder', ...hangs.map((task) => ({ hangOn: [task] })), { tasks: 1, handoff: true }, {});
    scene.missionFleet({ agent: { restart }, mission: { quality_gates: 'true' } });
    const watching = await world.start(['apply', '--watch', '--interval', '1s']);
    for (const [index, task] of hangs.entries()) {
      const session = `sess-00${index + 1}`;
      await workers.half(task, session);
      await world.until('its process is in the lock', () => (project.lock()?.pid ?? 0) > 0);
      await world.run('kill', ['-KILL', String(project.lock()?.pid)]);
    }
    await world.until('the mission is completed', () => project.record().status === 'completed', 60_000);
    watching.signal('SIGTERM');
    const { stderr } = await watching.ended;
    assert.doesNotMatch(stderr, /tries again|failed/);
    const reasons = project.sessions().map(({ ended_reason: reason }) => reason);
    assert.deepEqual(reasons, ['crashed', 'crashed', 'crashed', 'crashed', 'handoff', 'completed']);
    workers.didOnce('T1', 'T2', 'T3', 'T4', 'T5', 'T6');
    const pieces = readFileSync(`${scene.worktree()}/work/T1.txt`, 'utf8');
    assert.equal(pieces, 'begun by sess-001\nmended by sess-002\nmended by sess-003\n');
    assert.deepEqual(
      project.record().milestones.map(({ status, gates }) => [status, gates?.exit_code]),
      [
        ['completed', 0],
        ['completed', 0],
      ],
    );
    await scene.inSync();
  },
);
