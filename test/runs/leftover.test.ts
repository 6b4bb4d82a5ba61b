/** What is left of runs: answers, records, files with secrets, folders. Each is found, and none keeps the next run from beginning. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFormulas, type FormulaUnderTest } from '../formula-e2e/support/scene.ts';
import { realHost } from '../../src/host/real.ts';
import { formulaPlaces, runPlaces, type RunRecord } from '../../src/model/formula.ts';
import { formatRun } from '../../src/record/formula.ts';
import { prune } from '../../src/runs/conclude.ts';
import { appendHistory, clearHistory, readHistory } from '../../src/runs/record.ts';
import { putReply, untoldReplies, waitingReplies } from '../../src/runs/replies.ts';
import { phase } from '../support/stand-in/formula.ts';

const { files } = realHost();
const waiting = ({ places }: FormulaUnderTest): string[] => waitingReplies(files, places);
const wasTold = ({ agent }: FormulaUnderTest, text: string): boolean =>
  agent.start().promptFile?.includes(text) === true;

inFormulas(
  'what an agent did while its mosaic was dead counts, and its answers are its own',
  'none',
  async (scene) => {
    const { world } = scene;
    const go = world.path('go');
    const formula = scene.formula('orphan', {
      lives: [[{ file: go }, phase('PHASE:failed\nno roses')], [phase('PHASE:done')]],
    });
    putReply(realHost(), formula.places, 'Paint them.');
    const running = await formula.begin();
    await world.until('it has begun', () => formula.current()?.begun, 30_000);
    running.signal('SIGKILL');
    await running.ended;
    const run = formula.current();
    assert.ok(run?.handed);
    // As if it had been killed just after the start of its program.
    const own = runPlaces(formula.places, run.id);
    const [name = ''] = files.list(own.replies);
    files.rename(join(own.replies, name), join(own.replies, `${name}.untold`));
    writeFileSync(formula.places.current, formatRun({ ...run, begun: false }));
    // And while it wrote a file with secrets.
    writeFileSync(join(own.folder, '.mosaic-999999999.0.tmp'), 'TOKEN=secret');
    writeFileSync(go, '');
    await world.until('it has said so', () => existsSync(own.phase), 30_000);

    await formula.run(0);
    const [first, second] = formula.history();
    assert.deepEqual([first?.reason, first?.detail, first?.begun], ['failed', 'no roses', true]);
    assert.deepEqual(formula.phases(first), ['failed: no roses']);
    assert.equal(first?.worktree?.end, 'removed');
    assert.equal(second?.reason, 'done');
    assert.equal(wasTold(formula, 'Paint them.'), false, 'the one before has had it');
    assert.deepEqual([waiting(formula), untoldReplies(files, own)], [[], []]);
    assert.equal(existsSync(join(own.folder, '.mosaic-999999999.0.tmp')), false);
  },
);

inFormulas(
  'records that cannot be read cost no answer, and keep no run from beginning',
  'none',
  async (scene) => {
    const formula = scene.formula('damaged', { lives: [[phase('PHASE:done')]] });
    const { places } = formula;
    const lost = runPlaces(places, '20260101-100000');
    mkdirSync(lost.replies, { recursive: true });
    writeFileSync(join(lost.replies, '000001700000000-1-000.md.untold'), 'Leave the roses.');
    writeFileSync(places.current, '{"torn');
    mkdirSync(places.history);
    const { stderr } = await formula.run(0);
    assert.match(stderr, /current\.json\.damaged/);
    assert.match(stderr, /history\.jsonl\.damaged/);
    const [first, second] = formula.history();
    assert.deepEqual(
      [first?.id, first?.reason, first?.worktree],
      ['20260101-100000', 'interrupted', undefined],
    );
    assert.equal(first?.startedAt, Date.UTC(2026, 0, 1, 10));
    assert.equal(second?.reason, 'done');
    assert.ok(wasTold(formula, 'Leave the roses.'));
    await formula.leavesNothing();
  },
);

inFormulas(
  'an agent that acts on an answer in the moment that it has it: that is told once',
  'none',
  async (scene) => {
    const formula = scene.formula('quick', {
      lives: [
        [
          phase('PHASE:escalate\nwhich?'),
          { heard: 'the red ones' },
          { sh: `printf 'PHASE:done\\n' >"$MOSAIC_PHASE_FILE"` },
        ],
      ],
    });
    const running = await formula.begin();
    await scene.world.until('it asks', () => formula.current()?.phases.length === 1, 30_000);
    await scene.mosaic(['formula', 'reply', 'quick', 'the red ones']);
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(waiting(formula), [], stderr);
  },
);

inFormulas('a program that ends badly at once has crashed like any other', 'none', async (scene) => {
  const dies = (lives: number): string[] => [
    'sh',
    '-c',
    `echo >>lives; [ $(wc -l <lives) -gt ${lives} ] && printf 'PHASE:done\\n' >"$MOSAIC_PHASE_FILE"; echo "no paint"; exit 6`,
  ];
  const third = scene.formula('third', { lives: [], keys: { command: dies(2), crash_retries: 2 } });
  const never = scene.formula('never', { lives: [], keys: { command: dies(9), crash_retries: 1 } });
  const [said] = await Promise.all([never.run(3), third.run(0)]);
  assert.deepEqual([third.last().reason, third.last().retries], ['done', 2]);
  const { reason, retries, worktree } = never.last();
  assert.deepEqual([reason, retries, worktree?.end], ['crashed', 1, 'kept']);
  assert.match(said.stderr, /no paint/);
  assert.equal(readFileSync(join(worktree?.path ?? '', 'lives'), 'utf8'), '\n\n');
  await never.leavesNothing();
});

const record = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
  id,
  formula: 'garden',
  file: '/garden.toml',
  pid: 1,
  bootId: 'boot',
  startedAt: 1,
  begun: true,
  retries: 0,
  phases: [],
  folder: '/f',
  ...more,
});

test('folders of runs: the newest stay, whatever the clock said; a history that cannot be read is moved aside', (t) => {
  const at = mkdtempSync(join(tmpdir(), 'mosaic-leftover-'));
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const own = formulaPlaces({ formulas: at }, 'garden');
  const ids = Array.from({ length: 23 }, (_, index) => `20300101-1000${String(index).padStart(2, '0')}`);
  for (const id of ids) mkdirSync(runPlaces(own, id).replies, { recursive: true });
  for (const id of ids) appendHistory(files, own, record(id));
  const late = ['20261121-100000', '20261121-100001'];
  for (const [index, id] of late.entries()) {
    mkdirSync(runPlaces(own, id).folder);
    if (index === 0) appendHistory(files, own, record(id));
  }
  prune(files, own, '20261121-100001');
  assert.deepEqual(files.list(own.runs).toSorted(), [...late, ...ids.slice(-18)]);

  assert.equal(clearHistory(files, own), undefined);
  for (const aside of ['history.jsonl.damaged', 'history.jsonl.damaged-2']) {
    rmSync(own.history);
    mkdirSync(own.history);
    assert.ok(clearHistory(files, own)?.endsWith(`it is ${join(own.folder, aside)} now`));
    appendHistory(files, own, record('20270101-000000'));
    assert.equal(readHistory(files, own).runs.length, 1);
  }
});
