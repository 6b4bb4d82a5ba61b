/** One run of a formula, from beginning to end. */
import { beginning, type End, type Standing } from '../formula/ends.ts';
import { promptPointer } from '../formula/messages.ts';
import { promptOf, recoveryPrompt } from '../formula/prompt.ts';
import type { Host } from '../host/host.ts';
import { isShell } from '../message/shell.ts';
import type { Supervisor } from '../model/fleet.ts';
import {
  formulaPlaces,
  formulaSession,
  runPlaces,
  type Formula,
  type FormulaPlaces,
  type RunPlaces,
  type RunRecord,
} from '../model/formula.ts';
import { PROMPT, takesPrompts } from '../render/mission.ts';
import { conclude } from './conclude.ts';
import type { RunContext } from './context.ts';
import { endRun } from './end-session.ts';
import { asRunError, RunError } from './error.ts';
import { commandOf, memoryShort } from './guards.ts';
import { endLeftover, hasLeftover } from './leftover.ts';
import { oversee, type Oversight } from './oversee.ts';
import { phaseFile } from './phase-file.ts';
import { partsOf } from './prompt-parts.ts';
import type { Report } from './progress.ts';
import { runningRun, writeCurrent } from './record.ts';
import { markTold, takeReplies, type Reply } from './replies.ts';
import { runLog, type RunLog } from './run-log.ts';
import { secretsOf, type Mask, type Secrets } from './secrets.ts';
import { findRun, runEnvironment, startRun, type RunSession } from './session.ts';
import { makeRunWorktree, runWorktreePath } from './worktree.ts';

export interface RunFormulaWish {
  context: Omit<RunContext, 'supervisor'>;
  formula: Formula;
  report: Report;
  /** Sees to it that the fleet's tmux server runs; says who starts programs. */
  server(): Promise<Supervisor>;
}

export type RunResult = { run: RunRecord } | { skipped: string };

/** What a program takes as one argument (execve(2): 128 KiB with the byte that ends it). */
const MAX_ARGUMENT_BYTES = 131_071;
/** More is not typed: its program is told where it stands. */
const MAX_TYPED_BYTES = 16 * 1024;

/** Throws NeedError where something that it needs is not there, HostError where it could not even be written down, and what `server` throws. */
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
  if (hasLeftover(host, own)) {
    const context = { ...wish.context, supervisor: await wish.server() };
    await endLeftover(context, formula.name, { mask: quietSecrets(host, formula), report });
  }
  const short = memoryShort(host, formula);
  if (short !== undefined) return { skipped: short };
  const secrets = secretsOf(host, formula);
  const command = commandOf(host, fleet, formula, secrets.values);
  const supervisor = await wish.server();
  return { run: await begin({ ...wish, context: { ...wish.context, supervisor }, own, secrets, command }) };
}

/** A leftover is ended also when the file of its secrets is gone. */
function quietSecrets(host: Host, formula: Formula): Mask {
  try {
    return secretsOf(host, formula).mask;
  } catch {
    return (text) => text;
  }
}

interface Begun extends Omit<RunFormulaWish, 'context'> {
  context: RunContext;
  own: FormulaPlaces;
  secrets: Secrets;
  command: readonly string[];
}

async function begin(wish: Begun): Promise<RunRecord> {
  const { context, formula, own, report, secrets } = wish;
  const { host } = context;
  const { mask } = secrets;
  const record = newRecord(context, formula, own);
  const places = runPlaces(own, record.id);
  host.files.mkdir(places.replies);
  // Before anything is made: whoever finds it knows what to look for.
  writeCurrent(host.files, own, record);
  const log = runLog(host.files, own, record, report);
  let end: End;
  try {
    end = await live({ ...wish, places, log });
  } catch (error) {
    const known = asRunError(error);
    if (!(known instanceof RunError)) {
      await conclude(context, record, {
        end: { reason: 'interrupted', detail: 'mosaic failed' },
        mask,
        report,
      });
      throw error;
    }
    if (known.fix !== undefined || known.output !== undefined) {
      const message = [known.message, known.output].filter((part) => part !== undefined).join('\n');
      report({
        type: 'trouble',
        message: mask(message),
        ...(known.fix === undefined ? {} : { fix: mask(known.fix) }),
      });
    }
    end = { reason: record.begun ? 'crashed' : 'not-started', detail: mask(known.message) };
  }
  await conclude(context, record, { end, mask, report });
  report({ type: 'end', run: record });
  return record;
}

function newRecord(context: RunContext, formula: Formula, own: FormulaPlaces): RunRecord {
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

/** The second it began in, UTC: `20261121-093000`, with a number where there is one already. */
export function newId(now: number, isTaken: (id: string) => boolean): string {
  const [date = '', time = ''] = new Date(now).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  const base = `${date}-${time}`;
  for (let count = 1; ; count++) {
    const id = count === 1 ? base : `${base}-${count}`;
    if (!isTaken(id)) return id;
  }
}

interface Living extends Begun {
  places: RunPlaces;
  log: RunLog;
}

const INTERRUPTED: End = { reason: 'interrupted', detail: 'mosaic was told to stop' };

/** Throws RunError, HostError or TransportError where it could not be started. */
async function live(wish: Living): Promise<End> {
  const { context, formula, log, own, places, report, secrets } = wish;
  const { host, signal } = context;
  const { mask } = secrets;
  const { id } = log.record;
  // Nobody is at work on it: what bears its mark is of a run that is written down nowhere any more.
  if ((await findRun(context, formula.name)) !== undefined) {
    const { trouble } = await endRun(context, formula.name, { mask });
    if (trouble !== undefined) throw new RunError(trouble);
  }
  if (signal.aborted) return INTERRUPTED;
  const worktree = await makeRunWorktree(context, formula, id);
  const environment = {
    ...formula.env,
    ...secrets.values,
    ...runEnvironment(context, { formula: formula.name, run: id, promptFile: places.prompt }),
  };
  if (signal.aborted) return INTERRUPTED;
  const replies = takeReplies(host.files, own, places);
  const parts = await partsOf(host, {
    formula,
    run: { id, folder: places.folder, worktree },
    places: { own, run: places },
    folder: worktree.path,
    replies: replies.map(({ text }) => text),
    command: { cwd: worktree.path, environment, signal, mask },
  });
  report({
    type: 'begin',
    run: log.record,
    session: formulaSession(formula.name),
    socket: context.fleet.tmux.socketName,
  });
  const phases = phaseFile(host.files, places.phase);
  let standing = beginning(formula, log.record.startedAt);
  let prompt = promptOf(parts);
  for (;;) {
    if (signal.aborted) return INTERRUPTED;
    const { end, next } = await once({
      ...wish,
      worktree: worktree.path,
      environment,
      phases,
      standing,
      prompt,
      replies,
    });
    if (end.reason !== 'crashed' || log.record.retries >= formula.crashRetries) return end;
    const detail = end.detail ?? 'its program ended';
    log.change((record) => {
      record.retries++;
    });
    report({ type: 'crash', detail, retry: log.record.retries, of: formula.crashRetries });
    standing = next;
    prompt = recoveryPrompt({ ...parts, crash: detail.replace(/^its \w+ /, '') });
  }
}

interface Attempt extends Living, Pick<Oversight, 'phases' | 'standing' | 'environment'> {
  worktree: string;
  prompt: string;
  replies: readonly Reply[];
}

/** One life of its program. */
async function once(wish: Attempt): Promise<{ end: End; next: Standing }> {
  const { context, formula, places, secrets, log, prompt } = wish;
  const { host } = context;
  const { mask } = secrets;
  const session = await start(wish);
  const begun = (): void => {
    log.change((record) => {
      record.begun = true;
    });
    markTold(host.files, places, wish.replies);
  };
  const how = deliveryOf(wish);
  if (how !== 'typed') begun();
  const typed = Buffer.byteLength(prompt) > MAX_TYPED_BYTES ? promptPointer(places.prompt) : prompt;
  const { end, standing, settled } = await oversee({
    context,
    formula,
    places: { own: wish.own, run: places },
    log,
    session,
    phases: wish.phases,
    standing: wish.standing,
    ...(how === 'typed' ? { prompt: typed } : {}),
    takesInput: takesInput(wish),
    workplace: wish.worktree,
    environment: wish.environment,
    mask,
    report: wish.report,
    begun,
  });
  // What is being typed ends with its program.
  const { screen, trouble } = await endRun(unstoppable(context), formula.name, { mask });
  await settled();
  if (screen !== undefined) host.files.write(places.screen, `${screen.trimEnd()}\n`);
  if (trouble !== undefined && end.reason === 'crashed') throw new RunError(trouble);
  const { escalatedUntil: _, ...next } = { ...standing, stirredAt: host.clock.now(), idleLooks: 0 };
  return { end, next };
}

const unstoppable = (context: RunContext): RunContext => ({
  ...context,
  signal: new AbortController().signal,
});

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

const takesInput = ({ context, formula, command }: Pick<Begun, 'context' | 'formula' | 'command'>): boolean =>
  !isShell({ command: [...command] }) && takesPrompts(formula, context.fleet.runtimes[formula.runtime]);

function deliveryOf(wish: Pick<Begun, 'context' | 'formula' | 'command'>): 'argument' | 'typed' | 'file' {
  if (wish.command.some((word) => word.includes(PROMPT))) return 'argument';
  return takesInput(wish) ? 'typed' : 'file';
}
