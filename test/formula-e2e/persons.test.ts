/** Persons beside a run: their answers, and their hands in its session. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTerminal } from '../e2e/support/terminal.ts';
import { phase } from '../support/stand-in/formula.ts';
import { hasEnded } from './support/ends.ts';
import { forFormulas } from './support/scene.ts';

forFormulas('an answer that waits is in one prompt, also when two runs begin at once', async (scene) => {
  const { world } = scene;
  const go = world.path('go');
  const formula = scene.formula('asked', {
    lives: [[phase('PHASE:done')], [{ file: go }, phase('PHASE:done')], [phase('PHASE:done')]],
  });
  await formula.run(0);
  const kept = await world.mosaic(['formula', 'reply', '--', 'asked', 'Take the blue one; $(id) #{pane_id}']);
  assert.equal(kept.code, 0, kept.stderr);

  const both = await Promise.all([formula.start(), formula.start()]);
  const skipped = await Promise.race(both.map(async ({ ended }) => ended));
  assert.equal(skipped.code, 0, skipped.stderr);
  await world.until('one has begun', () => formula.agent.deeds('ready').length > 1, 60_000);
  await world.run('touch', [go]);
  for (const { ended } of both) assert.equal((await ended).code, 0);
  assert.equal(formula.history().length, 2);
  await formula.run(0);

  const prompts = formula.agent.deeds('start').map(({ promptFile = '' }) => promptFile);
  assert.deepEqual(
    prompts.map((prompt) => prompt.split('Take the blue one; $(id) #{pane_id}').length - 1),
    [0, 1, 0],
  );
  await formula.leavesNothing();
});

forFormulas('a person who is attached and types is not taken for an idle prompt', async (scene) => {
  const { world } = scene;
  const go = world.path('go');
  const formula = scene.formula('visited', {
    lives: [[{ file: go }, { heard: 'finish now' }, phase('PHASE:done')]],
  });
  const running = await formula.begin();
  const terminal = await openTerminal(world);
  await terminal.type(`tmux -L ${world.socket} attach -t =_formula-visited`);
  await world.until(
    'it is on their screen',
    async () => (await terminal.screen()).includes('Stand-in agent'),
    60_000,
  );
  await terminal.press('-l', 'finish ');
  await world.until('it is in the editor', async () => /> finish/.test(await terminal.screen()), 60_000);
  // At its prompt from now on, with a draft in it; ten looks later that has not ended it.
  await world.run('touch', [go]);
  await sleep(2_500);
  await terminal.press('-l', 'now');
  await terminal.press('Enter');
  const result = await running.ended;
  await hasEnded(scene, formula, { exit: 0, reason: 'done', phases: ['done'], worktree: 'removed' }, result);
  assert.deepEqual(
    formula.agent.deeds('taken').map(({ text }) => text),
    ['finish now'],
  );
});
