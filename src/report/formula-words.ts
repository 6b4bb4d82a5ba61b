/** How the ends and phases of formulas' runs are called. */
import type { EndReason, PhaseNote, RunRecord } from '../model/formula.ts';
import { defined } from './defined.ts';
import { duration, isoSeconds } from './format.ts';
import type { Style } from './style.ts';

const ends: Record<EndReason, { words: string; style: Style }> = {
  done: { words: 'done', style: 'green' },
  merged: { words: 'merged', style: 'green' },
  failed: { words: 'failed', style: 'red' },
  'idle-prompt': { words: 'idle at its prompt', style: 'red' },
  'idle-timeout': { words: 'idle for too long', style: 'red' },
  timeout: { words: 'timed out', style: 'red' },
  'escalation-timeout': { words: 'not answered', style: 'red' },
  crashed: { words: 'crashed', style: 'red' },
  interrupted: { words: 'interrupted', style: 'yellow' },
  'not-started': { words: 'not started', style: 'red' },
};

/** Two words or so, to follow a run's name; of a run without an end, `not over`. */
export const endWords = (reason: EndReason | undefined): string =>
  reason === undefined ? 'not over' : ends[reason].words;

export const endStyle = (reason: EndReason | undefined): Style | undefined =>
  reason === undefined ? undefined : ends[reason].style;

/** `awaiting_ci +12m (passed)`: a phase, and how long after the start of its run it came. */
export function phaseWords({ phase, at, detail, unknown }: PhaseNote, startedAt: number): string {
  const what = unknown === true ? `unknown phase ${phase}` : phase;
  return `${what} +${duration(at - startedAt)}${detail === undefined || detail === '' ? '' : ` (${detail})`}`;
}

/** A run as programs are told of it (schemas/formula-history.schema.json, schemas/formula-run.schema.json). */
export const runJson = (run: RunRecord) =>
  defined({
    run: run.id,
    formula: run.formula,
    file: run.file,
    started_at: isoSeconds(run.startedAt),
    ended_at: run.endedAt === undefined ? undefined : isoSeconds(run.endedAt),
    duration_seconds: run.endedAt === undefined ? undefined : (run.endedAt - run.startedAt) / 1000,
    reason: run.reason,
    detail: run.detail,
    exit_code: run.exitCode,
    begun: run.begun,
    retries: run.retries,
    phases: run.phases.map(({ phase, at, detail, unknown }) =>
      defined({ phase, at: isoSeconds(at), detail, unknown }),
    ),
    worktree:
      run.worktree === undefined
        ? undefined
        : defined({
            repository: run.worktree.repository,
            path: run.worktree.path,
            end: run.worktree.end,
            why: run.worktree.why,
            rescued: run.worktree.rescued,
          }),
    folder: run.folder,
  });

/** What became of a run's worktree, with whatever a person has to be able to copy whole; undefined where nothing is left of it. */
export function worktreeWords({ worktree }: Pick<RunRecord, 'worktree'>): string | undefined {
  if (worktree === undefined) return undefined;
  const { path, end, why, rescued } = worktree;
  const saved = rescued === undefined ? '' : `; its work is saved as ${rescued}`;
  if (end === 'removed') return rescued === undefined ? undefined : `removed${saved}`;
  const kept = end === 'kept' ? 'kept' : 'not taken away yet';
  return `${kept}: ${path}${why === undefined || why === '' ? '' : ` (${why})`}${saved}`;
}
