/** Brings a run to its end: whatever of it is done already, by us or by a mosaic that died meanwhile, is not done again. */
import { exitCodeOf, keepOf, type End } from '../formula/ends.ts';
import type { Files } from '../host/host.ts';
import {
  formulaPlaces,
  runPlaces,
  type EndReason,
  type FormulaPlaces,
  type RunRecord,
  type RunWorktree,
} from '../model/formula.ts';
import { GIT_FAILED, PAUSE_MS, TRIES } from './again.ts';
import type { RunContext } from './context.ts';
import { endRun, type RunEnded } from './end-session.ts';
import type { Report } from './progress.ts';
import { quietly } from './quietly.ts';
import { appendHistory, readHistory, writeCurrent } from './record.ts';
import { markTold, putBackReplies, untoldReplies } from './replies.ts';
import type { Mask } from './secrets.ts';
import { retireRunWorktree } from './worktree.ts';

/** So many folders of runs are kept, and those whose worktree is. */
const KEPT_FOLDERS = 20;
/** Each waits for an answer of tmux as long as any call of it does. */
const SESSION_TRIES = 3;

/**
 * Ends session and worktree, gives back answers that reached nobody, and writes the run down. Called with the formula's lock held. A
 * step that fails is told and keeps back no other.
 * @param wish.end absent: it is in the record already
 * @param wish.settled resolves soon after its session has ended, when nothing of ours is at work on it any more
 * @returns how many answers wait again; `left`: why its session may be there still. Then it stays in `current`, for the next run to go on
 */
export async function conclude(
  given: RunContext,
  run: RunRecord,
  wish: { end?: End; settled?: () => Promise<void>; keepScreen?: boolean; mask: Mask; report: Report },
): Promise<{ replies: number; left?: string }> {
  // It is brought to its end also when we are told to stop.
  const context: RunContext = { ...given, signal: new AbortController().signal };
  const { host } = context;
  const { files } = host;
  const { end, mask, report } = wish;
  const own = formulaPlaces(context.places, run.formula);
  const places = runPlaces(own, run.id);
  const attempt = quietly(report, mask);

  if (end !== undefined) {
    run.reason = end.reason;
    run.endedAt = host.clock.now();
    run.exitCode = exitCodeOf(end.reason);
    if (end.detail !== undefined) run.detail = mask(end.detail);
    // Who comes after us goes on from here, and does not take it for interrupted.
    attempt(() => writeCurrent(files, own, run));
  }
  report({ type: 'ending', run });
  const { found, screen, trouble, sessionLeft } = await endSession(context, run.formula, mask);
  await wish.settled?.();
  if (trouble !== undefined) report({ type: 'trouble', message: mask(trouble) });
  if (screen !== undefined && wish.keepScreen !== false)
    attempt(() => files.write(places.screen, `${screen.trimEnd()}\n`));
  const { worktree, reason = 'interrupted' } = run;
  if (sessionLeft === true) {
    const left = mask(trouble ?? 'its session is still there');
    // Of what is printed of it; who goes on from `current` looks again.
    if (worktree !== undefined && worktree.end === undefined)
      run.worktree = { ...worktree, end: 'kept', why: left };
    return { replies: 0, left };
  }
  if (worktree !== undefined && worktree.end === undefined) {
    const ended: RunWorktree =
      trouble === undefined
        ? await retire(context, run.formula, worktree, reason)
        : { ...worktree, end: 'kept', why: trouble };
    attempt(() => noteWorktree(files, run, ended));
    attempt(() => writeCurrent(files, own, run));
  }
  // Its program had its prompt from its first moment on, however soon after that we died, or were told to stop. One that crashed before
  // it had begun may never have looked at it.
  if (!run.begun && run.handed === true && found && run.reason !== 'crashed') {
    run.begun = true;
    attempt(() => markTold(files, places, untoldReplies(files, places)));
  }
  let replies = 0;
  attempt(() => {
    replies = putBackReplies(files, own, places);
  });
  // Where it cannot be written down, the next run finds it, and does that.
  if (attempt(() => appendHistory(files, own, run))) attempt(() => files.remove(own.current));
  attempt(() => prune(files, own, run.id));
  return { replies };
}

/** A tmux that does not answer, being stopped or busy, mostly does so again. */
async function endSession(context: RunContext, formula: string, mask: Mask): Promise<RunEnded> {
  let seen: Pick<RunEnded, 'found' | 'screen'> | undefined;
  for (let tries = 1; ; tries++) {
    const { found, ...ended } = await endRun(context, formula, { mask });
    if (found) seen ??= { found, ...(ended.screen === undefined ? {} : { screen: ended.screen }) };
    if (ended.sessionLeft !== true || tries === SESSION_TRIES) return { found, ...ended, ...seen };
    await context.host.clock.sleep(PAUSE_MS * tries);
  }
}

/** What git never made, or somebody has removed, is kept nowhere. */
function noteWorktree(files: Files, run: RunRecord, ended: RunWorktree): void {
  run.worktree = ended;
  if (ended.end !== 'kept' || files.stat(ended.path) !== undefined) return;
  const { why: _, ...others } = ended;
  if (ended.rescued === undefined) delete run.worktree;
  else run.worktree = { ...others, end: 'removed' };
}

/** One that git could not tell of stays only where that does not pass. */
async function retire(
  context: RunContext,
  formula: string,
  worktree: RunWorktree,
  reason: EndReason,
): Promise<RunWorktree> {
  const failed = (text: string | undefined): boolean => text?.startsWith(GIT_FAILED) === true;
  const wish = { formula, keep: keepOf(reason) };
  let rescued: string | undefined;
  for (let tries = 1; ; tries++) {
    const ended = await retireRunWorktree(context, worktree, wish);
    rescued = ended.rescued ?? rescued;
    if (!failed(ended.why) || tries === TRIES) return rescued === undefined ? ended : { ...ended, rescued };
    await context.host.clock.sleep(PAUSE_MS * tries);
  }
}

/**
 * Removes the folders of all but the newest runs, and keeps those whose worktree is still there. Which ones are newer the history tells, by
 * its order: a clock may have been wrong. Throws HostError.
 * @param last the one that has just ended
 */
export function prune(files: Files, own: Pick<FormulaPlaces, 'runs' | 'history'>, last: string): void {
  const ids = files.list(own.runs);
  if (ids.length <= KEPT_FOLDERS) return;
  const { runs } = readHistory(files, own);
  const places = new Map(runs.map(({ id }, index) => [id, index]));
  const placeOf = (id: string): number => (id === last ? Infinity : (places.get(id) ?? -1));
  const kept = new Set(
    runs.flatMap(({ id, worktree }) =>
      worktree?.end === 'kept' && files.stat(worktree.path) !== undefined ? [id] : [],
    ),
  );
  const oldestFirst = ids.toSorted((a, b) => Math.sign(placeOf(a) - placeOf(b)) || a.localeCompare(b));
  for (const id of oldestFirst.slice(0, -KEPT_FOLDERS))
    if (!kept.has(id)) removeTree(files, runPlaces(own, id).folder);
}

/** No link in it is followed. */
function removeTree(files: Files, path: string): void {
  if (files.stat(path)?.kind !== 'folder') return files.remove(path);
  for (const name of files.list(path)) removeTree(files, `${path}/${name}`);
  files.removeEmptyFolder(path);
}
