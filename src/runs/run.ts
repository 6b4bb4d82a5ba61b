/** One run of a formula, from beginning to end: whether it is begun, what is written down of it, and that it is brought to its end. */
import type { End } from '../formula/ends.ts';
import type { Host } from '../host/host.ts';
import type { Supervisor } from '../model/fleet.ts';
import {
  formulaPlaces,
  runPlaces,
  type Formula,
  type FormulaPlaces,
  type RunRecord,
} from '../model/formula.ts';
import { conclude } from './conclude.ts';
import type { RunContext } from './context.ts';
import { asRunError, RunError } from './error.ts';
import { commandOf, memoryShort, takesInput } from './guards.ts';
import { endLeftover, hasLeftover } from './leftover.ts';
import { live, type Lived } from './live.ts';
import { watchPhases } from './phase-file.ts';
import type { Report } from './progress.ts';
import { quietly } from './quietly.ts';
import { clearHistory, runningRun, writeCurrent } from './record.ts';
import { putBackAll } from './replies.ts';
import { newId } from './run-id.ts';
import { runLog } from './run-log.ts';
import { maskOfReadable, secretsOf, type Secrets } from './secrets.ts';
import { runWorktreePath } from './worktree.ts';

export { newId };

export interface RunFormulaWish {
  context: Omit<RunContext, 'supervisor'>;
  formula: Formula;
  report: Report;
  /** Sees to it that the fleet's tmux server runs; says who starts programs. Throws RunError. */
  server: () => Promise<Supervisor>;
}

export type RunResult = { run: RunRecord } | { skipped: string };

/**
 * Throws NeedError where something that it needs is not there, HostError where it could not even be written down, RunError where an
 * earlier run could not be brought to its end.
 */
export async function runFormula(wish: RunFormulaWish): Promise<RunResult> {
  const { context, formula } = wish;
  const { files } = context.host;
  const own = formulaPlaces(context.places, formula.name);
  files.mkdir(own.runs);
  files.mkdir(own.replies);
  const lock = await files.lock(own.lock);
  if (lock === undefined) return { skipped: atWork(context.host, own) };
  try {
    return await alone(wish, own);
  } finally {
    lock.release();
  }
}

function atWork(host: Host, own: FormulaPlaces): string {
  const other = runningRun(host, own);
  const which = other === undefined ? 'another run' : `its run ${other.id} (pid ${other.pid})`;
  return `${which} is at work`;
}

async function alone(wish: RunFormulaWish, own: FormulaPlaces): Promise<RunResult> {
  const { formula, report } = wish;
  const { host, fleet } = wish.context;
  const { files } = host;
  const attempt = quietly(report);
  attempt(() => {
    const message = clearHistory(files, own);
    if (message !== undefined) report({ type: 'trouble', message });
  });
  if (hasLeftover(host, own)) {
    const context = { ...wish.context, supervisor: await wish.server() };
    await endLeftover(context, formula, { ...maskOfReadable(host, formula), report });
  }
  // Nobody is at work on it: what no run has told by now, none will.
  attempt(() => putBackAll(files, own));
  const short = memoryShort(host, formula);
  if (short !== undefined) return { skipped: short };
  const secrets = secretsOf(host, formula);
  const command = commandOf(host, fleet, formula, secrets.values);
  return { run: await begin({ ...wish, own, secrets, command }) };
}

interface Beginning extends RunFormulaWish {
  own: FormulaPlaces;
  secrets: Secrets;
  command: readonly string[];
}

async function begin(wish: Beginning): Promise<RunRecord> {
  const { formula, own, report, secrets } = wish;
  const { host, signal } = wish.context;
  const { mask } = secrets;
  // Until the server runs, nothing of it is in a scope.
  let context: RunContext = { ...wish.context, supervisor: 'none' };
  const record = newRecord(context, formula, own);
  if (!takesInput(context.fleet, formula, wish.command)) record.takesInput = false;
  const places = runPlaces(own, record.id);
  host.files.mkdir(places.replies);
  // Before anything is made: whoever finds it knows what to look for.
  writeCurrent(host.files, own, record);
  const log = runLog(host.files, own, record, report);
  const phases = watchPhases(host, places.phase, mask);
  let lived: Lived;
  try {
    context = { ...wish.context, supervisor: await wish.server() };
    lived = await live({ ...wish, context, places, log, phases });
  } catch (error) {
    const known = asRunError(error);
    if (!(known instanceof RunError)) {
      const end: End = { reason: 'interrupted', detail: 'mosaic failed' };
      await conclude(context, record, { end, mask, report });
      throw error;
    }
    const detail = mask(known.message);
    const output = known.output === undefined ? {} : { output: mask(known.output) };
    const fix = known.fix === undefined ? {} : { fix: mask(known.fix) };
    if ('output' in output || 'fix' in fix) report({ type: 'trouble', message: detail, ...output, ...fix });
    const reason = signal.aborted
      ? 'interrupted'
      : record.begun || record.retries > 0
        ? 'crashed'
        : 'not-started';
    lived = { end: { reason, detail } };
  } finally {
    phases.close();
  }
  await conclude(context, record, { ...lived, mask, report });
  report({ type: 'end', run: record });
  return record;
}

function newRecord(
  context: Pick<RunContext, 'host' | 'places'>,
  formula: Formula,
  own: FormulaPlaces,
): RunRecord {
  const { clock, facts, files, processes } = context.host;
  const startedAt = clock.now();
  const id = newId(startedAt, (one) => files.stat(runPlaces(own, one).folder) !== undefined);
  const pidStartTime = processes.startTime(facts.pid);
  return {
    id,
    formula: formula.name,
    file: formula.file,
    pid: facts.pid,
    ...(pidStartTime === undefined ? {} : { pidStartTime }),
    bootId: facts.bootId,
    startedAt,
    begun: false,
    retries: 0,
    phases: [],
    worktree: { repository: formula.repository, path: runWorktreePath(context, formula.name, id) },
    folder: runPlaces(own, id).folder,
  };
}
