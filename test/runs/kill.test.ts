/** mosaic killed at calls on the host all through a run, and calls that fail: the next run ends well, and no work and no answer is lost. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { runFaulty } from '../faults/faulty.ts';
import { type Call, type Fault, noFault } from '../faults/fault.ts';
import { inFormulas, type FormulaScene, type FormulaUnderTest } from '../formula-e2e/support/scene.ts';
import { phase } from '../support/stand-in/formula.ts';

/** So many in each test: all of them take a quarter of an hour. */
const FAULTS = Number(process.env['MOSAIC_TEST_FAULTS'] ?? 5);
const WAYS = {
  'killed anywhere': ['before', 'during', 'after'],
  'with a call that fails anywhere': ['no-space', 'fail', 'garbage', 'no-permission', 'lost'],
} as const;
const ANSWER = 'water the roses';

/** One life: leaves work that is nowhere else, and says that it is done. */
const gardener = (scene: FormulaScene): FormulaUnderTest =>
  scene.formula('gardener', {
    lives: [[{ sh: 'echo "$MOSAIC_RUN" >note.txt' }, phase('PHASE:done')]],
  });

for (const supervisor of ['none', 'systemd'] as const) {
  for (const [what, hows] of Object.entries(WAYS)) {
    inFormulas(
      `a run ${what}: the next one ends what is left`,
      supervisor,
      async (scene) => {
        const { world } = scene;
        const formula = gardener(scene);
        const whole = await runFaulty(world, ['formula', 'run', formula.file], noFault);
        assert.equal(whole.code, 0, whole.stderr);
        const { calls } = await runFaulty(world, ['formula', 'run', formula.file], noFault);
        assert.ok(calls.length > 25, String(calls.length));
        const hits: unknown[] = [];
        for (let count = 0; count < FAULTS; count++) {
          const at = 1 + Math.round((count * (calls.length - 1)) / (FAULTS - 1));
          hits.push(await faultyAt(scene, formula, { at, how: hows[count % hows.length] ?? 'before' }));
        }
        assert.ok(hits.filter((hit) => hit !== undefined).length > FAULTS / 2, 'it was hardly disturbed');
      },
      900_000,
    );
  }
}

/** Gives the call that went wrong; undefined where it did not come so far. */
async function faultyAt(
  { world }: FormulaScene,
  formula: FormulaUnderTest,
  fault: Fault,
): Promise<Call | undefined> {
  const ended = formula.history().length;
  const answer = `${ANSWER} ${fault.at}`;
  const told = await world.mosaic(['formula', 'reply', formula.name, answer]);
  assert.equal(told.code, 0, told.stderr);
  const from = formula.agent.deeds('start').length;
  const killed = await runFaulty(world, ['formula', 'run', formula.file], fault);
  const hit = killed.calls.find((call) => call.hit);
  const where = `${fault.how} at call ${fault.at} (${hit?.name} ${hit?.subject})\n${killed.stderr}`;
  const isKill = ['before', 'during', 'after'].includes(fault.how);
  assert.ok(!isKill || killed.signal === 'SIGKILL' || hit === undefined, where);
  const next = await world.mosaic(['formula', 'run', formula.file], { timeoutMs: 60_000 });
  assert.equal(next.code, 0, `${where}\n${next.stdout}\n${next.stderr}`);
  await formula.leavesNothing();
  const runs = formula.history().slice(ended);
  assert.ok(runs.length === 1 || runs.length === 2, `${where}: ${runs.length} runs on record`);
  assert.equal(runs.at(-1)?.reason, 'done', where);
  const reasons = ['done', 'interrupted', ...(isKill ? [] : ['not-started', 'crashed'])];
  assert.ok(runs.length === 1 || reasons.includes(runs[0]?.reason ?? ''), `${where}: ${runs[0]?.reason}`);
  const prompts = formula.agent
    .deeds('start')
    .slice(from)
    .filter(({ promptFile }) => promptFile?.includes(answer) === true);
  assert.ok(prompts.length > 0, `${where}: the answer is lost`);
  await workIsSaved({ world }, formula, from, where);
  return hit;
}

/** What each program of these runs wrote is under a ref, or in a worktree that is told. */
async function workIsSaved(
  { world }: Pick<FormulaScene, 'world'>,
  formula: FormulaUnderTest,
  from: number,
  where: string,
): Promise<void> {
  const refs = await formula.rescued();
  const repository = world.path('repositories', 'garden');
  const saved = await Promise.all(
    refs.map((ref) => world.git(repository, 'show', `${ref}:note.txt`).catch(() => '')),
  );
  const kept = formula.history().flatMap(({ worktree }) => {
    const note = `${worktree?.path}/note.txt`;
    return worktree?.end === 'kept' && existsSync(note) ? [readFileSync(note, 'utf8').trim()] : [];
  });
  // One whose mosaic was killed may have been ended before it wrote anything.
  const ran = new Set(formula.agent.deeds('ran').map(({ pid }) => pid));
  const did = formula.agent
    .deeds('start')
    .slice(from)
    .filter(({ pid }) => ran.has(pid))
    .map(({ env }) => env?.['MOSAIC_RUN'] ?? '');
  for (const run of did) assert.ok([...saved, ...kept].includes(run), `${where}: the work of ${run} is lost`);
}
