/** `mosaic formula install`: a timer of this host runs a formula, whatever the fleet file says of it. */
import { formatDuration } from '../../base/duration.ts';
import { EVERY, isEvery, nearEvery } from '../../base/every.ts';
import { listed, quoted } from '../../base/text.ts';
import { visible } from '../../base/visible.ts';
import type { Host } from '../../host/host.ts';
import type { Fleet, ScheduledFormula } from '../../model/fleet.ts';
import type { Places } from '../../model/places.ts';
import { observeUnits } from '../../observe/units.ts';
import { readInstalled } from '../../observe/formulas.ts';
import type { PlanOptions } from '../../plan/plan.ts';
import { formatInstalled } from '../../record/installed.ts';
import { formulaCronLine } from '../../render/formula-units.ts';
import { withApplyLock } from '../apply-plan.ts';
import { carryOut, tellPrograms } from '../apply.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { givenPath } from '../given-path.ts';
import { showPlan } from '../plan.ts';
import { planExitCode } from '../plan-exit-code.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { LOCK_PATIENCE_MS } from '../turn.ts';
import { requireFormula } from './file.ts';
import { knownFormulas } from './known.ts';

export interface FormulaInstallOptions extends FleetOptions {
  everyMs: number;
  /** Names its timer; the formula's own name unless given. */
  name?: string;
  dryRun?: boolean;
}

/** No agent, and nothing that only agents need. */
export const TIMERS_ALONE: PlanOptions = { only: new Set(), formulas: true };

export async function formulaInstallCommand(
  context: CommandContext,
  file: string,
  options: FormulaInstallOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { everyMs } = options;
  refuseOddInterval(everyMs);
  const { fleet } = await requireFleet(context, { ...options, remember: options.dryRun !== true });
  const path = givenPath(host, file);
  refusePassing(host, path);
  const formula = await requireFormula(context, path);
  if (!Object.hasOwn(fleet.runtimes, formula.runtime))
    throw new CommandError(
      `${path} names the runtime ${quoted(formula.runtime)}, which the fleet has not`,
      EXIT.invalid,
      { fix: `It has ${listed(Object.keys(fleet.runtimes))}.` },
    );
  const name = options.name ?? formula.name;
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name))
    throw new CommandError(`no formula can have the name ${quoted(name)}`, EXIT.usage, {
      fix: 'Use 1 to 40 lower-case letters, digits and hyphens.',
    });
  const wish: ScheduledFormula = { name, file: path, everyMs };
  const named = fleet.formulas.find((one) => one.name === name);
  if (named !== undefined) tellThatFileCounts(context, fleet, named, wish);
  const now: Fleet = named === undefined ? { ...fleet, formulas: [...fleet.formulas, wish] } : fleet;
  const setting = settingOf(host, now);
  await requireManager(host, now, named ?? wish, setting);
  const look = () => lookAndPlan(host, now, setting, TIMERS_ALONE);
  if (named === undefined) tellSame(context, fleet, wish, formula.name);
  if (options.dryRun === true) {
    const { plan } = await look();
    await showPlan(context, plan, options.json === true ? 'json' : 'text');
    return planExitCode(plan);
  }
  return withApplyLock(
    context,
    setting.places,
    async () => {
      // Written down first: whatever kills us, the next apply goes on with it.
      if (named === undefined) addWish(host, setting.places, wish);
      const done = await carryOut(context, now, setting.places, await look(), {
        json: options.json === true,
      });
      const held = done.plan.holds.some(({ subject }) => subject === name);
      if (options.json === true) await tellPrograms(context, done);
      else if (done.code === EXIT.ok && !held && named === undefined)
        terminal.out(
          `${name} is run every ${formatDuration(everyMs)}: ${visible(path)} (mosaic formula uninstall ${name} takes it away).\n`,
        );
      return done.code === EXIT.ok && held ? EXIT.failed : done.code;
    },
    { waitMs: LOCK_PATIENCE_MS },
  );
}

/** Each run reads the file anew. Throws CommandError. */
function refusePassing({ files }: Host, path: string): void {
  const kind = files.target(path)?.kind;
  // Who leads a file to standard input has it there only for now.
  const passing = /^\/(?:dev|proc)\//.test(path);
  if (!passing && (kind === undefined || kind === 'file')) return;
  throw new CommandError(
    `${path} ${passing ? 'is not there when a timer comes' : 'is no file'}`,
    EXIT.usage,
    {
      fix: 'Name the file of a formula, one that stays where it is.',
    },
  );
}

/** What the operator may not have meant: they go by names, and a run of one is a run of the other. */
function tellSame(
  { host, terminal }: CommandContext,
  fleet: Fleet,
  wish: ScheduledFormula,
  formula: string,
): void {
  const tell = (words: string): void => terminal.err(`Note: ${visible(words)}\n`);
  for (const { name, file, everyMs, schedule, origin } of knownFormulas(host, fleet)) {
    if (schedule === undefined || file === undefined || everyMs === undefined) continue;
    const known = `${file}, every ${formatDuration(everyMs)}`;
    if (schedule === wish.name) {
      if (origin === 'installed' && file !== wish.file)
        tell(`${schedule} was ${known}, until now; its notes and answers go to the new one`);
    } else if (name === formula)
      tell(
        `${schedule} (${known}) runs the formula ${formula}, too: one run at a time, with the same notes and answers`,
      );
  }
}

function refuseOddInterval(everyMs: number): void {
  if (isEvery(everyMs)) return;
  const near = nearEvery(everyMs).map(formatDuration);
  const why =
    everyMs < (EVERY[0] ?? 0)
      ? `every ${formatDuration(everyMs)} is too often for a formula`
      : `a timer cannot come every ${formatDuration(everyMs)}: that divides neither an hour nor a day`;
  throw new CommandError(why, EXIT.usage, {
    fix: `Near it: ${listed(near, 'or')}, as in --every ${near[0] ?? ''}.`,
  });
}

function tellThatFileCounts(
  { terminal }: CommandContext,
  fleet: Fleet,
  named: ScheduledFormula,
  wish: ScheduledFormula,
): void {
  const same = named.file === wish.file && named.everyMs === wish.everyMs;
  const says = same ? 'says the same' : `says every ${formatDuration(named.everyMs)}, ${named.file}`;
  terminal.err(
    visible(
      `Note: the fleet file ${fleet.file} names a formula ${named.name}, and ${says}: that counts, and nothing else is installed under this name`,
    ) + '\n',
  );
}

/** Throws CommandError where no user manager could run a timer: with what does the same by cron. */
async function requireManager(
  host: Host,
  fleet: Fleet,
  wish: ScheduledFormula,
  setting: ReturnType<typeof settingOf>,
): Promise<void> {
  const why = await managerMissing(host, fleet);
  if (why === undefined) return;
  const { programs, env } = setting.formulas;
  const line = formulaCronLine(wish, { file: fleet.file, programs, path: setting.path, env });
  throw new CommandError(`no timer can be installed: ${why}`, EXIT.unavailable, {
    fix:
      line === undefined
        ? 'Log in as this user with systemd running (loginctl enable-linger keeps it).'
        : `A line of your crontab does the same (crontab -e): ${line}`,
  });
}

async function managerMissing(host: Host, fleet: Fleet): Promise<string | undefined> {
  if (fleet.supervisor === 'none') return 'the fleet file says supervisor: none';
  const units = await observeUnits(host, fleet.systemd.unitPrefix);
  if (!units.known) return units.why;
  if (units.value.manager === 'answers') return undefined;
  return units.value.why ?? 'there is no user manager';
}

function addWish({ files }: Host, places: Places, wish: ScheduledFormula): void {
  const before = requireInstalled({ files }, places);
  const at = before.findIndex(({ name }) => name === wish.name);
  const after = at < 0 ? [...before, wish] : before.with(at, wish);
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  files.write(places.installedFormulas, formatInstalled(after), { durable: true });
}

/** The host's own list. Throws CommandError where it cannot be read. */
export function requireInstalled({ files }: Pick<Host, 'files'>, places: Places): ScheduledFormula[] {
  const installed = readInstalled(files, places);
  if (installed.known) return installed.value;
  throw new CommandError(installed.why, EXIT.failed, { fix: installed.fix });
}
