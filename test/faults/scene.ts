/**
 * A change to a fleet with something of everything in it, made back and forth: side `a` and side `b` are mirror images, so
 * that each change is like the last one and a world can be used for many of them.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { inspect, isDeepStrictEqual } from 'node:util';
import type { CommandResult } from '../support/command.ts';
import type { World } from '../support/world.ts';
import { type Call, noFault } from './fault.ts';
import { runFaulty } from './faulty.ts';
import { type Picture, pictureOf } from './picture.ts';

export type Side = 'a' | 'b';

const other = { a: 'b', b: 'a' } as const;

/** A program that answers every line it is given. */
const ear = ['sh', '-c', 'while read -r line; do echo "heard $line"; done'];

/**
 * From one side to the other: `only` and `dirty` agents start and stop, with worktrees that are made, removed and kept;
 * `changed` is restarted, `moved` renamed, `pause` started and stopped; `crasher` is killed before. `steady` has no part in it.
 */
function fleetOf(side: Side, repository: string): Record<string, unknown> {
  const idle = (name: string, more: object = {}) => ({ name, runtime: 'idle', ...more });
  const worktree = { repository };
  return {
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    defaults: {
      working_directory: '/',
      restart: { max_restarts: 1_000_000, backoff: { initial: '0s', max: '0s' } },
    },
    reconcile: { max_stop_fraction: 1 },
    agents: [
      idle('steady'),
      idle('changed', { on_change: 'restart', env: { SIDE: side } }),
      idle('crasher', { worktree }),
      idle(`moved-${side}`, { renamed_from: `moved-${other[side]}`, worktree }),
      idle(`only-${side}`, {
        command: ear,
        kickstart: 'hello there',
        worktree: { repository, branch: `work/${side}` },
      }),
      idle(`dirty-${side}`, { worktree }),
      idle('pause-a', { state: side === 'a' ? 'running' : 'stopped' }),
      idle('pause-b', { state: side === 'b' ? 'running' : 'stopped' }),
    ],
  };
}

/** A world that goes from side to side, and knows how each side looks when nothing goes wrong. */
export interface Scene {
  world: World;
  /** The side whose state the world is in. */
  side: Side;
  expected: Record<Side, Picture>;
  /** Charged restarts and saved crashes of `crasher` until now. */
  crashes: number;
  /** Main processes of those that no change concerns. */
  steady: Record<string, string>;
}

/** Goes from side to side undisturbed until that changes nothing new, and remembers what the sides look like. */
export async function makeScene(world: World): Promise<Scene> {
  const repository = await world.makeRepository('app');
  const apply = async (side: Side, crash: boolean): Promise<Picture> => {
    if (crash) await killCrasher(world);
    world.writeFleet(fleetOf(side, repository));
    const { code, stdout, stderr } = await world.mosaic(['apply']);
    assert.equal(code, 0, stdout + stderr);
    return pictureOf(world);
  };
  await apply('a', false);
  await world.tmux('new-session', '-d', '-s', 'foreign', 'sleep infinity');
  for (const side of ['a', 'b'] as const) {
    if (side === 'b') await apply('b', true);
    const folder = `${world.env['XDG_STATE_HOME']}/mosaic/test/worktrees/dirty-${side}`;
    writeFileSync(`${folder}/unsaved.txt`, 'not committed\n');
    writeFileSync(`${folder}/README.md`, 'changed\n');
  }
  await apply('a', true);
  const expected = { b: await apply('b', true), a: await apply('a', true) };
  const { pids } = await pictureOf(world);
  const steady = {
    steady: pids['steady'] ?? '',
    foreign: pids['foreign'] ?? '',
    moved: pids['moved-a'] ?? '',
  };
  return { world, side: 'a', expected, crashes: expected.a.crashes, steady };
}

/** Writes the other side's fleet file and kills `crasher`: what a run is to deal with. */
export async function disturb(scene: Scene): Promise<Side> {
  const { world } = scene;
  const side = other[scene.side];
  await killCrasher(world);
  world.writeFleet(fleetOf(side, world.path('repositories/app')));
  return side;
}

async function killCrasher(world: World): Promise<void> {
  const at = ['-t', '=crasher:', '-p'];
  const { stdout } = await world.tmux('display-message', ...at, '#{pane_pid}');
  assert.match(stdout, /^\d+\n$/);
  await world.run('kill', ['-KILL', stdout.trim()]);
  await world.until('its pane is dead', async () => {
    const seen = await world.tmux('display-message', ...at, '#{pane_dead}');
    return seen.stdout === '1\n';
  });
}

/** The change as it goes when nobody interferes. */
export async function undisturbed(scene: Scene): Promise<Call[]> {
  const side = await disturb(scene);
  const { calls, code, stderr } = await runFaulty(scene.world, ['apply'], noFault);
  assert.equal(code, 0, stderr);
  await requireEnd(scene, side, 'undisturbed');
  return calls;
}

/** Applies as anybody would, twice at most, and requires the end. */
export async function recover(scene: Scene, side: Side, where: string): Promise<void> {
  const { world } = scene;
  const first = await world.mosaic(['apply']);
  const left = await world.mosaic(['plan', '--detailed-exitcode']);
  if (left.code === 0) return requireEnd(scene, side, where, left);
  const second = await world.mosaic(['apply']);
  const said = [first, left, second].map(({ code, stdout, stderr }) => `exit ${code}\n${stdout}${stderr}`);
  return requireEnd(scene, side, `${where}; then ${said.join('\n')}`);
}

/**
 * What must hold when the change to `side` is done, however often it was interrupted; then the scene is there.
 * @param plan what a dry run says, where it was made already
 */
export async function requireEnd(
  scene: Scene,
  side: Side,
  where: string,
  plan?: CommandResult,
): Promise<void> {
  const { world } = scene;
  const { code, stdout, stderr } = plan ?? (await world.mosaic(['plan', '--detailed-exitcode']));
  const { crashes, pids, ...seen } = await pictureOf(world);
  const before = scene.crashes;
  scene.side = side;
  scene.crashes = crashes;
  assert.equal(code, 0, `${where}: the plan is not empty:\n${stdout}${stderr}`);
  const { crashes: _, pids: __, ...wanted } = scene.expected[side];
  for (const part of Object.keys(wanted) as (keyof typeof wanted)[]) {
    const both = `seen ${inspect(seen[part], { depth: 5 })}\nwanted ${inspect(wanted[part], { depth: 5 })}`;
    assert.ok(isDeepStrictEqual(seen[part], wanted[part]), `${where}: ${part}\n${both}`);
  }
  assert.equal(crashes, before + 1, `${where}: crash records`);
  assert.deepEqual(
    { steady: pids['steady'], foreign: pids['foreign'], moved: pids[`moved-${side}`] },
    scene.steady,
    `${where}: those that stay`,
  );
}
