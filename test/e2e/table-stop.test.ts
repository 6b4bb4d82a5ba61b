/** The table "what is done when": agents that are not wanted any more, and what is left of them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { forScenes, type Scene } from './support/scene.ts';

const rendered = (scene: Scene, agent: string): string =>
  `${scene.world.env['XDG_CONFIG_HOME']}/mosaic/fleet/test/agents/${agent}.tmux`;

async function unitState(scene: Scene, agent: string): Promise<string> {
  const units = [`mosaic-agent@${agent}.service`, `mosaic-agent.${agent}.scope`];
  return (await scene.world.systemctl('is-active', ...units)).stdout;
}

/** Exactly `coder` is stopped; the other runs on as the same process. */
async function onlyCoderStopped(scene: Scene, change: () => void): Promise<void> {
  const before = await scene.sessions();
  change();
  const { stderr } = await scene.apply();
  assert.match(stderr, /^stopped coder$/m);
  assert.deepEqual(await scene.sessions(), { coder2: before['coder2'] });
  assert.equal(scene.lock('coder'), undefined);
  if (scene.world.supervisor === 'systemd') {
    assert.equal(await unitState(scene, 'coder'), 'inactive\ninactive\n');
    assert.equal(await unitState(scene, 'coder2'), 'active\nactive\n');
  }
  await scene.inSync();
}

async function withWorktree(scene: Scene): Promise<{ name: string; worktree: object }> {
  const repository = await scene.world.makeRepository('app');
  return { name: 'coder', worktree: { repository, base: 'main' } };
}

forScenes('state: stopped stops exactly that one; its worktree stays', async (scene) => {
  const coder = await withWorktree(scene);
  scene.fleet([coder, { name: 'coder2' }]);
  await scene.apply();
  await onlyCoderStopped(scene, () => scene.fleet([{ ...coder, state: 'stopped' }, { name: 'coder2' }]));
  assert.ok(existsSync(scene.state('worktrees', 'coder')));
  assert.equal((await scene.status('coder')).state, 'stopped');
});

forScenes('suspended stops exactly that one, until it is not any more', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'coder2' }]);
  await scene.apply();
  const suspend = (at: number | undefined): void =>
    scene.changeState(({ agents }) => {
      const record = agents['coder'];
      assert.ok(record);
      if (at === undefined) delete record.suspended_at;
      else record.suspended_at = at;
    });
  await onlyCoderStopped(scene, () => suspend(Date.now()));
  assert.equal((await scene.status('coder')).state, 'suspended');
  suspend(undefined);
  await scene.apply();
  assert.equal((await scene.session('coder')).dead, false);
});

forScenes(
  'gone from the file: stopped and its files removed; a clean, pushed worktree too',
  async (scene) => {
    const coder = await withWorktree(scene);
    scene.fleet([coder, { name: 'coder2' }]);
    await scene.apply();
    assert.ok(existsSync(rendered(scene, 'coder')));
    await onlyCoderStopped(scene, () => scene.fleet([{ name: 'coder2' }]));
    assert.equal(existsSync(rendered(scene, 'coder')), false);
    assert.deepEqual(readdirSync(scene.state('worktrees')), []);
    assert.deepEqual(Object.keys(scene.readState().agents), ['coder2']);
  },
);

forScenes('gone from the file: a worktree with work in it stays, and is named', async (scene) => {
  const coder = await withWorktree(scene);
  scene.fleet([coder, { name: 'coder2' }]);
  await scene.apply();
  const folder = scene.state('worktrees', 'coder');
  writeFileSync(`${folder}/half-done.txt`, 'unsaved work\n');
  scene.fleet([{ name: 'coder2' }]);
  const { stdout } = await scene.apply();
  assert.match(stdout, new RegExp(`# hold +coder +its worktree ${folder} is kept: 1 untracked`));
  assert.ok(existsSync(`${folder}/half-done.txt`));
  assert.deepEqual(Object.keys(await scene.sessions()), ['coder2']);
});

forScenes('gone from the file: a worktree with an unpushed commit stays', async (scene) => {
  const coder = await withWorktree(scene);
  scene.fleet([coder, { name: 'coder2' }]);
  await scene.apply();
  const folder = scene.state('worktrees', 'coder');
  await scene.world.git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'Only here');
  scene.fleet([{ name: 'coder2' }]);
  const { stdout } = await scene.apply();
  assert.match(stdout, /# hold +coder +its worktree \S+ is kept: 1 unpushed/);
  assert.ok(existsSync(folder));
});

forScenes('a program that is already dead is cleared away like a live one', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'coder2' }]);
  await scene.apply();
  await scene.kill('coder');
  await onlyCoderStopped(scene, () => scene.fleet([{ name: 'coder2' }]));
  assert.deepEqual(scene.crashes('coder'), []);
});

forScenes('files of an agent that is gone: ours are removed, others stay', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'coder2' }]);
  await scene.apply();
  const ours = rendered(scene, 'of-old');
  const theirs = rendered(scene, 'theirs');
  writeFileSync(ours, '# mosaic fleet=test\nnew-session -d\n');
  writeFileSync(theirs, 'new-session -d\n');
  await scene.apply();
  assert.deepEqual([existsSync(ours), existsSync(theirs)], [false, true]);
  await scene.inSync();
});
