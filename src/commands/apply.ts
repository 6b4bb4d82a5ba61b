/** `mosaic apply`: makes the host as the fleet file says. */
import { sha256 } from '../base/sha256.ts';
import { savedPlan as isSavedPlan } from '../generated/savedPlan.js';
import type { Fleet } from '../model/fleet.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Places } from '../model/places.ts';
import type { Plan, Verification } from '../model/plan.ts';
import { nextMoment } from '../plan/next-moment.ts';
import { unitNames } from '../render/unit-names.ts';
import { renderPlan } from '../report/render-plan.ts';
import type { SavedPlan } from '../report/saved-plan.ts';
import { appliedExitCode, applyPlan, withApplyLock, type Applied } from './apply-plan.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { findFleetFile, readFleet, requireFleet } from './fleet-file.ts';
import { givenPath } from './given-path.ts';
import { planDigest, planOptions, type PlanCommandOptions } from './plan.ts';
import { planExitCode } from './plan-exit-code.ts';
import { lookAndPlan, settingOf, type Look } from './reconcile.ts';
import { showStatus } from './status.ts';
import type { TurnOptions } from './turn.ts';
import { verifyMissions } from './verify-missions.ts';

export interface ApplyCommandOptions extends PlanCommandOptions {
  dryRun?: boolean;
  verbose?: boolean;
  /** End with the status table. */
  status?: boolean;
  watch?: boolean;
  intervalMs?: number;
  /** How long another apply is let finish; not at all unless told. */
  waitMs?: number;
  /** False: quality gates are left to another apply. */
  gates?: boolean;
  /** A unit to start for them then. */
  gatesIn?: string;
  /** Told of each plan before it is carried out. */
  planned?: (plan: Plan) => void;
  /** Told at the end of what became of the actions of all rounds. */
  ended?: (outcomes: readonly Outcome[]) => void;
}

export async function applyCommand(
  context: CommandContext,
  planFile: string | undefined,
  options: ApplyCommandOptions,
): Promise<number> {
  if (planFile !== undefined) return applySaved(context, planFile, options);
  if (options.gatesIn !== undefined) return triggeredApply(context, options, options.gatesIn);
  const { fleet, warnings } = await requireFleet(context, { ...options, remember: true });
  for (const warning of warnings) context.terminal.err(`Note: ${warning.message}\n`);
  return applyFleet(context, fleet, options);
}

/** As a unit runs it: nothing holds up the next one, and what changes meanwhile wakes it. */
async function triggeredApply(
  context: CommandContext,
  options: ApplyCommandOptions,
  unit: string,
): Promise<number> {
  const { host, terminal } = context;
  const file = await findFleetFile(host, options.file);
  const before = textOf(host, file);
  const due: Verification[] = [];
  let wake: string | undefined;
  let soon: number | undefined;
  try {
    const { fleet, warnings } = await requireFleet(context, { file, remember: true });
    wake = settingOf(host, fleet).places.wake;
    for (const warning of warnings) terminal.err(`Note: ${warning.message}\n`);
    const planned = (plan: Plan): void => {
      due.push(...plan.verifications);
      soon = nextMoment(plan);
    };
    const code = await applyFleet(context, fleet, { ...options, gates: false, planned });
    if (soon !== undefined) await wakeAt(context, unitNames(fleet.systemd.unitPrefix).wake, soon);
    return code;
  } finally {
    if (due.length > 0) {
      const started = await host.exec('systemctl', ['--user', 'start', '--no-block', unit]);
      if (started.code !== 0) terminal.err(`${unit}: ${started.message ?? started.stderr.trim()}\n`);
    }
    // systemd forgets a change of the file that it sees while the unit runs (systemd 252).
    if (textOf(host, file) !== before) {
      wake ??= await wakeOf(context, file);
      if (wake !== undefined) host.files.write(wake, '');
    }
  }
}

/** Has the manager raise the flag at a moment, in place of whatever moment it was told before. Without it the next tick comes. */
async function wakeAt({ host, terminal }: CommandContext, unit: string, moment: number): Promise<void> {
  await host.exec('systemctl', ['--user', 'stop', unit.replace(/service$/, 'timer')]);
  const ms = Math.max(0, moment - host.clock.now()) + LATE_MS;
  const timer = [`--on-active=${ms}ms`, '--timer-property=AccuracySec=100ms', `--unit=${unit}`];
  const armed = await host.exec('systemd-run', ['--user', '--quiet', ...timer]);
  if (armed.code !== 0) terminal.err(`systemd-run: ${armed.message ?? armed.stderr.trim()}\n`);
}

/** So that the moment is over when somebody looks. */
const LATE_MS = 200;

function textOf({ files }: CommandContext['host'], file: string): string | undefined {
  try {
    return files.read(file);
  } catch {
    return undefined;
  }
}

/** The flag of the fleet that a file is of by now. */
async function wakeOf(context: CommandContext, file: string): Promise<string | undefined> {
  try {
    const loaded = await readFleet(context, file);
    return loaded.ok ? settingOf(context.host, loaded.value).places.wake : undefined;
  } catch {
    // Gone, or not to be read: nothing to hurry for.
    return undefined;
  }
}

/** Applies, runs the quality gates that are due then, and applies again for what they changed. Resolves with the exit code. */
export async function applyFleet(
  context: CommandContext,
  fleet: Fleet,
  options: ApplyCommandOptions,
  accept?: (look: Look) => void,
): Promise<number> {
  const { host } = context;
  const round = (now: Fleet, asked: ApplyCommandOptions): Promise<Done> => {
    const setting = settingOf(host, now);
    const task = async (): Promise<Done> => {
      const look = await lookAndPlan(host, now, setting, planOptions(now, asked));
      accept?.(look);
      options.planned?.(look.plan);
      return carryOut(context, now, setting.places, look, asked);
    };
    return withApplyLock(context, setting.places, task, turnOptions(options));
  };
  let last = await round(fleet, options);
  let { code } = last;
  const outcomes = [...last.applied.outcomes];
  // Gates that passed or failed change what there is to do; a saved plan says exactly how far to go.
  let current = fleet;
  while (options.gates !== false && last.plan.verifications.length > 0 && code !== EXIT.interrupted) {
    const { places } = settingOf(host, current);
    const { ended, trouble } = await verifyMissions(context, current, places, last.plan.verifications);
    if (context.signal.aborted) code = EXIT.interrupted;
    else if (trouble && code === EXIT.ok) code = EXIT.failed;
    if (ended === 0 || context.signal.aborted || accept !== undefined) break;
    // They may have taken an hour: the file may say something else by now.
    ({ fleet: current } = await requireFleet(context, { file: fleet.file, remember: true }));
    last = await round(current, once(options));
    outcomes.push(...last.applied.outcomes);
    if (code === EXIT.ok || last.code === EXIT.interrupted) ({ code } = last);
  }
  options.ended?.(outcomes);
  if (options.json === true) await tellPrograms(context, { ...last, applied: { ...last.applied, outcomes } });
  if (options.status === true && options.json !== true && code !== EXIT.interrupted) {
    context.terminal.out('\n');
    await showStatus(context, current);
  }
  return code;
}

const turnOptions = ({ waitMs }: ApplyCommandOptions): TurnOptions =>
  waitMs === undefined ? {} : { waitMs };

export interface Done {
  code: number;
  plan: Plan;
  applied: Applied;
}

/** What an operator asks for is asked for once. */
export const once = (options: ApplyCommandOptions): ApplyCommandOptions => ({
  ...options,
  restart: [],
  adopt: [],
  start: [],
  suspend: [],
  allowMassStop: false,
});

export async function carryOut(
  context: CommandContext,
  fleet: Fleet,
  places: Places,
  look: Look,
  options: ApplyCommandOptions,
): Promise<Done> {
  const { terminal } = context;
  const { plan } = look;
  const idle = plan.actions.length === 0;
  const applied: Applied = idle
    ? { outcomes: [], durationMs: 0 }
    : await applyPlan(context, fleet, places, look, {
        verbose: options.verbose ?? false,
        quiet: options.json ?? false,
        asked: new Set(
          [options.restart, options.adopt, options.start, options.suspend].flatMap((names) => names ?? []),
        ),
      });
  // For programs it is told at the end: there may be more rounds.
  if (options.json !== true && idle) await renderPlan(plan, terminal);
  else if (options.json !== true) {
    const verdicts = plan.verdicts.filter(({ change }) => ['hold', 'conflict', 'unknown'].includes(change));
    const left = { ...plan, actions: [], definitions: [], verdicts };
    if (verdicts.length + plan.holds.length > 0) await renderPlan(left, terminal, { summary: false });
  }
  return { code: appliedExitCode(plan, applied), plan, applied };
}

export async function tellPrograms({ terminal }: CommandContext, { plan, applied }: Done): Promise<void> {
  const { applyJsonText } = await import('../report/apply-summary.ts');
  terminal.out(applyJsonText({ plan, ...applied }));
}

/** Does exactly what a saved plan says, or nothing. */
async function applySaved(
  context: CommandContext,
  planFile: string,
  options: ApplyCommandOptions,
): Promise<number> {
  const saved = await readSavedPlan(context, planFile);
  const { fleet, text } = await requireFleet(context, { file: saved.file });
  const changed = (what: string): CommandError =>
    new CommandError(`${what} since the plan ${planFile} was made`, EXIT.invalid, {
      fix: 'Make a new one: mosaic plan --out FILE.',
    });
  if (sha256(text) !== saved.file_sha256) throw changed(`the fleet file ${saved.file} has changed`);
  if (saved.mosaic !== context.version)
    throw changed(`mosaic has changed (${saved.mosaic} to ${context.version})`);
  const { agents, restart, adopt, allow_mass_stop } = saved.options;
  const asPlanned: ApplyCommandOptions = {
    ...options,
    ...(agents.length === 0 ? {} : { agent: agents }),
    restart,
    adopt,
    allowMassStop: allow_mass_stop,
  };
  const accept = ({ plan }: Look): void => {
    if (planDigest(plan) !== saved.plan_sha256) throw changed('the host has changed');
  };
  if (options.dryRun !== true) return applyFleet(context, fleet, asPlanned, accept);
  const look = await lookAndPlan(
    context.host,
    fleet,
    settingOf(context.host, fleet),
    planOptions(fleet, asPlanned),
  );
  accept(look);
  await renderPlan(look.plan, context.terminal);
  return planExitCode(look.plan);
}

async function readSavedPlan({ host, signal }: CommandContext, planFile: string): Promise<SavedPlan> {
  const text = await host.files.readInput(givenPath(host, planFile), signal);
  if (text === undefined) throw new CommandError(`the plan ${planFile} is not there`, EXIT.invalid);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  if (!isSavedPlan(data)) {
    throw new CommandError(`${planFile} is not a plan that mosaic saved`, EXIT.invalid, {
      fix: 'mosaic plan --out FILE makes one; a fleet file is named with --file.',
    });
  }
  return data as SavedPlan;
}
