/** What does not start is said, with its last words, and keeps nobody else from starting. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { forScenes, type AgentEntry, type Scene } from './support/scene.ts';

const others = [{ name: 'before' }, { name: 'zealous' }];

/** Applies a fleet with one agent that cannot start; the others do, and it is not told to have started. */
async function failsAlone(scene: Scene, agent: AgentEntry): Promise<{ stdout: string; stderr: string }> {
  scene.fleet([others[0] as AgentEntry, agent, others[1] as AgentEntry]);
  const { stdout, stderr } = await scene.apply([], 1);
  const alive = Object.entries(await scene.sessions()).filter(([, { dead }]) => !dead);
  assert.deepEqual(alive.map(([name]) => name).sort(), ['before', 'zealous']);
  assert.match(stderr, /^started before$/m);
  assert.match(stderr, /^started zealous$/m);
  assert.doesNotMatch(stderr, new RegExp(`^started ${agent.name}$`, 'm'));
  assert.equal(scene.lock(agent.name), undefined);
  return { stdout, stderr };
}

forScenes('a command that is missing', async (scene) => {
  const { stdout } = await failsAlone(scene, { name: 'coder', command: ['no-such-program', '--now'] });
  assert.match(stdout, /2 started, 1 failed/);
  assert.match(stdout, / start coder: its program ended.* at once\n/);
});

forScenes('a single-word command that is missing', async (scene) => {
  const { stdout } = await failsAlone(scene, { name: 'coder', command: ['no-such-program'] });
  assert.match(stdout, / start coder: its program ended with exit \d+ at once\n/);
});

forScenes('a program that ends at once, with its last words', async (scene) => {
  const script = 'echo reading settings; echo "error: no account" >&2; sleep 0.05; exit 4';
  const { stdout } = await failsAlone(scene, { name: 'coder', command: ['sh', '-c', script] });
  assert.match(
    stdout,
    / start coder: its program ended with exit 4 at once\n +\| reading settings\n +\| error: no account\n/,
  );
});

forScenes('a program that is killed at once', async (scene) => {
  const { stdout } = await failsAlone(scene, { name: 'coder', command: ['sh', '-c', 'kill -SEGV $$'] });
  assert.match(stdout, / start coder: its program was ended by signal 11 at once\n/);
});

forScenes('a working directory that is missing', async (scene) => {
  const folder = scene.world.path('not-there');
  const { stdout } = await failsAlone(scene, { name: 'coder', working_directory: folder });
  assert.match(stdout, /! conflict +coder .*its working directory \S+\/not-there is not there/);
  assert.match(stdout, /fix: Make the folder, or mend working_directory\./);
  assert.equal(existsSync(folder), false);
  await scene.world.run('mkdir', [folder]);
  await scene.apply();
  await scene.inSync();
});

forScenes('a worktree that cannot be made', async (scene) => {
  const repository = await scene.world.makeRepository('app');
  const worktree = { repository, base: 'no-such-branch' };
  const { stdout } = await failsAlone(scene, { name: 'coder', worktree });
  assert.match(stdout, /make the worktree of coder: .*no-such-branch/);
  assert.match(stdout, /skipped because of it: start coder/);
});

forScenes('a program that ends at once is then treated as any crash', async (scene) => {
  const command = ['sh', '-c', 'echo not today; exit 4'];
  const restart = { max_restarts: 1, backoff: { initial: '0s' } };
  await failsAlone(scene, { name: 'coder', command, restart });
  await scene.apply([], 1);
  await scene.apply();
  assert.equal((await scene.status('coder')).state, 'blocked');
  assert.equal(scene.crashes('coder').length, 2);
});

forScenes('a program that is meant to be short has completed', async (scene) => {
  scene.fleet([{ name: 'coder', command: ['sh', '-c', 'echo done'] }, { name: 'tester' }]);
  await scene.apply();
  assert.equal((await scene.status('coder')).state, 'completed');
  await scene.inSync();
});
