/** The table "what is done when": what cannot be observed decides nothing. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { forScenes, inScene, type Scene } from './support/scene.ts';
import { standIn, type StandIn } from './support/stand-in.ts';

/** A fleet of which one has crashed and one is to stop: there would be something of everything to do. */
async function busyFleet(scene: Scene): Promise<void> {
  scene.fleet([{ name: 'crashed' }, { name: 'leaving' }, { name: 'staying' }]);
  await scene.apply();
  await scene.kill('crashed');
  scene.fleet([{ name: 'crashed' }, { name: 'new' }, { name: 'staying' }]);
}

/** Plans and applies; both do nothing, say why, and exit 69. */
async function nothingDone(scene: Scene, why: RegExp, stand?: StandIn): Promise<void> {
  const before = [await scene.sessions(), readFileSync(scene.state('state.json'), 'utf8')];
  for (const command of ['plan', 'apply']) {
    const { code, stdout, stderr } = await scene.world.mosaic([command], stand);
    assert.equal(code, 69, `${stdout}\n${stderr}`);
    assert.match(stdout, why);
    assert.doesNotMatch(stdout + stderr, / at .*\.js:\d+/);
  }
  assert.deepEqual([await scene.sessions(), readFileSync(scene.state('state.json'), 'utf8')], before);
}

forScenes('tmux fails: nothing is done', async (scene) => {
  await busyFleet(scene);
  const broken = await standIn(scene.world, 'tmux', 'echo "protocol version mismatch" >&2; exit 1');
  await nothingDone(scene, /tmux failed: protocol version mismatch/, broken);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['crashed', 'new', 'staying']);
});

forScenes('tmux answers garbage: nothing is done', async (scene) => {
  await busyFleet(scene);
  const broken = await standIn(scene.world, 'tmux', 'echo "moo"');
  await nothingDone(scene, /tmux answered what is no list of panes: moo/, broken);
});

inScene('tmux hangs: nothing is done, and not for ever', 'none', async (scene) => {
  await busyFleet(scene);
  const before = await scene.sessions();
  const hanging = await standIn(scene.world, 'tmux', 'exec sleep 60');
  const { code, stdout } = await scene.world.mosaic(['apply'], { ...hanging, timeoutMs: 40_000 });
  assert.equal(code, 69);
  assert.match(stdout, /tmux did not answer: .* no answer within 15 s/);
  assert.deepEqual(await scene.sessions(), before);
});

inScene('systemctl fails: nothing is done', 'systemd', async (scene) => {
  await busyFleet(scene);
  const broken = await standIn(scene.world, 'systemctl', 'echo "Connection timed out" >&2; exit 1');
  await nothingDone(scene, /systemctl failed: Connection timed out/, broken);
});

inScene(
  'the user manager is gone: a fleet of units is not taken for one without',
  'systemd',
  async (scene) => {
    scene.fleet([{ name: 'coder' }, { name: 'leaving' }], { supervisor: 'auto' });
    await scene.apply();
    scene.fleet([{ name: 'coder' }, { name: 'new' }], { supervisor: 'auto' });
    const gone = await standIn(
      scene.world,
      'systemctl',
      'echo "Failed to connect to bus: No medium found" >&2; exit 1',
    );
    await nothingDone(scene, /installed as systemd units, but no user manager runs/, gone);
  },
);

forScenes('state.json is corrupt: nothing is done, and the fix is named', async (scene) => {
  await busyFleet(scene);
  writeFileSync(scene.state('state.json'), '{"format_version": 1, "agents": {');
  await nothingDone(scene, /state\.json cannot be used: it is not JSON/);
  const { stdout } = await scene.mosaic(['plan'], 69);
  assert.match(stdout, /Move it away: only restart counts and what is suspended are lost/);
});

forScenes('a repository that git cannot read: only its agent waits', async (scene) => {
  const { world } = scene;
  const repository = await world.makeRepository('app');
  scene.fleet([{ name: 'coder', worktree: { repository, base: 'main' } }, { name: 'tester' }]);
  const broken = await standIn(world, 'git', 'echo "fatal: bad object" >&2; exit 128');
  const { code, stdout } = await world.mosaic(['apply'], broken);
  assert.equal(code, 69);
  assert.match(stdout, /\? unknown +coder .*its repository could not be looked at: /);
  assert.deepEqual(Object.keys(await scene.sessions()), ['tester']);
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'tester']);
});
