/** The life of a run: from its worktree to the end of its last program. */
import { answered, beginning, type End } from '../formula/ends.ts';
import { promptPointer } from '../formula/messages.ts';
import { promptOf, recoveryPrompt } from '../formula/prompt.ts';
import { formulaSession, type Formula, type FormulaPlaces, type RunPlaces } from '../model/formula.ts';
import { PROMPT } from '../render/mission.ts';
import type { RunContext } from './context.ts';
import { endRun } from './end-session.ts';
import { againstOthers, mayPass } from './again.ts';
import { EndedAtOnce, RunError } from './error.ts';
import { takesInput } from './guards.ts';
import { oversee, type Overseen, type Oversight } from './oversee.ts';
import type { PhaseWatch } from './phase-file.ts';
import type { Report } from './progress.ts';
import { partsOf } from './prompt-parts.ts';
import { quietly } from './quietly.ts';
import { markTold, putBackReplies, takeReplies, type Reply } from './replies.ts';
import type { RunLog } from './run-log.ts';
import type { Secrets } from './secrets.ts';
import { findRun, runEnvironment, startRun, type RunSession } from './session.ts';
import { makeRunWorktree } from './worktree.ts';

/** What a program takes as one argument (execve(2): 128 KiB with the byte that ends it). */
const MAX_ARGUMENT_BYTES = 131_071;
/** More is not typed: its program is told where it stands. */
const MAX_TYPED_BYTES = 16 * 1024;
export interface Living {
  context: RunContext;
  formula: Formula;
  own: FormulaPlaces;
  places: RunPlaces;
  secrets: Secrets;
  /** Its program and the arguments. */
  command: readonly string[];
  log: RunLog;
  phases: PhaseWatch;
  report: Report;
  /** Sees to it that the fleet's tmux server runs. Throws RunError. */
  server: () => Promise<unknown>;
}

export interface Lived {
  end: End;
  /** As `Overseen`. */
  settled?: () => Promise<void>;
}

const INTERRUPTED: End = { reason: 'interrupted', detail: 'mosaic was told to stop' };

/**
 * Makes a run's worktree and prompt, starts its program and sees to it, again after a crash. Leaves its last session as it is. Throws RunError, or
 * HostError, where it could not be started.
 */
export async function live(wish: Living): Promise<Lived> {
  const { context, formula, log, own, places, report, secrets } = wish;
  const { host, signal } = context;
  const isStopped = (): boolean => signal.aborted;
  const { mask } = secrets;
  const { id } = log.record;
  // Nobody is at work on it: what bears its mark is of a run that is written down nowhere any more.
  if ((await findRun(context, formula.name)) !== undefined) {
    const { trouble } = await endRun(context, formula.name, { mask });
    if (trouble !== undefined) throw new RunError(trouble);
  }
  if (isStopped()) return { end: INTERRUPTED };
  const worktree = await againstOthers(context, () => makeRunWorktree(context, formula, id), mayPass);
  const environment = {
    ...formula.env,
    ...secrets.values,
    ...runEnvironment(context, { formula: formula.name, run: id, promptFile: places.prompt }),
  };
  if (isStopped()) return { end: INTERRUPTED };
  const replies = takeReplies(host.files, own, places);
  const parts = await partsOf(host, {
    formula,
    run: { id, folder: places.folder, worktree },
    places: { own, run: places },
    folder: worktree.path,
    replies: replies.map(({ text }) => text),
    mask,
    takesInput: takesInput(context.fleet, formula, wish.command),
    command: { cwd: worktree.path, environment, signal },
  });
  report({
    type: 'begin',
    run: log.record,
    session: formulaSession(formula.name),
    socket: context.fleet.tmux.socketName,
  });
  let standing = beginning(formula, log.record.startedAt);
  let prompt = promptOf(parts);
  for (;;) {
    if (isStopped()) return { end: INTERRUPTED };
    const attempt = { ...wish, worktree: worktree.path, environment, standing, prompt, replies };
    const { end: how, standing: last, settled } = await once(attempt);
    if (how.reason === 'crashed' && isStopped()) return { end: INTERRUPTED, settled };
    // What followed a crash has started once.
    const end: End =
      how.reason === 'not-started' && log.record.retries > 0 ? { ...how, reason: 'crashed' } : how;
    if (how.reason !== 'crashed' || log.record.retries >= formula.crashRetries) return { end, settled };
    const detail = end.detail ?? 'its program ended';
    log.change((record) => {
      record.retries++;
    });
    report({ type: 'crash', detail, retry: log.record.retries, of: formula.crashRetries });
    // It may have gone with the server.
    await wish.server();
    await clear(wish, settled, replies);
    standing = answered(last, host.clock.now());
    prompt = recoveryPrompt({ ...parts, crash: detail.replace(/^its \w+ /, '') });
  }
}

interface Attempt extends Living, Pick<Oversight, 'standing' | 'environment'> {
  worktree: string;
  prompt: string;
  replies: readonly Reply[];
}

/** One life of its program. */
async function once(wish: Attempt): Promise<Overseen> {
  const { context, formula, places, secrets, log, prompt } = wish;
  const { host } = context;
  const { mask } = secrets;
  const how = deliveryOf(wish);
  // Before it is started: whoever finds its session knows that it has them.
  if (how !== 'typed' && log.record.handed !== true)
    log.change((record) => {
      record.handed = true;
    });
  let session: RunSession;
  try {
    session = await start(wish);
  } catch (error) {
    if (!(error instanceof EndedAtOnce)) throw error;
    const { message, output = '' } = error;
    if (output.trim() !== '') wish.report({ type: 'trouble', message: mask(message), output: mask(output) });
    const end: End = { reason: 'crashed', detail: mask(message) };
    return { end, standing: wish.standing, settled: () => Promise.resolve() };
  }
  const begun = (): void => {
    log.change((record) => {
      record.begun = true;
    });
    quietly(wish.report, mask)(() => markTold(host.files, places, wish.replies));
  };
  if (how !== 'typed') begun();
  const typed = Buffer.byteLength(prompt) > MAX_TYPED_BYTES ? promptPointer(places.prompt) : prompt;
  return oversee({
    context,
    formula,
    places: { own: wish.own, run: places },
    log,
    session,
    phases: wish.phases,
    standing: wish.standing,
    ...(how === 'typed' ? { prompt: typed } : {}),
    takesInput: takesInput(context.fleet, formula, wish.command),
    workplace: wish.worktree,
    environment: wish.environment,
    mask,
    report: wish.report,
    begun,
  });
}

/** Clears away what is left of a program that crashed, so that another can take its place. Throws RunError. */
async function clear(
  { context, formula, own, places, secrets: { mask } }: Living,
  settled: () => Promise<void>,
  replies: readonly Reply[],
): Promise<void> {
  const { files } = context.host;
  const { screen, trouble } = await endRun(context, formula.name, { mask });
  await settled();
  if (screen !== undefined) files.write(places.screen, `${screen.trimEnd()}\n`);
  if (trouble !== undefined) throw new RunError(trouble);
  // Answers that it did not live to be told are for the one that follows; those of the prompt it gets anyway.
  putBackReplies(files, own, places, replies);
}

async function start(wish: Attempt): Promise<RunSession> {
  const { context, formula, log, places, secrets, command, prompt } = wish;
  const { mask } = secrets;
  const text = mask(prompt);
  context.host.files.write(places.prompt, text);
  const substitutes = deliveryOf(wish) === 'argument';
  if (substitutes && Buffer.byteLength(text) >= MAX_ARGUMENT_BYTES) {
    throw new RunError('its prompt is longer than the 128 KiB that a program takes as one argument', {
      fix: 'Name fewer context files, or have the prompt typed: leave {prompt} out of the command.',
    });
  }
  return startRun(context, {
    formula,
    run: log.record.id,
    command,
    environment: formula.env,
    secrets: secrets.values,
    workplace: wish.worktree,
    promptFile: places.prompt,
    substitutes,
    mask,
  });
}

function deliveryOf({
  context: { fleet },
  formula,
  command,
}: Pick<Living, 'context' | 'formula' | 'command'>): 'argument' | 'typed' | 'file' {
  if (command.some((word) => word.includes(PROMPT))) return 'argument';
  return takesInput(fleet, formula, command) ? 'typed' : 'file';
}
