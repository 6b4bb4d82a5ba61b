/** Ends what a formula has running: exactly its session, its scope, and every process that it left behind. */
import { HostError } from '../host/host.ts';
import { formulaPlaces, formulaSession } from '../model/formula.ts';
import { runKey } from '../model/state.ts';
import { captureScreens, withoutNotice } from '../observe/pane-looks.ts';
import { tmuxArgs } from '../observe/tmux.ts';
import { guarded } from '../render/guarded.ts';
import { unitNames } from '../render/unit-names.ts';
import type { RunContext } from './context.ts';
import { RunError } from './error.ts';
import { endProcesses, endRemains, type Belongs } from './remains.ts';
import { forgetSessionFiles } from './session-file.ts';
import { findRun, type FoundSession } from './session.ts';

export interface RunEnded {
  /** There was a session. */
  found: boolean;
  /** All that its program had shown. */
  screen?: string;
  /** In words: what could not be ended, or could not be told. Somebody may still work in its worktree. */
  trouble?: string;
  /** Its session may be there still. */
  sessionLeft?: true;
}

/** As many lines as tmux keeps of a fleet's pane. */
const WHOLE_HISTORY = 20_000;
const STOP_TIMEOUT_MS = 60_000;

/**
 * Called while nobody else runs the formula, for a run of ours or one that a dead mosaic left; where nothing of it runs, it does nothing.
 * Never throws for what the machine does.
 * @param options.mask replaces secret values
 */
export async function endRun(
  context: RunContext,
  formula: string,
  { mask }: { mask: (text: string) => string },
): Promise<RunEnded> {
  const troubles: string[] = [];
  const attempt = async <T>(task: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof RunError) && !(error instanceof HostError)) throw error;
      troubles.push(error.message);
      return undefined;
    }
  };
  // Plain, so that one that throws is caught as well.
  await attempt(() =>
    Promise.resolve().then(() => forgetSessionFiles(context.host, formulaPlaces(context.places, formula))),
  );
  const count = (): number => troubles.length;
  const before = count();
  const found = await attempt(() => findRun(context, formula));
  const screen = found === undefined ? undefined : await screenOf(context, found);
  if (found !== undefined) await attempt(() => kill(context, found));
  let sessionLeft = count() > before;
  if (context.supervisor === 'systemd') await attempt(() => stopScope(context, formula));
  await attempt(() => endLeftBehind(context, formula, found));
  if (found !== undefined && troubles.length === 0) {
    await attempt(() => requireGone(context, found));
    sessionLeft = count() > 0;
  }
  return {
    found: found !== undefined,
    ...(screen === undefined ? {} : { screen: mask(screen) }),
    ...(troubles.length === 0 ? {} : { trouble: troubles.join('; ') }),
    ...(sessionLeft ? { sessionLeft } : {}),
  };
}

/** A screen is only ever a hint: where tmux does not answer, there is none. */
async function screenOf({ host, fleet }: RunContext, { pane }: FoundSession): Promise<string | undefined> {
  if (pane === undefined) return undefined;
  const screens = await captureScreens(host, fleet.tmux.socketName, [pane.id], WHOLE_HISTORY);
  const screen = screens.get(pane.id);
  return screen === undefined ? undefined : withoutNotice(screen);
}

async function kill({ host, fleet }: RunContext, { target }: FoundSession): Promise<void> {
  const line = guarded(target, [`kill-session -t '${target.session}'`]);
  const result = await host.exec('tmux', [...tmuxArgs(fleet.tmux.socketName), 'source-file', '-'], {
    input: `${line}\n`,
  });
  // A server that is gone, or a session that is: what is left is looked for below.
  if (result.code === undefined) throw new RunError(`tmux did not answer: ${result.message}`);
}

async function stopScope({ host, fleet }: RunContext, formula: string): Promise<void> {
  const scope = unitNames(fleet.systemd.unitPrefix).formulaScope(formula);
  const result = await host.exec('systemctl', ['--user', 'stop', scope], { timeoutMs: STOP_TIMEOUT_MS });
  // A scope is gone as soon as its last process is: that it is not loaded any more is what we want.
  if (result.code === 0 || result.code === 5 || /not loaded/.test(result.stderr)) return;
  throw new RunError(result.message ?? `systemctl: ${result.stderr.trim() || `exit ${result.code}`}`);
}

async function endLeftBehind(
  { host, places }: RunContext,
  formula: string,
  found: FoundSession | undefined,
): Promise<void> {
  const runs = `${formulaPlaces(places, formula).runs}/`;
  const name = formulaSession(formula);
  // Whatever became of its session, its folder here is nobody else's.
  const belongs: Belongs<string> = ({ MOSAIC_AGENT: agent, MOSAIC_PHASE_FILE: phase = '' }) =>
    agent === name && phase.startsWith(runs) ? name : undefined;
  const left = await endProcesses(host, belongs);
  const ofSession = found === undefined ? [] : [runKey(found.target.server, found.target.session)];
  const survivors = [...left.values(), ...(await endRemains(host, ofSession)).values()];
  if (survivors[0] !== undefined) throw new RunError(`process ${survivors[0]} of it could not be ended`);
}

async function requireGone(context: RunContext, { formula, name, target }: FoundSession): Promise<void> {
  const now = await findRun(context, formula);
  if (now?.target.session === target.session) throw new RunError(`its session ${name} is still there`);
}
