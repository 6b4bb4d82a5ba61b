/** Two applies of one fleet never overlap, and a killed one is in nobody's way. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Running } from '../support/command.ts';
import { forScenes, type Scene } from './support/scene.ts';

/** An apply that is surely at work: it waits for an agent that is not ready for its kickstart yet. */
async function applyAtWork(scene: Scene): Promise<{ running: Running; finish: () => Promise<void> }> {
  const { world } = scene;
  const mayBegin = world.path('may-begin');
  // Ready only when the test says so.
  const script = 'while [ ! -e "$0" ]; do sleep 0.05; done; echo READY; exec cat';
  scene.fleet([{ name: 'slow', runtime: 'slow', kickstart: 'begin' }, { name: 'other' }], {
    runtimes: { slow: { command: ['sh', '-c', script, mayBegin], ready: '^READY' } },
  });
  const running = await world.start(['apply']);
  await world.until('both sessions are there', async () => Object.keys(await scene.sessions()).length === 2);
  return {
    running,
    async finish() {
      writeFileSync(mayBegin, '');
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, `${stdout}\n${stderr}`);
    },
  };
}

forScenes('two at once: one works, the other says so and exits 75', async (scene) => {
  const { running, finish } = await applyAtWork(scene);
  for (const command of [['apply'], ['worktree', 'gc']]) {
    const { stdout, stderr } = await scene.mosaic(command, 75);
    assert.equal(stdout, '');
    assert.equal(
      stderr,
      `mosaic: another apply of this fleet is at work (pid ${pidInside(running)})\n` +
        '  fix: Try again when it has ended.\n',
    );
  }
  // What a person waits for lets it finish; given up, it has done nothing.
  const down = await scene.world.start(['down']);
  const waits = `Waits for another apply of this fleet (pid ${pidInside(running)}) to end.\n`;
  await scene.world.until('it waits', () => down.output().stderr.endsWith(waits));
  down.signal('SIGINT');
  assert.equal((await down.ended).code, 130);
  assert.equal(Object.keys(await scene.sessions()).length, 2);
  // Who only looks needs no lock.
  await scene.mosaic(['plan']);
  await scene.mosaic(['status']);
  await finish();
  await scene.inSync();
});

/** The pid that a process has for itself: with a user manager of its own it lives in another pid namespace (proc(5), NSpid). */
function pidInside({ pid }: Running): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? String(pid);
}

forScenes('a third works at once after kill -9 of the first', async (scene) => {
  const { running } = await applyAtWork(scene);
  running.signal('SIGKILL');
  const { signal } = await running.ended;
  assert.equal(signal, 'SIGKILL');
  const before = await scene.sessions();
  writeFileSync(scene.world.path('may-begin'), '');
  await scene.apply();
  const after = await scene.sessions();
  assert.deepEqual(after, before, 'nobody was started twice');
  await scene.inSync();
});
