/** An apply that is interrupted finishes what it has in hand, says what is left, and the next one goes on from there. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { gateAt, type Gate } from './support/gate.ts';
import { forScenes, inScene, type Scene } from './support/scene.ts';
import { openTerminal } from './support/terminal.ts';

/** Two agents to start, of which one needs a worktree first: the making of that is in hand when the interruption comes. */
async function gateAtWorktree(scene: Scene): Promise<Gate> {
  const repository = await scene.world.makeRepository('app');
  scene.fleet([{ name: 'coder', worktree: { repository, base: 'main' } }, { name: 'tester' }]);
  return gateAt(scene, 'git', 'worktree add');
}

const toldOfStarts = /^Interrupted: .*\n2 left, for the next apply:\n +start coder\n +start tester\n/m;

async function nextApplyCompletes(scene: Scene): Promise<void> {
  assert.deepEqual(await scene.sessions(), {});
  assert.ok(existsSync(scene.state('worktrees', 'coder', 'README.md')), 'what was in hand is finished');
  const { stderr } = await scene.apply();
  assert.doesNotMatch(stderr, /worktree/);
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'tester']);
  await scene.inSync();
}

forScenes(
  'Ctrl-C at a terminal: finishes the action in hand, tells what is left, exits 130',
  async (scene) => {
    const gate = await gateAtWorktree(scene);
    const terminal = await openTerminal(scene.world, gate.env);
    await terminal.type('mosaic apply');
    await gate.reached();
    await terminal.press('C-c');
    gate.open();
    assert.equal(await terminal.exitCode(), 130);
    assert.match(await terminal.screen(), toldOfStarts);
    await nextApplyCompletes(scene);
  },
);

forScenes('SIGTERM: the same', async (scene) => {
  const gate = await gateAtWorktree(scene);
  const running = await scene.world.start(['apply'], gate);
  await gate.reached();
  running.signal('SIGTERM');
  gate.open();
  const { code, stdout } = await running.ended;
  assert.equal(code, 130);
  assert.match(stdout, toldOfStarts);
  await nextApplyCompletes(scene);
});

forScenes('--json tells what is left too', async (scene) => {
  const gate = await gateAtWorktree(scene);
  const running = await scene.world.start(['apply', '--json'], gate);
  await gate.reached();
  running.signal('SIGINT');
  gate.open();
  const { code, stdout } = await running.ended;
  assert.equal(code, 130);
  const { result, left } = JSON.parse(stdout) as { result: string; left: { id: string }[] };
  assert.deepEqual(
    [result, left.map(({ id }) => id)],
    ['interrupted', ['start-session:coder', 'start-session:tester']],
  );
});

forScenes('a second SIGINT does not wait, and the next apply completes all the same', async (scene) => {
  const gate = await gateAtWorktree(scene);
  const running = await scene.world.start(['apply'], gate);
  await gate.reached();
  let ended = false;
  const result = running.ended.finally(() => {
    ended = true;
  });
  // Two signals of one kind that come at once are one: so it is sent until it is heard.
  await scene.world.until('the second signal is heard', () => {
    if (!ended) running.signal('SIGINT');
    return ended;
  });
  assert.equal((await result).code, 130);
  assert.deepEqual(await scene.sessions(), {});
  // git was left alone with it, and the next apply may well come before it is done.
  gate.open();
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'tester']);
  await scene.inSync();
});

inScene('an interruption between starts leaves the rest for later', 'systemd', async (scene) => {
  const roster = ['one', 'two', 'three', 'four'].map((name) => ({ name }));
  scene.fleet(roster, { reconcile: { start_concurrency: 1 } });
  const gate = await gateAt(scene, 'systemctl', 'start mosaic-agent@two.service');
  const running = await scene.world.start(['apply'], gate);
  await gate.reached();
  running.signal('SIGINT');
  gate.open();
  const { code, stdout } = await running.ended;
  assert.equal(code, 130);
  assert.match(
    stdout,
    /^Interrupted: 2 started in .*\n2 left, for the next apply:\n +start three\n +start four\n/,
  );
  const before = await scene.sessions();
  assert.deepEqual(Object.keys(before).sort(), ['one', 'two']);
  await scene.apply();
  const after = await scene.sessions();
  assert.deepEqual(Object.keys(after).sort(), ['four', 'one', 'three', 'two']);
  assert.deepEqual([after['one'], after['two']], [before['one'], before['two']]);
});

forScenes('SIGHUP, however often: a closed window sends several', async (scene) => {
  const gate = await gateAtWorktree(scene);
  const running = await scene.world.start(['apply'], gate);
  await gate.reached();
  for (let round = 0; round < 5; round++) {
    running.signal('SIGHUP');
    await scene.world.run('sleep', ['0.05']);
  }
  gate.open();
  const { code, stdout } = await running.ended;
  assert.equal(code, 130);
  assert.match(stdout, toldOfStarts);
  await nextApplyCompletes(scene);
});

forScenes(
  'an interruption between the stop and the start of a restart: it starts all the same',
  async (scene) => {
    const { world } = scene;
    scene.fleet([{ name: 'changed' }, { name: 'crashed' }]);
    await scene.apply();
    const before = await scene.sessions();
    await world.tmux('kill-session', '-t', '=crashed');
    // It is interrupted while it stops both; what is new is not begun.
    scene.fleet([{ name: 'changed', kickstart: 'hello' }, { name: 'crashed' }, { name: 'fresh' }]);
    const gate = await gateAt(scene, 'tmux', 'source-file -');
    const running = await world.start(['apply', '--restart', 'changed'], gate);
    await gate.reached();
    running.signal('SIGINT');
    await world.run('sleep', ['0.2']);
    gate.open();
    const { code, stdout } = await running.ended;
    assert.equal(code, 130);
    assert.match(
      stdout,
      /^Interrupted: .*\n2 left, for the next apply:\n +start fresh\n +kickstart changed\n/m,
    );
    const after = await scene.sessions();
    assert.deepEqual(Object.keys(after).sort(), ['changed', 'crashed']);
    for (const [name, { pid, dead }] of Object.entries(after)) {
      assert.notEqual(pid, before[name]?.pid);
      assert.equal(dead, false);
    }
    await scene.apply();
    assert.deepEqual((await scene.sessions())['changed'], after['changed']);
    await scene.inSync();
  },
);
