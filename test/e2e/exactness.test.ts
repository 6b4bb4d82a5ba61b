/** One agent at a time, beside others whose names begin like its own. */
import assert from 'node:assert/strict';
import { forScenes, type Scene } from './support/scene.ts';

const names = ['app', 'app-2', 'ap'];
const roster = names.map((name) => ({ name }));

async function fleetOfNeighbours(scene: Scene): Promise<void> {
  scene.fleet(roster);
  await scene.apply();
  await scene.foreigners.join('app-3');
  await scene.foreigners.join('ap_');
}

/** Does something to one agent after the other, and checks each time that nobody else noticed. */
async function each(scene: Scene, act: (name: string) => Promise<void>): Promise<void> {
  for (const name of names) {
    const before = await scene.sessions();
    await act(name);
    const after = await scene.sessions();
    for (const other of names.filter((one) => one !== name)) {
      assert.deepEqual(after[other], before[other], `${other} is another after what happened to ${name}`);
      assert.equal(scene.lock(other)?.pid, before[other]?.pid);
    }
    await scene.foreigners.untouched();
  }
}

async function stopAndStart(scene: Scene, name: string): Promise<void> {
  const without = roster.map((agent) => (agent.name === name ? { ...agent, state: 'stopped' } : agent));
  scene.fleet(without);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), names.filter((one) => one !== name).sort());
  await scene.inSync();
  scene.fleet(roster);
  await scene.apply();
  assert.equal((await scene.session(name)).dead, false);
}

async function restart(scene: Scene, name: string): Promise<void> {
  const before = await scene.session(name);
  await scene.apply(['--restart', name]);
  const after = await scene.session(name);
  assert.deepEqual([after.dead, after.pid === before.pid, after.id === before.id], [false, false, false]);
}

forScenes('each can be stopped alone', async (scene) => {
  await fleetOfNeighbours(scene);
  await each(scene, (name) => stopAndStart(scene, name));
});

forScenes('each can be stopped alone when it is dead already', async (scene) => {
  await fleetOfNeighbours(scene);
  await each(scene, async (name) => {
    await scene.kill(name);
    await stopAndStart(scene, name);
  });
});

forScenes('each can be restarted alone', async (scene) => {
  await fleetOfNeighbours(scene);
  await each(scene, (name) => restart(scene, name));
  await scene.inSync();
});

forScenes('each can be restarted alone when it is dead already', async (scene) => {
  await fleetOfNeighbours(scene);
  await each(scene, async (name) => {
    await scene.kill(name);
    await restart(scene, name);
  });
});

forScenes('each can crash alone', async (scene) => {
  await fleetOfNeighbours(scene);
  await each(scene, async (name) => {
    const before = await scene.session(name);
    await scene.kill(name);
    await scene.apply();
    const after = await scene.session(name);
    assert.deepEqual([after.dead, after.pid === before.pid], [false, false]);
    assert.equal(scene.crashes(name).length, 1);
  });
  await scene.inSync();
});

forScenes('each can lose its session alone', async (scene) => {
  await fleetOfNeighbours(scene);
  await each(scene, async (name) => {
    await scene.world.tmux('kill-session', '-t', `=${name}`);
    await scene.apply();
    assert.equal((await scene.session(name)).dead, false);
    assert.equal(scene.crashes(name).length, 1);
  });
  await scene.inSync();
});

forScenes('each can be the only one that a command is about', async (scene) => {
  await fleetOfNeighbours(scene);
  for (const name of names) await scene.world.tmux('kill-session', '-t', `=${name}`);
  for (const [index, name] of names.entries()) {
    await scene.apply(['--agent', name]);
    assert.deepEqual(Object.keys(await scene.sessions()).sort(), names.slice(0, index + 1).sort());
    await scene.foreigners.untouched();
  }
});
