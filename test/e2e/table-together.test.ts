/** The table "what is done when": many agents that end together are one outage, and a reboot is nobody's crash. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { forScenes, inScene, type Scene } from './support/scene.ts';

const roster = ['one', 'two', 'three', 'four'].map((name) => ({ name }));

function chargedTo(scene: Scene): number[] {
  return Object.values(scene.readState().agents).map(({ restarts }) => restarts);
}

async function allAlive(scene: Scene): Promise<void> {
  const sessions = Object.values(await scene.sessions());
  assert.deepEqual(
    sessions.map(({ dead }) => dead),
    [false, false, false, false],
  );
  await scene.inSync();
}

forScenes('many killed within a minute: one outage, charged to nobody', async (scene) => {
  scene.fleet(roster);
  await scene.apply();
  for (const name of ['one', 'two', 'three']) await scene.kill(name);
  const { stderr } = await scene.apply();
  assert.match(stderr, /^ended one with all others/m);
  await allAlive(scene);
  assert.deepEqual(chargedTo(scene), [0, 0, 0, 0]);
});

forScenes('the tmux server killed: one outage, charged to nobody', async (scene) => {
  scene.fleet(roster);
  await scene.apply();
  await scene.killServer();
  await scene.apply();
  await allAlive(scene);
  assert.deepEqual(chargedTo(scene), [0, 0, 0, 0]);
});

forScenes('a second outage within the window is a crash of each', async (scene) => {
  scene.fleet(roster);
  await scene.apply();
  await scene.killServer();
  await scene.apply();
  scene.changeState((state) => {
    state.outage_at = Number(state.outage_at) - 2 * 60_000;
  });
  await scene.killServer();
  await scene.apply();
  await allAlive(scene);
  assert.deepEqual(chargedTo(scene), [1, 1, 1, 1]);
});

forScenes('the holder session gone: back again, and no agent notices', async (scene) => {
  scene.fleet(roster);
  await scene.apply();
  const before = await scene.sessions();
  await scene.world.tmux('kill-session', '-t', '=_holder');
  await scene.apply();
  assert.ok((await scene.world.sessions()).includes('_holder'));
  assert.deepEqual(await scene.sessions(), before);
  await scene.inSync();
});

inScene('the holder unit stopped by hand: an outage, all back again', 'systemd', async (scene) => {
  scene.fleet(roster);
  await scene.apply();
  await scene.world.systemctl('stop', 'mosaic-tmux-holder.service');
  await scene.apply();
  await allAlive(scene);
  assert.deepEqual(chargedTo(scene), [0, 0, 0, 0]);
});

/** As after a power cut: no server, no started units, and records of another boot. */
async function reboot(scene: Scene): Promise<void> {
  await scene.killServer();
  if (scene.world.supervisor === 'systemd') await scene.world.systemctl('stop', 'mosaic-tmux-holder.service');
  const before = '00000000-1111-2222-3333-444444444444';
  scene.changeState(({ agents }) => {
    for (const { run } of Object.values(agents)) if (run !== undefined) run.boot_id = before;
  });
  for (const { name } of roster) {
    const path = scene.state('locks', `${name}.json`);
    const lock = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...lock, boot_id: before }));
  }
}

forScenes('another boot: started again, and no crash', async (scene) => {
  scene.fleet(roster);
  await scene.apply();
  await reboot(scene);
  const { stderr } = await scene.apply();
  assert.match(stderr, /^ended one by a reboot/m);
  await allAlive(scene);
  assert.deepEqual(chargedTo(scene), [0, 0, 0, 0]);
  for (const { name } of roster) assert.deepEqual(scene.crashes(name), []);
  const { stdout } = await scene.mosaic(['events', '--json', '--agent', 'one']);
  assert.doesNotMatch(stdout, /"event":"crash"/);
});
