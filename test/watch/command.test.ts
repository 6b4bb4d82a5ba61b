/** mosaic apply --watch against everything that may happen to it. The interval is longer than a test: what happens comes of something else. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { forScenes, inScene, type Scene } from '../e2e/support/scene.ts';
import type { Running } from '../support/command.ts';
import { standIn } from '../e2e/support/stand-in.ts';
import { untilRunning } from '../triggers/scene.ts';

const watching = (scene: Scene, ...args: string[]): Promise<Running> =>
  scene.world.start(['apply', '--watch', '--interval', '1h', ...args]);

async function end(running: Running): Promise<{ stdout: string; stderr: string }> {
  running.signal('SIGTERM');
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 130, stderr);
  return { stdout, stderr };
}

/** How often something stands in what was printed. */
const count = (text: string, pattern: RegExp): number => text.match(new RegExp(pattern, 'gm'))?.length ?? 0;

forScenes(
  'it acts at once: on an edit, on a file in its place, on a crash, on a folder that comes back',
  async (scene) => {
    const { world } = scene;
    // In a folder of its own, which can be moved.
    const folder = world.path('config');
    mkdirSync(folder);
    const write = (...names: string[]): string => {
      scene.fleet(names.map((name) => ({ name })));
      return readFileSync(world.fleetFile, 'utf8');
    };
    const file = `${folder}/fleet.yaml`;
    writeFileSync(file, write('one'));
    const running = await watching(scene, '--file', file);
    await untilRunning(scene, 'one');
    writeFileSync(file, write('one', 'two'));
    await untilRunning(scene, 'two');
    writeFileSync(`${file}.new`, write('one', 'two', 'three'));
    renameSync(`${file}.new`, file);
    const three = await untilRunning(scene, 'three');
    await world.run('kill', ['-KILL', String(three)]);
    await untilRunning(scene, 'three', three);
    assert.equal(scene.crashes('three').length, 1);

    renameSync(folder, `${folder}.away`);
    await world.until('it says so', () => /is not there; tries again/.test(running.output().stderr));
    const one = (await scene.session('one')).pid;
    writeFileSync(`${folder}.away/fleet.yaml`, write('one', 'two', 'three', 'four'));
    renameSync(`${folder}.away`, folder);
    await untilRunning(scene, 'four');
    assert.equal((await scene.session('one')).pid, one);
    const { stderr } = await end(running);
    assert.equal(count(stderr, /tries again/), 1, stderr);
    assert.match(stderr, /The trouble is over\./);
  },
);

inScene('a trouble that lasts is said once, and each other one anew', 'none', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'one' }]);
  const running = await world.start(['apply', '--watch', '--interval', '1s']);
  await untilRunning(scene, 'one');
  const said = (what: RegExp) => world.until(`it says ${what}`, () => what.test(running.output().stderr));
  writeFileSync(world.fleetFile, 'agents: [');
  await said(/is not valid .*; tries again/);
  // Some rounds, each of which finds it so.
  await setTimeout(2500);
  rmSync(world.fleetFile);
  await said(/there is no fleet file.*; tries again/);
  mkdirSync(world.fleetFile);
  await said(/fleet\.yaml.*folder.*; tries again/i);
  rmSync(world.fleetFile, { recursive: true });
  scene.fleet([{ name: 'one' }, { name: 'two' }]);
  await untilRunning(scene, 'two');
  await said(/The trouble is over\./);
  const { stderr } = await end(running);
  assert.equal(count(stderr, /is not valid/), 1, stderr);
  assert.equal(count(stderr, /there is no fleet file/) <= 2, true, stderr);
});

inScene('it lives on where its tmux server and its state are taken away', 'none', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'one' }]);
  const running = await world.start(['apply', '--watch', '--interval', '1s']);
  const pid = await untilRunning(scene, 'one');
  await scene.killServer();
  await untilRunning(scene, 'one', pid);
  const rounds = () => count(running.output().stdout, /^Done: /m);
  await world.until('that is written down', () => rounds() === 2);
  writeFileSync(scene.state('state.json'), 'no json');
  await world.until('it says so', () => /state\.json cannot be used/.test(running.output().stdout));
  rmSync(scene.state('state.json'));
  scene.fleet([{ name: 'one' }, { name: 'two' }]);
  await untilRunning(scene, 'two');
  await end(running);
});

inScene('another apply is waited for, never overlapped', 'none', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'one' }]);
  const running = await watching(scene);
  await untilRunning(scene, 'one');
  await world.until('the first round is over', () => running.output().stdout.includes('Done'));
  const other = await world.spawn('flock', [scene.state('apply.lock'), 'sh', '-c', 'echo held; read _']);
  await world.until('another holds the lock', () => other.output().stdout.includes('held'));
  scene.fleet([{ name: 'one' }, { name: 'two' }]);
  await world.until('it waits', () => /Waits for another apply/.test(running.output().stderr));
  // What is edited meanwhile is what counts in the end.
  scene.fleet([{ name: 'one' }, { name: 'three' }]);
  assert.deepEqual(Object.keys(await scene.sessions()), ['one']);
  other.write('\n');
  await other.ended;
  await untilRunning(scene, 'three');
  assert.equal((await scene.sessions())['two'], undefined);
  const { stderr } = await end(running);
  assert.doesNotMatch(stderr, /tries again/);
});

inScene('a signal ends it while it waits for another apply', 'none', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'one' }]);
  await scene.apply();
  const other = await world.spawn('flock', [scene.state('apply.lock'), 'sh', '-c', 'echo held; read _']);
  await world.until('another holds the lock', () => other.output().stdout.includes('held'));
  const running = await watching(scene);
  await world.until('it waits', () => /Waits for another apply/.test(running.output().stderr));
  await end(running);
  other.write('\n');
  await other.ended;
});

inScene('a backoff that ends before the interval is not waited for longer', 'none', async (scene) => {
  const restart = { backoff: { initial: '1s', max: '1s' }, max_restarts: 9 };
  scene.fleet([{ name: 'one', restart }]);
  const running = await watching(scene);
  let pid = await untilRunning(scene, 'one');
  for (let crash = 0; crash < 3; crash += 1) {
    await scene.world.run('kill', ['-KILL', String(pid)]);
    pid = await untilRunning(scene, 'one', pid);
  }
  await end(running);
});

inScene('a backoff that ends while the round is at work is not forgotten', 'none', async (scene) => {
  const { world } = scene;
  const restart = { backoff: { initial: '2s', max: '2s' }, max_restarts: 9 };
  scene.fleet([{ name: 'one', restart }]);
  // A start of another takes longer than the backoff.
  const slow = await standIn(world, 'tmux', 'case "$*" in *two.tmux*) sleep 4 ;; esac\nexec "$REAL" "$@"');
  const running = await world.start(['apply', '--watch', '--interval', '1h'], { env: slow.env });
  const first = await untilRunning(scene, 'one');
  await world.run('kill', ['-KILL', String(first)]);
  const second = await untilRunning(scene, 'one', first);
  scene.fleet([{ name: 'one', restart }, { name: 'two' }]);
  await world.run('kill', ['-KILL', String(second)]);
  await untilRunning(scene, 'two');
  await untilRunning(scene, 'one', second);
  await end(running);
});

inScene('without its file it waits, and ends with the signal', 'none', async (scene) => {
  const { world } = scene;
  scene.fleet([{ name: 'one' }]);
  const running = await watching(scene);
  await untilRunning(scene, 'one');
  await world.until('the first round is over', () => running.output().stdout.includes('Done'));
  rmSync(world.fleetFile);
  await world.until('it says so', () => /there is no fleet file/.test(running.output().stderr));
  // In a loop without a pause it would not even hear of it.
  await end(running);
});
