/** An apply that is killed at any point, and what the next one makes of it. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { forSupervisors } from '../support/supervisors.ts';
import type { Call, Fault } from './fault.ts';
import { runFaulty } from './faulty.ts';
import { inTurn } from './in-turn.ts';
import { disturb, recover, type Scene } from './scene.ts';

/** Every call is somebody's, and several worlds go on at once. */
const SHARES = 2;

describe('an apply that is killed', { concurrency: 3 }, () => {
  for (let share = 0; share < SHARES; share++) {
    forSupervisors(
      `before, during or after any call on the host is ended by the next one (${share + 1} of ${SHARES})`,
      (world, t) =>
        inTurn(world, t, killedAt, (calls) => {
          assert.ok(calls.length > 30, `only ${calls.length} calls`);
          const mine = killings(calls).filter((_, index) => index % SHARES === share);
          // Until the first write an apply only looks: killed there again and again, it is still at the beginning.
          const firstWrite = calls.find(({ name }) => name === 'write')?.number ?? 0;
          const looking = mine.filter(({ at }) => at < firstWrite);
          return [looking, ...mine.filter(({ at }) => at >= firstWrite).map((fault) => [fault])];
        }),
      { timeout: 1_800_000 },
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

/** Applies as often as there are faults, each time killed there, and then as anybody would. */
async function killedAt(scene: Scene, faults: readonly Fault[]): Promise<void> {
  const side = await disturb(scene);
  let where = '';
  for (const fault of faults) {
    const { calls } = await runFaulty(scene.world, ['apply'], fault);
    const call = calls.find(({ hit }) => hit);
    where = `killed ${fault.how} call ${fault.at} (${call?.name} ${call?.subject})`;
    // The last calls are not always as many: whoever looks again until an agent is ready may look once less.
    assert.ok(call !== undefined || calls.length < fault.at, `${where}: was not`);
  }
  await recover(scene, side, where);
}
