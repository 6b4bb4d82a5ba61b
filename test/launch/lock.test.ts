/** mosaic yolo and run where a mission is: what is told, and who is seen to be at work. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { openTerminal } from '../e2e/support/terminal.ts';
import { begun, bootId, inProject, startTime, type Scene } from '../coord-commands/scene.ts';
import type { Running } from '../support/command.ts';
import { inWorld } from '../support/supervisors.ts';
import { benchOf, type Bench } from './scene.ts';

const WAIT = 'trap exit TERM; echo up; while :; do sleep 0.05; done';

/** Starts a program that waits to be ended. */
async function started(
  { world, project }: Scene,
  bench: Bench,
  env: Record<string, string> = {},
  name = 'claude',
): Promise<Running & { program: number }> {
  bench.program(name, WAIT);
  const running = await world.start(['yolo', name], { env: { ...bench.env, ...env }, cwd: project });
  await world.until('it is up', () => /^up$/m.test(running.output().stdout));
  return { ...running, program: bench.pid(name) ?? 0 };
}

inProject('the mission is told of, and its lock held by the program itself', async (scene) => {
  await scene.init();
  const bench = benchOf(scene.world);
  const before = scene.picture();
  const running = await started(scene, bench);
  assert.match(
    running.output().stderr,
    /^mission: +Checkout v2 \(checkout-v2\), active: 0 of 3 tasks done[^]*^to continue: +mosaic coord continue$/m,
  );
  const lock = scene.lock();
  assert.ok(lock);
  assert.deepEqual(
    [lock.pid, lock.pid_start_time, lock.boot_id, lock.runtime, lock.project_path],
    [running.program, startTime(running.program), bootId, 'claude', scene.project],
  );
  // Others see it, and start nothing beside it.
  const status = await scene.coord(['status']);
  assert.match(status.stdout, new RegExp(`by-hand \\(claude, pid ${running.program}\\) is running`));
  assert.equal((await scene.json(['status']))['state'], 'running');
  const refused = await scene.coord(['run', 'T-1', '--', 'true'], 1);
  assert.match(refused.stderr, new RegExp(`the session by-hand is at work \\(pid ${running.program}\\)`));
  await scene.json(['mission']);
  process.kill(running.program, 'SIGTERM');
  await running.ended;
  await scene.coord(['status'], 4);
  // Nothing of the mission was changed, and no session is missing its end.
  // Where Node became the program, nobody was left to take the lock away: it says nothing any more.
  const { '.mosaic/orchestrator/session.lock': left, ...after } = scene.picture();
  assert.deepEqual(after, before);
  assert.equal(left === undefined, !('execve' in process));
  await scene.coord(['run', 'T-1', '--', 'true']);
  assert.deepEqual(
    scene.record().sessions.map(({ session_id }) => session_id),
    ['sess-001'],
  );
});

inProject(
  'killed, with the command before it: nobody is at work, and nothing is to be recovered',
  async (scene) => {
    await scene.init();
    const running = await started(scene, benchOf(scene.world));
    running.signal('SIGKILL');
    await scene.world.until('the command is gone', () => !existsSync(`/proc/${running.pid}`));
    if (running.program !== running.pid) await scene.coord(['status']);
    if (existsSync(`/proc/${running.program}`)) process.kill(running.program, 'SIGKILL');
    await scene.world.until('the program is gone', () => !existsSync(`/proc/${running.program}`));
    assert.equal(scene.lock()?.pid, running.program);
    await scene.coord(['status'], 4);
    const told = await scene.json(['mission']);
    assert.deepEqual(told['conditions'], []);
    assert.match((await scene.coord(['resume'], 4)).stdout, /./);
    const again = await started(scene, benchOf(scene.world));
    assert.equal(scene.lock()?.over, undefined);
    process.kill(again.program, 'SIGTERM');
    await again.ended;
  },
);

inProject('in a terminal, whichever process becomes the program', async (scene) => {
  await scene.init();
  const bench = benchOf(scene.world);
  bench.program('claude', WAIT);
  const terminal = await openTerminal(scene.world, bench.env);
  await terminal.type(`cd '${scene.project}' && mosaic yolo claude`);
  await scene.world.until('it is up', async () => /up$/m.test(await terminal.screen()));
  assert.match(await terminal.screen(), /mission: +Checkout v2/m);
  const pid = bench.pid('claude') ?? 0;
  assert.deepEqual([scene.lock()?.pid, scene.lock()?.pid_start_time], [pid, startTime(pid)]);
  await scene.coord(['status']);
  process.kill(pid, 'SIGTERM');
  await terminal.exitCode();
  await scene.coord(['status'], 4);
  assert.deepEqual((await scene.json(['mission']))['conditions'], []);
  await terminal.close();
});

inProject('a dead session stays to be recovered', async (scene) => {
  await scene.init();
  begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
  const dead = scene.lock();
  const running = await started(scene, benchOf(scene.world));
  assert.match(running.output().stderr, /^to resume: +mosaic coord resume$/m);
  await scene.coord(['status'], 0);
  assert.deepEqual(scene.lock()?.over, dead);
  process.kill(running.program, 'SIGTERM');
  await running.ended;
  await scene.coord(['status'], 3);
  await scene.coord(['resume', '--clean-lock']);
  assert.equal(scene.record().sessions[0]?.ended_reason, 'crashed');
  assert.equal(scene.lock(), undefined);
});

inProject('a session that is at work keeps its lock, and the person is told', async (scene) => {
  await scene.init();
  // Not this process: that would be one that the command comes from.
  const other = await scene.world.spawn('sleep', ['600']);
  begun(scene, { pid: other.pid, pid_start_time: startTime(other.pid), boot_id: bootId });
  const lock = scene.lock();
  const running = await started(scene, benchOf(scene.world));
  assert.match(
    running.output().stderr,
    new RegExp(`sess-001 \\(pid ${other.pid}\\) is at work on this mission and keeps its lock`),
  );
  process.kill(running.program, 'SIGTERM');
  await running.ended;
  assert.deepEqual(scene.lock(), lock);
  scene.write('.mosaic/orchestrator/session.lock', '{');
  const beside = await started(scene, benchOf(scene.world));
  assert.match(
    beside.output().stderr,
    /the lock .*session\.lock cannot be used: .*; this program goes without one/,
  );
  process.kill(beside.program, 'SIGTERM');
  await beside.ended;
  assert.equal(scene.read('.mosaic/orchestrator/session.lock'), '{');
});

inProject('from within a session: part of it, with no lock of its own', async (scene) => {
  await scene.init();
  const bench = benchOf(scene.world);
  const inner = await started(scene, bench, { MOSAIC_AGENT: 'coder0' });
  assert.match(inner.output().stderr, /^mission: /m);
  assert.equal(scene.lock(), undefined);
  process.kill(inner.program, 'SIGTERM');
  await inner.ended;
  // A program started by hand starts another.
  bench.program('codex', 'exit 4');
  const dist = new URL('../../dist/mosaic.js', import.meta.url).pathname;
  bench.program('claude', `'${process.execPath}' '${dist}' run codex`);
  const result = await scene.world.mosaic(['yolo', 'claude'], { env: bench.env, cwd: scene.project });
  assert.equal(result.code, 4);
  assert.doesNotMatch(result.stderr, /without one/);
});

inProject(
  'a mission that is over has no lock; one that cannot be read keeps nobody from working',
  async (scene) => {
    await scene.init();
    const bench = benchOf(scene.world);
    const text = scene.read('.mosaic/orchestrator/mission.json');
    scene.write(
      '.mosaic/orchestrator/mission.json',
      text.replace('"status": "active"', '"status": "completed"'),
    );
    const over = await started(scene, bench);
    assert.equal(over.output().stderr, '');
    assert.equal(scene.lock(), undefined);
    process.kill(over.program, 'SIGTERM');
    await over.ended;
    scene.write('.mosaic/orchestrator/mission.json', '{');
    const broken = await started(scene, bench);
    assert.match(broken.output().stderr, /^mission: +.*mission\.json.* cannot be used/m);
    process.kill(broken.program, 'SIGTERM');
    await broken.ended;
  },
);

inWorld('without a mission nothing is written and nothing told', 'none', async (world) => {
  const bench = benchOf(world);
  bench.program('claude', 'ls -A');
  const { code, stdout, stderr } = await world.mosaic(['yolo', 'claude'], { env: bench.env });
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
});

inProject('the reconciler waits for a program that is at work by hand', async (scene) => {
  await scene.init();
  const bench = benchOf(scene.world);
  const running = await started(scene, bench);
  const { world, project } = scene;
  const mission = { id: 'checkout-v2', name: 'Checkout v2', project, agent: 'worker', continue: 'auto' };
  const milestones = [
    { id: 'M1', name: 'Schema' },
    { id: 'M2', name: 'API' },
  ];
  const agent = { name: 'worker', command: ['sh', '-c', 'sleep 600'], working_directory: project };
  world.writeFleet({ agents: [agent], missions: [{ ...mission, milestones }] });
  const apply = async (): Promise<string> => {
    const { stdout, stderr } = await world.mosaic(['apply', '-f', world.fleetFile]);
    return stdout + stderr;
  };
  const first = await apply();
  assert.deepEqual(scene.record().sessions, [], first);
  process.kill(running.program, 'SIGTERM');
  await running.ended;
  assert.match(await apply(), /began checkout-v2: sess-001, T-1/);
  await world.mosaic(['down', '-f', world.fleetFile]);
});
