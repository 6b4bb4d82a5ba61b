/** An apply that writes down the end of a mission's session and begins the next, killed at any call, or with a disk that is full there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import type { SessionEntry } from '../../src/model/mission.ts';
import { forMissions, table, type MissionScene } from '../missions/support/mission.ts';
import { processesOf } from '../support/processes.ts';
import { type Call, type Fault, noFault } from './fault.ts';
import { runFaulty } from './faulty.ts';

describe('an apply that carries a mission on after a crash', { concurrency: 2 }, () => {
  forMissions(
    'killed at any call on the host, or without space there: its files parse, no session is lost or doubled, the next apply ends it',
    async (scene) => {
      const { project, workers, world } = scene;
      project.write(table('T1 M1', 'T2 M1', 'T3 M2'));
      workers.order('coder', { hangOn: ['T1'] });
      scene.missionFleet({
        agent: { restart: { max_restarts: 1_000_000, backoff: { initial: '0s', max: '0s' } } },
      });
      await scene.apply();
      await workers.half('T1', 'sess-001');

      await scene.kill('coder');
      const { calls, code, stderr } = await runFaulty(world, ['apply'], noFault);
      assert.equal(code, 0, stderr);
      await requireNext(scene, project.sessions().slice(0, 1), 'undisturbed');
      assert.ok(calls.length > 20, `only ${calls.length} calls`);
      for (const name of ['mission.json', 'session.lock', 'next-task.json', 'prompt.md'])
        assert.ok(
          calls.some(({ name: of, subject }) => of === 'write' && subject.endsWith(`/${name}`)),
          name,
        );

      const trouble: string[] = [];
      for (const fault of killings(calls))
        await killedAt(scene, fault).catch((error: unknown) => trouble.push(String(error)));
      assert.equal(trouble.length, 0, trouble.join('\n\n'));

      await killedAt(scene, { at: 1, how: 'no-space', onwards: true });
      workers.order('coder', {});
      await scene.kill('coder');
      await scene.carry(2);
      workers.didOnce('T1', 'T2', 'T3');
    },
    1_800_000,
  );
});

/** After one call is before the next. Until the first write an apply only looks. */
function killings(calls: readonly Call[]): Fault[] {
  const first = calls.find(({ name }) => name === 'write' || name === 'append')?.number ?? 0;
  return calls.flatMap(({ number, name }) => {
    if (number < first) return [];
    const fills = ['write', 'append', 'mkdir', 'lock'].includes(name);
    const hows: Fault['how'][] = [
      'before',
      ...(name === 'exec' || name === 'write' || name === 'append' ? ['during' as const] : []),
      ...(fills ? ['no-space' as const] : []),
    ];
    return hows.map((how) => ({ at: number, how }));
  });
}

async function killedAt(scene: MissionScene, fault: Fault): Promise<void> {
  const { project, world } = scene;
  const before = project.sessions();
  await scene.kill('coder');
  const { calls } = await runFaulty(world, ['apply'], fault);
  const call = calls.find(({ hit }) => hit);
  const where = `${fault.how} call ${fault.at} (${call?.name} ${call?.subject})`;
  // The last calls are not always as many: whoever looks again until an agent is ready may look once less.
  assert.ok(call !== undefined || calls.length < fault.at, `${where}: was not`);
  requireWhole(scene, before, where);
  await scene.apply();
  const left = await world.mosaic(['plan', '--detailed-exitcode']);
  // What was not seen to its end the first time may take a second apply, and no more.
  if (left.code !== 0) await scene.apply();
  await requireNext(scene, before, where);
}

/** Every file follows its schema, as reading asserts; every session of before is there, once, and at most one more. */
function requireWhole({ project }: MissionScene, before: readonly SessionEntry[], where: string): void {
  const sessions = project.sessions();
  const ids = sessions.map(({ session_id: id }) => id);
  assert.equal(new Set(ids).size, ids.length, where);
  assert.ok(
    sessions.length === before.length || sessions.length === before.length + 1,
    `${where}: ${ids.join(' ')}`,
  );
  assert.deepEqual(sessions.slice(0, before.length - 1), before.slice(0, -1), where);
  assert.equal(sessions[before.length - 1]?.session_id, before.at(-1)?.session_id, where);
  project.lock();
  project.capsule();
  assert.deepEqual(project.statuses(), { T1: 'in-progress', T2: 'not-started', T3: 'not-started' }, where);
  assert.match(project.prompt(), /^(?:Begin|Recover) the mission[^]*## Handoff[^]*\n$/, where);
}

/** The crashed session has its end, exactly one more is at work, in the same worktree, and nothing is left to do. */
async function requireNext(
  scene: MissionScene,
  before: readonly SessionEntry[],
  where: string,
): Promise<void> {
  const { project, workers, world } = scene;
  requireWhole(scene, before, where);
  const sessions = project.sessions();
  const next = sessions[before.length];
  const { pid } = await scene.session('coder');
  const crashed = sessions[before.length - 1];
  assert.deepEqual([crashed?.ended_reason, crashed?.last_task_id], ['crashed', 'T1'], where);
  assert.ok(typeof crashed?.duration_seconds === 'number', where);
  assert.deepEqual([next?.pid, next?.ended_at], [pid, ''], `${where}: ${JSON.stringify(next)}`);
  assert.deepEqual([project.lock()?.session_id, project.lock()?.pid], [next?.session_id, pid], where);
  assert.match(project.prompt(), /^Recover the mission/, where);
  const plan = await world.mosaic(['plan', '--detailed-exitcode']);
  assert.equal(plan.code, 0, `${where}: ${plan.stdout}`);
  const half = await workers.half('T1', next?.session_id);
  assert.equal(half.pid, pid, where);
  const running = processesOf(world.folder).filter(({ pid: one }) => isWorker(one));
  // Its pid is another one from outside of its namespace.
  assert.equal(running.length, 1, `${where}: it runs more than once`);
  const headings = project
    .scratchpad()
    .split('\n')
    .filter((line) => line.startsWith('## Session '));
  assert.deepEqual(
    headings,
    sessions.map(({ session_id: id }) => `## Session ${id}`),
    where,
  );
}

function isWorker(pid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return words[1]?.endsWith('/worker.mjs') === true;
  } catch {
    return false;
  }
}
