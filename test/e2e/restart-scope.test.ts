/** An agent that leaves processes of its own behind is restarted again and again: systemd forgets its scope only some time later. */
import assert from 'node:assert/strict';
import { inScene } from './support/scene.ts';

inScene("its unit's restart by systemctl brings it back each time", 'systemd', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'app', command: ['sh', '-c', 'setsid sleep 1000 & exec sleep 1000'] }]);
  await scene.apply();
  for (let times = 0; times < 25; times++) {
    const before = await scene.session('app');
    assert.equal((await world.systemctl('restart', 'mosaic-agent@app.service')).code, 0);
    await world.until('its scope is made', async () => {
      const { dead } = await scene.session('app');
      assert.equal(dead, false, (await world.tmux('capture-pane', '-p', '-t', '=app:')).stdout.trim());
      return (await world.systemctl('is-active', 'mosaic-agent.app.scope')).code === 0;
    });
    assert.notEqual((await scene.session('app')).pid, before.pid);
  }
  await scene.apply();
  assert.deepEqual(scene.crashes('app'), []);
});

inScene('many that are restarted at once all come back', 'systemd', async (scene) => {
  scene.fleet(Array.from({ length: 12 }, (_, index) => ({ name: `a${index}` })));
  await scene.apply();
  for (let round = 0; round < 6; round++) {
    const { stdout } = await scene.mosaic(['fleet', 'restart']);
    assert.match(stdout, /^Done: 12 restarted in /m);
  }
  await scene.inSync();
});
