/** What the commands say while a run lasts, and after it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  event as isEvent,
  formulaHistory as isHistory,
  formulaList as isList,
} from '../../src/generated/validators.js';
import { forFormulas } from '../formula-e2e/support/scene.ts';
import { phase } from '../support/stand-in/formula.ts';

interface Shown {
  formulas: { running?: { attach: string } }[];
  current?: { phases: { phase: string; detail?: string }[] };
  findings: { check: string; health: string }[];
  to: string;
}

forFormulas('a run is shown by list, history, status and doctor, and answered', async (scene) => {
  const { world } = scene;
  const json = async (...args: string[]): Promise<Shown> =>
    JSON.parse((await world.mosaic([...args, '--json'], { timeoutMs: 60_000 })).stdout) as Shown;
  const { begin } = scene.formula('gardener', {
    lives: [
      [
        { file: join(world.cwd, 'ask') },
        phase('PHASE:escalate\nMay I?'),
        { heard: 'You may.' },
        phase('PHASE:done'),
      ],
    ],
  });
  const running = await begin(({ deeds }) => deeds('start').length > 0);

  const list = await json('formula', 'list');
  assert.ok(isList(list), JSON.stringify(isList.errors));
  const attach = list.formulas.at(0)?.running?.attach ?? '';
  assert.equal(attach, `tmux -L ${world.socket} attach-session -t =_formula-gardener`);
  const looked = await world.run('sh', ['-c', attach.replace('attach-session', 'has-session')]);
  assert.equal(looked.code, 0, looked.stderr);
  const status = await world.mosaic(['status']);
  assert.match(status.stdout, /^Formula running: gardener since \d+s/m);
  assert.match(status.stdout, /^No agents\.$/m);
  const { findings } = await json('doctor');
  assert.equal(findings.find(({ check }) => check === 'foreign-sessions')?.health, 'ok');

  writeFileSync(join(world.cwd, 'ask'), '');
  await world.until(
    'it has escalated',
    async () => {
      const history = await json('formula', 'history', 'gardener');
      assert.ok(isHistory(history), JSON.stringify(isHistory.errors));
      return history.current?.phases.some((one) => one.phase === 'escalate' && one.detail === 'May I?');
    },
    60_000,
  );
  assert.equal((await json('formula', 'reply', 'gardener', 'You may.')).to, 'running');
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^gardener: done after /);
  // What no terminal shows has nothing in it that one would act on.
  assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  assert.match(stderr, /^gardener \+\d+[sm]: phase escalate: May I\?$/m);

  const history = await world.mosaic(['formula', 'history', 'gardener']);
  assert.match(history.stdout, /\bdone +escalate \+\d+[sm] \(May I\?\)/);
  const events = await world.mosaic(['events', '--agent', '_formula-gardener', '--json']);
  const entries = events.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  for (const entry of entries) assert.ok(isEvent(entry), JSON.stringify(isEvent.errors));
  assert.equal(entries.at(0)?.event, 'formula-start');
  assert.equal(entries.at(-1)?.event, 'formula-end');
  assert.ok(!(await world.sessions()).includes('_formula-gardener'));
});
