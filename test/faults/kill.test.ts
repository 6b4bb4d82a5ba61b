/** An apply that is killed at any point, and what the next one makes of it. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { forSupervisors } from '../support/supervisors.ts';
import type { Call, Fault } from './fault.ts';
import { runFaulty } from './faulty.ts';
import { disturb, makeScene, recover, type Scene, undisturbed } from './scene.ts';

/** Every call is somebody's, and several worlds go on at once. */
const SHARES = 2;

describe('an apply that is killed', { concurrency: 3 }, () => {
  for (let share = 0; share < SHARES; share++) {
    forSupervisors(
      `before, during or after any call on the host is ended by the next one (${share + 1} of ${SHARES})`,
      async (world) => {
        const scene = await makeScene(world);
        const calls = await undisturbed(scene);
        assert.ok(calls.length > 30, `only ${calls.length} calls`);
        const mine = killings(calls).filter((_, index) => index % SHARES === share);
        const trouble: string[] = [];
        for (const fault of mine) {
          await killedAt(scene, fault).catch((error: unknown) => trouble.push(String(error)));
        }
        assert.equal(trouble.length, 0, trouble.join('\n\n'));
      },
      { timeout: 900_000 },
    );
  }
});

function killings(calls: readonly Call[]): Fault[] {
  return calls.flatMap(({ number, name }) => {
    const lasting = name === 'exec' || name === 'write' || name === 'append' || name === 'lock';
    const hows = lasting ? (['before', 'during', 'after'] as const) : (['before', 'after'] as const);
    return hows.map((how) => ({ at: number, how }));
  });
}

async function killedAt(scene: Scene, fault: Fault): Promise<void> {
  const { world } = scene;
  const side = await disturb(scene);
  const { calls } = await runFaulty(world, ['apply'], fault);
  const call = calls.find(({ hit }) => hit);
  const where = `killed ${fault.how} call ${fault.at} (${call?.name} ${call?.subject})`;
  assert.ok(call !== undefined, `${where}: was not`);
  await recover(scene, side, where);
}
