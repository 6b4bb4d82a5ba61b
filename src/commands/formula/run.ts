/** `mosaic formula run`: one run of a formula, from its guards to its record. */
import { promptOf } from '../../formula/prompt.ts';
import { HostError, type Host } from '../../host/host.ts';
import type { Fleet, Supervisor } from '../../model/fleet.ts';
import { formulaPlaces, runPlaces, type Formula } from '../../model/formula.ts';
import type { Places } from '../../model/places.ts';
import {
  createRunProgress,
  runResultJsonText,
  runResultText,
  type RunResult,
} from '../../report/formula-run.ts';
import { leftText } from '../../report/formula-left.ts';
import type { Setting } from '../../plan/plan.ts';
import { RunError } from '../../runs/error.ts';
import { NeedError } from '../../runs/error-need.ts';
import { commandOf, memoryShort, takesInput } from '../../runs/guards.ts';
import type { Report } from '../../runs/progress.ts';
import { partsOf } from '../../runs/prompt-parts.ts';
import { runningRun } from '../../runs/record.ts';
import { readReplies } from '../../runs/replies.ts';
import { newId, runFormula } from '../../runs/run.ts';
import { secretsOf, withoutToken } from '../../runs/secrets.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { eventLog } from '../event-log.ts';
import { requireFleet } from '../fleet-file.ts';
import { givenPath } from '../given-path.ts';
import { settingOf } from '../reconcile.ts';
import { requireFormula } from './file.ts';
import { ensureServer } from './holder.ts';
import { nameOfFile, noteRefusal } from './refusal.ts';
import { logRun } from './run-events.ts';

export interface FormulaRunOptions {
  /** The fleet file. */
  file?: string;
  dryRun?: boolean;
  json?: boolean;
}

/**
 * Exit codes: those of `exitCodeOf`, 0 for a run that was skipped. Throws CommandError: 65 for a file that is not valid, 69 where something
 * that the run needs is not there.
 */
export async function formulaRunCommand(
  given: CommandContext,
  file: string,
  options: FormulaRunOptions,
): Promise<number> {
  const { fleet } = await requireFleet(given, options.file === undefined ? {} : { file: options.file });
  const isReal = options.dryRun !== true;
  const formula = isReal ? await formulaOrNote(given, fleet, file) : await requireFormula(given, file);
  const context = { ...given, host: withoutToken(given.host, formula) };
  const { host, terminal, signal } = context;
  const setting = settingOf(host, fleet);
  const { places } = setting;
  const say = (result: RunResult): void =>
    terminal.out(
      options.json === true ? runResultJsonText(fleet.name, result) : runResultText(result, terminal.color),
    );
  if (!isReal) {
    say(await planned(context, fleet, places, formula));
    return EXIT.ok;
  }
  const log = eventLog(host, places, fleet.name);
  const show = createRunProgress(terminal, { formula: formula.name, now: () => host.clock.now() });
  const report: Report = (progress) => {
    show(progress);
    logRun(log, formula, progress);
  };
  if (context.parting !== undefined)
    context.parting.words = () => leftOf(host, places, formula, options.file);
  const result = await withNeeds(() =>
    runFormula({
      context: { host, fleet, places, signal },
      formula,
      report,
      server: () => server(context, fleet, setting),
    }),
  ).catch(async (error: unknown) => {
    if (error instanceof CommandError && !signal.aborted)
      await noteRefusal(host, fleet, log, { name: formula.name, file: formula.file }, error);
    throw error;
  });
  if ('skipped' in result) {
    report({ type: 'skipped', formula: formula.name, why: result.skipped });
    say({ kind: 'skipped', formula: formula.name, why: result.skipped });
  } else say({ kind: 'ended', run: result.run });
  const trouble = log.trouble();
  if (trouble !== undefined) terminal.err(`The event log is incomplete: ${trouble}\n`);
  return 'run' in result ? (result.run.exitCode ?? EXIT.failed) : EXIT.ok;
}

/** Where it is not valid any more, that goes on record too. Throws CommandError. */
async function formulaOrNote(context: CommandContext, fleet: Fleet, given: string): Promise<Formula> {
  const { host, signal } = context;
  try {
    return await requireFormula(context, given);
  } catch (error) {
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    const file = givenPath(host, given);
    const name = nameOfFile(host, fleet, file);
    if (name !== undefined) {
      const log = eventLog(host, settingOf(host, fleet).places, fleet.name);
      await noteRefusal(host, fleet, log, { name, file }, error);
    }
    throw error;
  }
}

/** What of this very run has not been ended yet, in words. */
function leftOf(host: Host, places: Places, { name, file }: Formula, fleetFile: string | undefined): string {
  try {
    const run = runningRun(host, formulaPlaces(places, name));
    const fleet = fleetFile === undefined ? [] : ['--file', fleetFile];
    return run?.pid === host.facts.pid ? leftText(run, ['mosaic', 'formula', 'run', file, ...fleet]) : '';
  } catch (error) {
    if (error instanceof HostError) return '';
    throw error;
  }
}

/** Throws RunError. */
async function server(context: CommandContext, fleet: Fleet, setting: Setting): Promise<Supervisor> {
  try {
    return await ensureServer(context, fleet, setting);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new RunError(error.message, { fix: error.fix, cause: error });
  }
}

async function withNeeds<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof NeedError)
      throw new CommandError(error.message, EXIT.unavailable, { fix: error.fix });
    if (error instanceof RunError) throw new CommandError(error.message, EXIT.failed, { fix: error.fix });
    throw error;
  }
}

/** What a run would be told, and whether there would be one. Takes, makes and writes nothing. */
async function planned(
  { host }: CommandContext,
  fleet: Fleet,
  places: Places,
  formula: Formula,
): Promise<RunResult> {
  return withNeeds(async () => {
    const own = formulaPlaces(places, formula.name);
    const { values, mask } = secretsOf(host, formula);
    const command = commandOf(host, fleet, formula, values);
    const id = newId(host.clock.now(), (one) => host.files.stat(runPlaces(own, one).folder) !== undefined);
    const run = runPlaces(own, id);
    const parts = await partsOf(host, {
      formula,
      run: { id, folder: run.folder },
      places: { own, run },
      folder: formula.repository,
      replies: readReplies(host.files, own).map(({ text }) => text),
      mask,
      takesInput: takesInput(fleet, formula, command),
    });
    const other = runningRun(host, own);
    const why =
      other === undefined ? memoryShort(host, formula) : `its run ${other.id} (pid ${other.pid}) is at work`;
    const prompt = mask(promptOf(parts));
    return { kind: 'planned', formula: formula.name, prompt, ...(why === undefined ? {} : { why }) };
  });
}
