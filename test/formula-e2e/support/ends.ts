/** What a run has come to, checked in all places where it shows. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { EndReason } from '../../../src/model/formula.ts';
import type { CommandResult } from '../../support/command.ts';
import type { FormulaScene, FormulaUnderTest, FormulaWish } from './scene.ts';

export interface EndWanted {
  exit: number;
  reason: EndReason;
  detail?: RegExp;
  /** `escalate: why`, in order; of an unknown word `?word`. */
  phases: string[];
  /** `rescued`: removed, and what it held is under a ref. */
  worktree: 'removed' | 'rescued' | 'kept';
}

export interface EndCase extends FormulaWish, EndWanted {
  name: string;
  /** While it runs, from when its agent is ready. */
  during?: (formula: FormulaUnderTest, scene: FormulaScene) => Promise<void>;
  after?: (formula: FormulaUnderTest, scene: FormulaScene) => Promise<void>;
}

/** Runs all of them, at once. */
export async function runCases(scene: FormulaScene, cases: readonly EndCase[]): Promise<void> {
  const results = await Promise.allSettled(cases.map((one) => runCase(scene, one)));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('\n\n'));
}

async function runCase(scene: FormulaScene, one: EndCase): Promise<void> {
  const formula = scene.formula(one.name, one);
  const running = await (one.during === undefined ? formula.start() : formula.begin());
  try {
    await one.during?.(formula, scene);
  } catch (error) {
    const { stdout, stderr } = running.output();
    throw new Error(`${one.name}: ${(error as Error).message}\n${stdout}\n${stderr}`, { cause: error });
  }
  await hasEnded(scene, formula, one, await running.ended);
  await one.after?.(formula, scene);
}

/** Exit code, session, worktree, history and events of the newest run. */
export async function hasEnded(
  scene: FormulaScene,
  formula: FormulaUnderTest,
  wanted: EndWanted,
  result: CommandResult,
): Promise<void> {
  const said = `${formula.name}\n${result.stdout}\n${result.stderr}`;
  const record = formula.last();
  assert.deepEqual([record.reason, record.detail], [wanted.reason, record.detail], said);
  assert.equal(result.code, wanted.exit, said);
  assert.equal(record.exitCode, wanted.exit);
  if (wanted.detail !== undefined) assert.match(record.detail ?? '', wanted.detail);
  assert.deepEqual(formula.phases(), wanted.phases, said);
  assert.ok((record.endedAt ?? 0) >= record.startedAt);
  await formula.leavesNothing();
  await worktreeIs(scene, formula, wanted.worktree, said);
  eventsTell(formula, wanted);
  await historyTells(scene, formula);
}

/** What the command tells of the newest run is what its file has. */
async function historyTells(scene: FormulaScene, formula: FormulaUnderTest): Promise<void> {
  const { stdout } = await scene.mosaic(['formula', 'history', formula.name, '--last', '1', '--json']);
  const { runs, current } = JSON.parse(stdout) as { runs: Record<string, unknown>[]; current?: unknown };
  const { id, reason, exitCode, phases } = formula.last();
  assert.equal(current, undefined);
  assert.deepEqual(
    runs.map((run) => [run['run'], run['reason'], run['exit_code'], (run['phases'] as unknown[]).length]),
    [[id, reason, exitCode, phases.length]],
  );
}

async function worktreeIs(
  { world, repository }: FormulaScene,
  formula: FormulaUnderTest,
  wanted: EndWanted['worktree'],
  said: string,
): Promise<void> {
  const { worktree } = formula.last();
  assert.ok(worktree, `${formula.name} tells no worktree`);
  const isKept = wanted === 'kept';
  assert.equal(worktree.end, isKept ? 'kept' : 'removed', `${JSON.stringify(worktree)}\n${said}`);
  assert.equal(existsSync(worktree.path), isKept);
  const listed = await world.git(repository, 'worktree', 'list', '--porcelain');
  assert.equal(listed.includes(worktree.path), isKept, listed);
  const refs = await formula.rescued();
  if (wanted === 'rescued') {
    assert.ok(
      worktree.rescued !== undefined && refs.includes(worktree.rescued),
      `${refs.join(' ')}\n${said}`,
    );
    assert.ok(said.includes(worktree.rescued), `its ref is not told: ${said}`);
  } else assert.deepEqual(refs, [], said);
  if (isKept) assert.ok(said.includes(worktree.path), `its place is not told: ${said}`);
  // The repository's own tree is nobody's to work in.
  assert.equal(await world.git(repository, 'status', '--porcelain'), '');
}

/** Start, phases and end of the newest run; the end says why. */
function eventsTell(formula: FormulaUnderTest, wanted: EndWanted): void {
  const events = formula.events();
  const from = events.findLastIndex(({ event }) => event === 'formula-start');
  const all = events.slice(from);
  assert.equal(all.filter(({ event }) => event === 'crash').length, formula.last().retries);
  const own = all.filter(({ event, message }) => event !== 'crash' && !message.startsWith('nobody was told'));
  assert.deepEqual(
    own.map(({ event }) => event),
    ['formula-start', ...wanted.phases.map(() => 'formula-phase'), 'formula-end'],
    JSON.stringify(own),
  );
  for (const [index, text] of wanted.phases.entries()) {
    const [word = ''] = text.replace(/^\?/, '').split(':');
    assert.ok(own[index + 1]?.message.includes(word), `${own[index + 1]?.message} does not tell ${text}`);
  }
  const end = own.at(-1);
  assert.ok(end);
  assert.ok(end.message.includes(wanted.reason), `${end.message} does not tell ${wanted.reason}`);
  const { worktree, detail, retries } = formula.last();
  assert.equal(/started again/.test(end.message), retries > 0, end.message);
  if (wanted.worktree === 'kept') assert.equal(end.path, worktree?.path);
  if (detail !== undefined) assert.ok(end.message.includes(detail), `${end.message} does not tell ${detail}`);
}
