/** A user manager that starts again brings the fleet back. */
import assert from 'node:assert/strict';
import { inScene } from '../e2e/support/scene.ts';
import { install, property, untilQuiet, untilRunning } from './scene.ts';

inScene(
  'a restarted manager brings the fleet back, and what was stopped by hand stays down',
  'systemd',
  async (scene) => {
    const { world } = scene;
    scene.fleet([{ name: 'coder' }, { name: 'tester' }, { name: 'asleep' }]);
    await install(scene);
    const pid = await untilRunning(scene, 'coder');
    await untilRunning(scene, 'tester');
    await scene.mosaic(['fleet', 'stop', 'asleep']);
    await untilQuiet(scene);
    scene.foreigners.forgetAll();
    await world.restartManager();
    await untilRunning(scene, 'coder', pid);
    await untilRunning(scene, 'tester');
    await untilQuiet(scene);
    assert.equal((await scene.sessions())['asleep'], undefined);
    assert.equal(await property(scene, 'mosaic-tmux-holder.service', 'ActiveState'), 'active');
    for (const unit of ['mosaic-reconcile.timer', 'mosaic-reconcile.path', 'mosaic-fleet.path'])
      assert.equal(await property(scene, unit, 'ActiveState'), 'active', unit);
    await scene.inSync();
    // The triggers work as before.
    const again = await untilRunning(scene, 'tester');
    await world.run('kill', ['-KILL', String(again)]);
    await untilRunning(scene, 'tester', again);
  },
);
