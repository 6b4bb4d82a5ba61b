/** `mosaic fleet install-systemd`: the user manager reconciles the fleet by itself; and takes that away again. */
import { join } from 'node:path';
import { counted } from '../../base/text.ts';
import type { Files, Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Places } from '../../model/places.ts';
import { observeLinger } from '../../observe/linger.ts';
import { observeUnits } from '../../observe/units.ts';
import { isOurs } from '../../render/artefacts.ts';
import { triggerName } from '../../render/triggers.ts';
import { unitNames } from '../../render/unit-names.ts';
import {
  lingerText,
  stepText,
  triggersJsonText,
  unchangedText,
  unitDiffsText,
} from '../../report/triggers.ts';
import { applyFleet } from '../apply.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { refuseBesideFollowed } from '../in-force.ts';
import { planCommand } from '../plan.ts';
import { renewGitopsUnits } from '../gitops/units.ts';
import { settingOf } from '../reconcile.ts';
import { showStatus } from '../status.ts';
import { standingCronLines } from './crontab.ts';
import {
  ENABLED,
  foldersMade,
  foldersNote,
  refuseForeign,
  removeFormerTriggers,
  standingTriggers,
  triggerInterval,
  WAITING,
  wantedTriggers,
  type TriggerFile,
} from './triggers.ts';
import { systemctl, unitsAsLoaded, type TriggerStep } from './standing-units.ts';
import { uninstallSystemd } from './uninstall-systemd.ts';
import { LOCK_PATIENCE_MS } from '../turn.ts';

export interface InstallSystemdOptions extends FleetOptions {
  /** Absent: as it stands, else every minute. */
  intervalMs?: number;
  linger?: boolean;
  dryRun?: boolean;
  uninstall?: boolean;
  /** With `uninstall`, in place of a fleet file. */
  name?: string;
  yes?: boolean;
}

export async function installSystemdCommand(
  context: CommandContext,
  options: InstallSystemdOptions,
): Promise<number> {
  const { host, terminal } = context;
  if (options.uninstall === true) return uninstallSystemd(context, options);
  if (options.name !== undefined)
    throw new CommandError('--name is for --uninstall: a fleet is installed from its file', EXIT.usage);
  const { fleet, warnings } = await requireFleet(context, options);
  const { places } = settingOf(host, fleet);
  refuseBesideFollowed(host, fleet);
  for (const warning of warnings) terminal.err(`Note: ${warning.message}\n`);
  await needManager(context, fleet);
  // Where it was read from: of a clone of a followed repository that is the file in force.
  const { file } = fleet;
  const intervalMs = triggerInterval(host, fleet, places, options.intervalMs);
  const wanted = wantedTriggers(host, fleet, places, { file, intervalMs });
  refuseForeign(host, fleet, wanted);

  const dryRun = options.dryRun === true;
  const steps: TriggerStep[] = [];
  const told = (step: TriggerStep): void => {
    steps.push(step);
    if (options.json !== true) terminal.out(stepText(step, dryRun));
  };
  const goOn = (): void => {
    if (!dryRun && context.signal.aborted) throw interrupted(steps);
  };
  const linger = await observeLinger(host);
  goOn();
  let lingering = linger.known ? linger.value : undefined;
  if (options.linger === true && lingering !== true) {
    if (!dryRun) await enableLinger(context);
    told({ do: 'linger', what: host.facts.user });
    if (!dryRun) lingering = true;
  }
  if (dryRun) {
    await install(context, fleet, places, wanted, { told, goOn, dryRun });
    await renewGitopsUnits(host, fleet, places, { told, dryRun });
    await enableHolder(context, fleet, places, { told, dryRun });
    const shown = options.json === true ? quiet(context) : context;
    shown.terminal.out(`${await unitDiffsText(changes(host, fleet, places, wanted), terminal)}\n`);
    const exitCode = await planCommand(shown, { file: fleet.file });
    if (options.json === true)
      terminal.out(
        triggersJsonText(report(fleet, { action: 'would-install', steps, intervalMs, lingering, exitCode })),
      );
    return exitCode;
  }
  try {
    await install(context, fleet, places, wanted, { told, goOn });
  } catch (error) {
    // A Ctrl-C ends the systemctl of the moment too: that one failed is no news then.
    goOn();
    throw error;
  }
  goOn();
  await renewGitopsUnits(host, fleet, places, { told });
  const exitCode = await applyFleet(options.json === true ? quiet(context) : context, fleet, {
    file: fleet.file,
    waitMs: LOCK_PATIENCE_MS,
    // The first tick has them run where they hold nothing up.
    gates: false,
  });
  goOn();
  await enableHolder(context, fleet, places, { told });
  const action = steps.length === 0 ? 'unchanged' : 'installed';
  if (options.json === true) {
    terminal.out(triggersJsonText(report(fleet, { action, steps, intervalMs, lingering, exitCode })));
    return exitCode;
  }
  if (steps.length === 0) terminal.out(unchangedText(fleet.name, intervalMs));
  terminal.err(lingerText(lingering, host.facts.user));
  const lines = await standingCronLines(host, fleet.name, places).catch(() => []);
  if (lines.length > 0)
    terminal.err('Note: cron applies the fleet too; mosaic fleet install-cron --uninstall ends that.\n');
  terminal.out('\n');
  await showStatus(context, fleet);
  return exitCode;
}

const interrupted = (steps: readonly TriggerStep[]): CommandError =>
  new CommandError(
    steps.length === 0
      ? 'interrupted; none of the units was changed'
      : `interrupted after ${counted(steps.length, 'step')} (the last: ${steps.at(-1)?.do} ${steps.at(-1)?.what}); what was done stands`,
    EXIT.interrupted,
    { fix: 'Run it again, and it does the rest; with --uninstall it takes all away.' },
  );

const report = (
  { name: fleet }: Fleet,
  {
    lingering,
    ...rest
  }: Omit<Parameters<typeof triggersJsonText>[0], 'fleet' | 'lingering'> & {
    lingering: boolean | undefined;
  },
): Parameters<typeof triggersJsonText>[0] => ({
  fleet,
  ...rest,
  ...(lingering === undefined ? {} : { lingering }),
});

/** The same, with nothing on standard output: what is printed there is for programs. */
const quiet = (context: CommandContext): CommandContext => ({
  ...context,
  terminal: { ...context.terminal, out: () => {} },
});

async function needManager({ host }: CommandContext, fleet: Fleet): Promise<void> {
  if (fleet.supervisor === 'none') {
    throw new CommandError('the fleet file says supervisor: none', EXIT.failed, {
      fix: 'mosaic fleet install-cron does the like without systemd; or write supervisor: auto.',
    });
  }
  const units = await observeUnits(host, fleet.systemd.unitPrefix);
  if (!units.known) throw new CommandError(units.why, EXIT.unavailable, { fix: units.fix });
  if (units.value.manager === 'answers') return;
  throw new CommandError(units.value.why ?? 'no user manager runs', EXIT.unavailable, {
    fix: 'Log in as this user where systemd runs; where there is none: mosaic fleet install-cron.',
  });
}

async function enableLinger({ host }: CommandContext): Promise<void> {
  const { user } = host.facts;
  const { code, stderr, message } = await host.exec('loginctl', ['enable-linger', user]);
  if (code === 0) return;
  throw new CommandError(
    `loginctl enable-linger ${user} failed: ${stderr.trim() || (message ?? `exit ${code}`)}`,
    EXIT.failed,
    { fix: `Have an administrator run it: sudo loginctl enable-linger ${user}` },
  );
}

interface Doing {
  told: (step: TriggerStep) => void;
  /** Throws where a person has interrupted it. */
  goOn: () => void;
  dryRun?: boolean;
}

/** Writes, loads, enables and starts what is not as it should be. */
async function install(
  { host }: CommandContext,
  fleet: Fleet,
  places: Places,
  wanted: readonly TriggerFile[],
  { told, goOn, dryRun = false }: Doing,
): Promise<void> {
  const standing = standingTriggers(host, fleet, places);
  if (!dryRun && standing.size === 0) noteFolders(host.files, places, foldersMade(host, places));
  const changed = wanted.filter(({ trigger, text }) => standing.get(trigger) !== text);
  // A file that is followed from now on is watched by nobody.
  const needless = [...standing.keys()].filter((one) => !wanted.some(({ trigger }) => trigger === one));
  for (const trigger of needless) {
    const name = triggerName(fleet.systemd.unitPrefix, trigger);
    if (!dryRun) {
      await systemctl(host, ['disable', '--now', '--quiet', name]);
      host.files.remove(join(places.units, name));
    }
    told({ do: 'remove', what: name, path: join(places.units, name) });
  }
  if (!dryRun && changed.length > 0) host.files.mkdir(places.units);
  for (const { name, path, text } of changed) {
    goOn();
    if (!dryRun) host.files.write(path, text, { mode: 0o644 });
    told({ do: 'write', what: name, path });
  }
  if (changed.length + needless.length > 0) {
    if (!dryRun) await systemctl(host, ['daemon-reload']);
    told({ do: 'reload', what: 'the user manager' });
  }
  goOn();
  const loaded = await unitsAsLoaded(
    host,
    wanted.map(({ name }) => name),
  );
  const elsewhere = wanted.find(({ name, path }) => loaded.get(name)?.fragment !== path);
  if (!dryRun && elsewhere !== undefined) {
    const from = loaded.get(elsewhere.name)?.fragment ?? '';
    throw new CommandError(
      `the user manager does not take ${elsewhere.name} from ${elsewhere.path}${from === '' ? '' : `, but from ${from}`}`,
      EXIT.failed,
      {
        fix: 'Remove what stands before it there; or run this with the HOME and XDG_CONFIG_HOME that the manager was started with.',
      },
    );
  }
  const mine = (names: readonly string[]): TriggerFile[] =>
    wanted.filter(({ trigger }) => names.includes(trigger));
  const enable = mine(ENABLED).filter(({ name }) => loaded.get(name)?.file !== 'enabled');
  goOn();
  if (enable.length > 0 && !dryRun) {
    await systemctl(host, ['enable', '--quiet', ...enable.map(({ name }) => name)]);
  }
  for (const { name } of enable) told({ do: 'enable', what: name });
  for (const file of mine(WAITING)) {
    const verb =
      loaded.get(file.name)?.active !== 'active' ? 'start' : changed.includes(file) ? 'restart' : '';
    if (verb === '') continue;
    goOn();
    if (!dryRun) await systemctl(host, [verb, file.name]);
    told({ do: verb, what: file.name });
  }
  goOn();
  // Once ours stand: in between, both would only wait for each other.
  await removeFormerTriggers(host, fleet, places, told, { dryRun });
}

/** The holder's unit is the apply's to write: it is there once that has come so far. */
async function enableHolder(
  { host }: CommandContext,
  fleet: Fleet,
  places: Places,
  { told, dryRun = false }: Omit<Doing, 'goOn'>,
): Promise<void> {
  const { holder } = unitNames(fleet.systemd.unitPrefix);
  const path = join(places.units, holder);
  const stat = host.files.stat(path);
  const toCome = dryRun && stat === undefined;
  if (!toCome && (stat?.kind !== 'file' || !isOurs(fleet.name, host.files.read(path) ?? ''))) return;
  if ((await unitsAsLoaded(host, [holder])).get(holder)?.file === 'enabled') return;
  if (!dryRun) await systemctl(host, ['enable', '--quiet', holder]);
  told({ do: 'enable', what: holder });
}

/** The files that would be written, with what stands there. */
function changes(
  host: Host,
  fleet: Fleet,
  places: Places,
  wanted: readonly TriggerFile[],
): { path: string; before?: string; after: string }[] {
  const standing = standingTriggers(host, fleet, places);
  return wanted.flatMap(({ trigger, path, text: after }) => {
    const before = standing.get(trigger);
    if (before === after) return [];
    return [before === undefined ? { path, after } : { path, before, after }];
  });
}

/** Which folders go again when all is uninstalled: those that were not there before. */
function noteFolders(files: Files, places: Places, folders: readonly string[]): void {
  if (folders.length === 0 || files.stat(foldersNote(places)) !== undefined) return;
  files.mkdir(places.state);
  files.write(foldersNote(places), `${JSON.stringify(folders)}\n`);
}
