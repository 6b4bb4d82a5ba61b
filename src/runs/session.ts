/** The session of a formula's run: started, and found again. */
import { tailLines } from '../base/tail.ts';
import { quoted } from '../base/text.ts';
import { formulaPlaces, formulaSession, runPlaces, type Formula } from '../model/formula.ts';
import type { SessionSeen, TmuxSeen } from '../model/observation.ts';
import type { Target } from '../model/plan.ts';
import { withExitStatus } from '../observe/observe.ts';
import { captureScreens, withoutNotice } from '../observe/pane-looks.ts';
import { observeTmux, tmuxArgs } from '../observe/tmux.ts';
import { formatMark } from '../render/mark.ts';
import { globLiteral } from '../render/quote.ts';
import { scoped, sessionText } from '../render/session.ts';
import { unitNames } from '../render/unit-names.ts';
import type { RunContext } from './context.ts';
import { EndedAtOnce, RunError } from './error.ts';
import { forgetSessionFiles } from './session-file.ts';

export interface RunWish {
  formula: Pick<Formula, 'name' | 'runtime'>;
  /** Names the run. */
  run: string;
  /** Its program and the arguments. */
  command: readonly string[];
  /** Beside what `runEnvironment` gives. */
  environment: Readonly<Record<string, string>>;
  /** More of it, whose values are shown nowhere. */
  secrets: Readonly<Record<string, string>>;
  /** Where its program works: the run's worktree. */
  workplace: string;
  promptFile: string;
  /** The prompt's text stands in place of `{prompt}` in the command. */
  substitutes: boolean;
  /** Replaces the secret values in what a failure shows. */
  mask(text: string): string;
}

/** A session that bears a formula's mark. */
export interface FoundSession {
  /** Of the formula. */
  formula: string;
  /** `_formula-NAME`, whatever a person has named the session meanwhile. */
  name: string;
  target: Target;
  /** Its program's pane; absent: somebody has closed it. */
  pane?: { id: string; pid: number };
}

/** One that we have started. */
export interface RunSession extends FoundSession {
  pane: { id: string; pid: number };
  runtime: string;
  command: readonly string[];
}

/** How long a program must have lived to count as started. */
const SETTLE_MS = 200;

/** Its definition is asked of no formula's session: none is restarted for a change. */
const NO_DEFINITION = '0-';

/** What a run's program finds in its environment, above anything that the formula sets. */
export function runEnvironment(
  { fleet, places }: Pick<RunContext, 'fleet' | 'places'>,
  { formula, run, promptFile }: { formula: string; run: string; promptFile: string },
): Record<string, string> {
  const own = formulaPlaces(places, formula);
  return {
    MOSAIC_FLEET: fleet.file,
    MOSAIC_FLEET_NAME: fleet.name,
    MOSAIC_AGENT: formulaSession(formula),
    MOSAIC_FORMULA: formula,
    MOSAIC_RUN: run,
    MOSAIC_PHASE_FILE: runPlaces(own, run).phase,
    MOSAIC_PROMPT_FILE: promptFile,
    MOSAIC_SCRATCH_FILE: own.scratch,
  };
}

/**
 * Starts a run's program in a session of its own, and sees that it lives. One that ends within the first moment is given all the same where
 * it ended well or has written its phase; else that is EndedAtOnce with the last lines of its screen. A session that has the name already
 * is neither marked nor touched. Throws RunError.
 */
export async function startRun(context: RunContext, wish: RunWish): Promise<RunSession> {
  const { host, fleet, places } = context;
  const { formula, workplace } = wish;
  const own = formulaPlaces(places, formula.name);
  const { session: file, phase, folder } = runPlaces(own, wish.run);
  // tmux starts a program elsewhere where its folder is missing, and says nothing.
  if (host.files.target(workplace)?.kind !== 'folder')
    throw new RunError(`there is no folder ${quoted(workplace)} for the run to work in`);
  forgetSessionFiles(host, own);
  host.files.mkdir(folder);
  let complaint: string | undefined;
  try {
    host.files.write(file, textOf(context, wish), { mode: 0o600 });
    const result = await host.exec('tmux', [
      ...tmuxArgs(fleet.tmux.socketName),
      'source-file',
      globLiteral(file),
    ]);
    // What tmux complains of may name the line: the file's path, never what stands there.
    if (result.code !== 0) complaint = result.message ?? (result.stderr.trim() || `exit ${result.code}`);
  } finally {
    host.files.remove(file);
  }
  await host.clock.sleep(SETTLE_MS);
  const seen = await look(context);
  const name = formulaSession(formula.name);
  if (complaint !== undefined) throw notStarted(seen, context, name, wish.mask(complaint));
  const session = sessionNamed(seen, fleet.name, name);
  const found = session === undefined ? undefined : asFound(seen, session, formula.name);
  if (session === undefined || found?.pane === undefined)
    throw new EndedAtOnce(`its program ended at once, and its session ${name} with it`);
  if (session.pane?.dead === true && session.pane.status !== 0 && isEmpty(phase)) {
    const screens = await captureScreens(host, fleet.tmux.socketName, [found.pane.id], 50);
    const output = tailLines(wish.mask(withoutNotice(screens.get(found.pane.id) ?? '')), 12);
    throw new EndedAtOnce(`its program ${howItEnded(session.pane)} at once`, { output });
  }
  return { ...found, pane: found.pane, runtime: formula.runtime, command: wish.command };

  function isEmpty(path: string): boolean {
    return (host.files.stat(path)?.size ?? 0) === 0;
  }
}

function textOf(context: RunContext, wish: RunWish): string {
  const { fleet, supervisor } = context;
  const { formula, run, command, environment, secrets, workplace, promptFile } = wish;
  const name = formulaSession(formula.name);
  const { formulaScope } = unitNames(fleet.systemd.unitPrefix);
  return sessionText({
    fleet: fleet.name,
    name,
    environment,
    secrets,
    own: runEnvironment(context, { formula: formula.name, run, promptFile }),
    workplace,
    program: { command, ...(wish.substitutes ? { promptFile } : {}) },
    scope: supervisor === 'systemd' ? scoped(formulaScope(formula.name)) : [],
    mark: formatMark(
      { fleet: fleet.name, agent: name },
      { definition: NO_DEFINITION, supervisor, born: name },
      '#{pane_id}',
      false,
    ),
  });
}

/** In words, such as `ended with exit 3`. */
export const howItEnded = ({ status, signal }: { status?: number; signal?: number }): string =>
  signal !== undefined
    ? `was ended by signal ${signal}`
    : status !== undefined
      ? `ended with exit ${status}`
      : 'ended';

function notStarted(
  { sessions }: TmuxSeen,
  { fleet }: RunContext,
  name: string,
  complaint: string,
): RunError {
  const there = sessions.find((session) => session.name === name);
  if (there === undefined) return new RunError(`its session could not be started: ${complaint}`);
  const { owner } = there;
  if (owner?.fleet === fleet.name && owner.agent === name) {
    return new RunError(`a session ${name} of an earlier run is still there`, {
      fix: `End it: tmux -L ${fleet.tmux.socketName} kill-session -t '${there.id}'`,
    });
  }
  const whose = owner === undefined ? 'not of mosaic' : `of ${owner.fleet}/${owner.agent}`;
  return new RunError(`there is a session ${name} already, and it is ${whose}: it was left alone`, {
    fix: `Give it another name: tmux -L ${fleet.tmux.socketName} rename-session -t '${there.id}' NAME`,
  });
}

/**
 * The session that bears a formula's mark, be its program dead or alive; undefined where there is none. Throws RunError where tmux does not
 * answer.
 */
export async function findRun(context: RunContext, formula: string): Promise<FoundSession | undefined> {
  const seen = await look(context);
  const session = sessionNamed(seen, context.fleet.name, formulaSession(formula));
  return session === undefined ? undefined : asFound(seen, session, formula);
}

async function look({ host, fleet }: RunContext): Promise<TmuxSeen> {
  const seen = await withExitStatus(host, fleet, await observeTmux(host, fleet.tmux.socketName));
  if (seen.known) return seen.value;
  throw new RunError(seen.why, { fix: seen.fix });
}

/** By its mark, whatever a person has named it meanwhile. */
export const sessionNamed = (
  { sessions }: TmuxSeen,
  fleet: string,
  name: string,
): SessionSeen | undefined => {
  const own = sessions.filter(({ owner }) => owner?.fleet === fleet && owner.agent === name);
  return own.find((session) => session.name === name) ?? own[0];
};

function asFound(
  { server }: TmuxSeen,
  { id, owner, pane }: SessionSeen,
  formula: string,
): FoundSession | undefined {
  if (server === undefined) return undefined;
  return {
    formula,
    name: formulaSession(formula),
    target: { session: id, server, ...(owner === undefined ? {} : { owner }) },
    ...(pane === undefined ? {} : { pane: { id: pane.id, pid: pane.pid } }),
  };
}
