import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createWorld, type World } from '../support/world.ts';
import type { Call } from './fault.ts';
import { makeScene, type Scene, undisturbed } from './scene.ts';

/**
 * Makes the change of the scene once undisturbed, and then once for each of what `casesOf` makes of its calls; tells of all
 * that went wrong at the end. After a case with trouble the next one begins in a world of its own.
 */
export async function inTurn<Case>(
  world: World,
  t: TestContext,
  act: (scene: Scene, what: Case) => Promise<void>,
  casesOf: (calls: readonly Call[]) => readonly Case[],
): Promise<void> {
  let scene = await makeScene(world);
  const cases = casesOf(await undisturbed(scene));
  assert.notEqual(cases.length, 0);
  const trouble: string[] = [];
  for (const what of cases) {
    try {
      await act(scene, what);
    } catch (error) {
      trouble.push(String(error));
      scene = await makeScene(await createWorld(t, { systemd: world.supervisor === 'systemd' }));
    }
  }
  assert.equal(trouble.length, 0, trouble.join('\n\n'));
}
