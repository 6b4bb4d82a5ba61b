/** What a mosaic that died has left of a run. */
import type { End } from '../formula/ends.ts';
import { HostError, type Files, type Host } from '../host/host.ts';
import {
  formulaPlaces,
  runPlaces,
  type Formula,
  type FormulaPlaces,
  type PhaseNote,
  type RunRecord,
} from '../model/formula.ts';
import { conclude } from './conclude.ts';
import type { RunContext } from './context.ts';
import { endRun } from './end-session.ts';
import { RunError } from './error.ts';
import { phaseFile } from './phase-file.ts';
import type { Report } from './progress.ts';
import { readCurrent, readHistory } from './record.ts';
import { isRunId, startOf } from './run-id.ts';
import type { Mask } from './secrets.ts';
import { runWorktreePath } from './worktree.ts';

/** Whether something of an earlier run is left. Called with the formula's lock held: nobody is at work on it. Throws HostError. */
export const hasLeftover = (
  { files }: Pick<Host, 'files'>,
  { current }: Pick<FormulaPlaces, 'current'>,
): boolean => files.stat(current) !== undefined;

/**
 * Ends a run whose mosaic died: as what it was about to be ended as, or as what its agent has said since, else as interrupted. Its worktree
 * is kept where there is work in it, its answers wait again where its program never got them. Throws HostError, and RunError where its session
 * cannot be ended: it stays in `current`.
 * @param options.whole all its secrets are known
 */
export async function endLeftover(
  context: RunContext,
  formula: Pick<Formula, 'name' | 'file' | 'repository'>,
  { mask, whole, report }: { mask: Mask; whole: boolean; report: Report },
): Promise<void> {
  const { host, places } = context;
  const { files } = host;
  const own = formulaPlaces(places, formula.name);
  const current = readCurrent(files, own);
  const ended = endedRuns(files, own);
  let run: RunRecord | undefined;
  let end: End | undefined;
  if ('damaged' in current) {
    const aside = `${own.current}.damaged`;
    files.rename(own.current, aside);
    report({ type: 'trouble', message: `${current.damaged}; it is ${aside} now` });
    run = rebuilt(context, formula, ended);
    end = { reason: 'interrupted', detail: 'its record was damaged' };
    if (run === undefined) {
      const { trouble } = await endRun(context, formula.name, { mask });
      if (trouble !== undefined) report({ type: 'trouble', message: mask(trouble) });
      return;
    }
  } else {
    ({ run } = current);
    if (run === undefined) return;
    if (ended.has(run.id)) return files.remove(own.current);
    const died = `${diedHow(host, run)} while it lasted`;
    if (run.reason === undefined) end = { reason: 'interrupted', detail: died };
    const said = run.reason === undefined ? lastPhase(host, own, run, { mask, report }) : undefined;
    if (said !== undefined) end = { detail: died, ...said };
  }
  const { replies, left } = await conclude(context, run, {
    ...(end === undefined ? {} : { end }),
    mask,
    // What it showed may hold a secret that nobody can tell any more.
    keepScreen: whole,
    report: (progress) => {
      if (progress.type !== 'ending') report(progress);
    },
  });
  if (left !== undefined) throw new RunError(`the run ${run.id} cannot be brought to its end: ${left}`);
  report({ type: 'leftover', run, replies });
}

/** Runs that are written down. Where that cannot be read, a run may be written down twice, and none is lost. */
function endedRuns(files: Files, own: Pick<FormulaPlaces, 'history'>): ReadonlySet<string> {
  try {
    return new Set(readHistory(files, own).runs.map(({ id }) => id));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return new Set();
  }
}

/** What its agent has written while nobody read it. Notes it; gives the end that it is. */
function lastPhase(
  { clock, files }: Pick<Host, 'clock' | 'files'>,
  own: Pick<FormulaPlaces, 'runs'>,
  run: RunRecord,
  { mask, report }: { mask: Mask; report: Report },
): End | undefined {
  const { phase: path } = runPlaces(own, run.id);
  const { event } = phaseFile(files, path, mask).read(clock.now(), true);
  if (event?.kind !== 'phase') return undefined;
  const { phase } = event;
  const detail = event.reason === undefined ? {} : { detail: event.reason };
  // When it was written.
  const at = Math.floor(files.stat(path)?.modifiedAt ?? clock.now());
  const noted = run.phases.at(-1);
  if (noted === undefined || noted.at < at) {
    const note: PhaseNote = { phase, at, ...detail };
    run.phases.push(note);
    report({ type: 'phase', note });
  }
  return phase === 'done' || phase === 'merged' || phase === 'failed'
    ? { reason: phase, ...detail }
    : undefined;
}

/** The newest run that is written down nowhere: what its folder and its worktree tell of it. */
function rebuilt(
  context: RunContext,
  { name, file, repository }: Pick<Formula, 'name' | 'file' | 'repository'>,
  ended: ReadonlySet<string>,
): RunRecord | undefined {
  const { files, facts, clock } = context.host;
  const own = formulaPlaces(context.places, name);
  const id = files.list(own.runs).findLast(isRunId);
  if (id === undefined || ended.has(id)) return undefined;
  const path = runWorktreePath(context, name, id);
  return {
    id,
    formula: name,
    file,
    pid: facts.pid,
    bootId: facts.bootId,
    startedAt: startOf(id) ?? clock.now(),
    begun: false,
    retries: 0,
    phases: [],
    ...(files.stat(path) === undefined
      ? {}
      : { worktree: { repository, path, end: 'kept', why: 'the record of its run was damaged' } }),
    folder: runPlaces(own, id).folder,
  };
}

const diedHow = ({ facts }: Pick<Host, 'facts'>, { bootId }: RunRecord): string =>
  bootId === facts.bootId ? 'mosaic was killed' : 'the machine went down';
