/** An installed fleet whose agents wait: nobody has to come by for a backoff to end. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { inScene, type Scene } from '../e2e/support/scene.ts';
import { install, property, untilQuiet, untilRunning } from './scene.ts';

inScene('an agent is started again when its backoff ends', 'systemd', async (scene) => {
  const restart = { policy: 'on-crash', backoff: { initial: '3s', max: '3s' } };
  scene.fleet([{ name: 'coder', restart }, { name: 'other' }]);
  await install(scene);
  let pid = await untilRunning(scene, 'coder');
  for (let crash = 0; crash < 3; crash++) {
    await scene.world.run('kill', ['-KILL', String(pid)]);
    pid = await untilRunning(scene, 'coder', pid);
  }
  await untilQuiet(scene);
  assert.equal((await scene.status('coder')).restarts, 3);
});

inScene('a flag that cannot be taken down does not keep the machine busy', 'systemd', flagStays, {
  timeout: 120_000,
});

async function flagStays(scene: Scene): Promise<void> {
  scene.fleet([{ name: 'coder' }]);
  await install(scene);
  await untilQuiet(scene);
  // The unit has it removed, whatever it is; so its folder is made one that nothing can be removed from.
  const flag = scene.state('wake');
  rmSync(flag, { force: true });
  mkdirSync(`${flag}/mounted`, { recursive: true });
  const busy = await scene.world.run('mount', ['-t', 'tmpfs', 'tmpfs', `${flag}/mounted`]);
  assert.equal(busy.code, 0, busy.stderr);
  try {
    await scene.world.until(
      'the path unit gives up',
      async () => (await property(scene, 'mosaic-reconcile.path', 'ActiveState')) === 'failed',
      60_000,
    );
  } finally {
    await scene.world.run('umount', [`${flag}/mounted`]);
  }
  // A tick, once the limit is over, brings it back.
  await scene.world.until(
    'the path unit waits again',
    async () => {
      await scene.world.systemctl('start', 'mosaic-reconcile.service');
      return (await property(scene, 'mosaic-reconcile.path', 'ActiveState')) === 'active';
    },
    60_000,
  );
}
