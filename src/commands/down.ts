/** `mosaic down`: takes a fleet away again, and only that. */
import { dirname, join } from 'node:path';
import { forgetFollowing } from '../gitops/store.ts';
import type { Host } from '../host/host.ts';
import { clearUnfinished } from '../host/unfinished.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Places } from '../model/places.ts';
import { renderPlan } from '../report/render-plan.ts';
import { appliedExitCode, applyPlan, withApplyLock } from './apply-plan.ts';
import { EXIT } from './command-error.ts';
import { cachePath } from './fleet-cache.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { fleetToEnd } from './fleet/ended-fleet.ts';
import { endRuns } from './formula/end-runs.ts';
import { FLEET_KINDS, removeUnits, unitsOf, type TriggerStep } from './fleet/standing-units.ts';
import { foldersNote, madeFolders, removeTriggers, triggersStand } from './fleet/triggers.ts';
import { removeCronLine, standingCronLines } from './fleet/crontab.ts';
import { removeGitopsUnits } from './gitops/units.ts';
import { planExitCode } from './plan-exit-code.ts';
import { lookAndPlan, settingOf } from './reconcile.ts';
import { LOCK_PATIENCE_MS } from './turn.ts';

export interface DownCommandOptions extends FleetOptions {
  /** In place of a fleet file: the fleet as it stands on this host. */
  name?: string;
  dryRun?: boolean;
  /** Also what remains as history: event log and crash records. */
  purge?: boolean;
  verbose?: boolean;
}

export async function downCommand(context: CommandContext, options: DownCommandOptions): Promise<number> {
  return downFleet(context, await fleetToEnd(context, options), options);
}

/** @param told is called with each step that removes a trigger, in place of one sentence about them all */
export async function downFleet(
  context: CommandContext,
  fleet: Fleet,
  options: Omit<DownCommandOptions, keyof FleetOptions | 'name'>,
  told?: (step: TriggerStep) => void,
): Promise<number> {
  const { host, terminal } = context;
  const setting = settingOf(host, fleet);
  const { places } = setting;
  if (options.dryRun === true) {
    const { plan } = await lookAndPlan(host, fleet, setting, { down: true });
    await renderPlan(plan, terminal, { diffs: false });
    if ((await standingCronLines(host, fleet.name, places)).length > 0)
      terminal.out('The line of the crontab that applies the fleet would be taken out.\n');
    if (triggersStand(host, fleet, places))
      terminal.out('The units that reconcile the fleet by themselves would be removed.\n');
    if (host.files.stat(places.gitopsFile) !== undefined)
      terminal.out('The repository would no longer be followed.\n');
    return planExitCode(plan);
  }
  // What is refused is refused before anything is touched: a fleet that goes on must stay looked after.
  const { plan } = await lookAndPlan(host, fleet, setting, { down: true });
  if (plan.unobserved !== undefined) {
    await renderPlan(plan, terminal);
    return EXIT.unavailable;
  }
  return withApplyLock(
    context,
    places,
    () => takeDown(context, fleet, { ...options, before: () => endTriggers(context, fleet, places, told) }),
    { waitMs: LOCK_PATIENCE_MS },
  );
}

/**
 * Nothing applies the fleet by itself any more: a minute later it would be back. Called under the apply lock: an apply that was
 * started by itself has ended, or waits for its turn and is ended here.
 */
async function endTriggers(
  { host, terminal }: CommandContext,
  fleet: Fleet,
  places: Places,
  told: ((step: TriggerStep) => void) | undefined,
): Promise<void> {
  if ((await removeCronLine(host, fleet.name, places)).length > 0)
    terminal.out('cron no longer applies the fleet: its line is taken out of the crontab.\n');
  if ((await removeTriggers(host, fleet, places, told)) && told === undefined)
    terminal.out(
      'The user manager no longer reconciles the fleet: its units are removed (mosaic fleet install-systemd brings them back).\n',
    );
  if ((await removeGitopsUnits(host, fleet, places)).length > 0)
    terminal.out('The user manager no longer follows the repository: its units are removed.\n');
}

/**
 * Under the apply lock. Resolves with the exit code; what is kept as history is told.
 * @param options.before is done once it is certain that the fleet can be taken down, and before anything of it is
 */
export async function takeDown(
  context: CommandContext,
  fleet: Fleet,
  options: Pick<DownCommandOptions, 'purge' | 'verbose'> & { before?: () => Promise<void> },
): Promise<number> {
  const { host, terminal } = context;
  const setting = settingOf(host, fleet);
  const { places } = setting;
  const seen = await lookAndPlan(host, fleet, setting, { down: true });
  const { plan } = seen;
  if (plan.unobserved !== undefined) {
    await renderPlan(plan, terminal);
    return EXIT.unavailable;
  }
  await options.before?.();
  const last = (await endRuns(host, places)) ? await lookAndPlan(host, fleet, setting, { down: true }) : seen;
  const applied = await applyPlan(context, fleet, places, last, { verbose: options.verbose ?? false });
  const code = appliedExitCode(plan, applied);
  for (const { subject, reason, fix } of plan.holds) {
    terminal.out(`Kept: ${subject}: ${reason}${fix === undefined ? '' : `. ${fix}`}\n`);
  }
  if (code === EXIT.ok) {
    await removeFormer(host, fleet, places);
    forgetFollowing(host.files, places);
    const made = madeFolders(host, places);
    const history = clearState(host, places, made, options.purge === true);
    forgetFolders(host, places, cachePath(host, fleet.file));
    // That folder is often not ours to remove.
    clearUnfinished(host, places.units);
    for (const folder of made) host.files.removeEmptyFolder(folder);
    if (history) {
      terminal.out(
        `The event log and crash records stay in ${places.state} (mosaic down --purge removes them).\n`,
      );
    }
  }
  return code;
}

/** What the fleet had for itself under another prefix than it has now; its sessions have ended. */
async function removeFormer(host: Host, fleet: Fleet, places: Places): Promise<void> {
  const former = unitsOf(host, fleet.name, places, FLEET_KINDS).filter(
    ({ prefix }) => prefix !== fleet.systemd.unitPrefix,
  );
  if (former.length === 0) return;
  const instances = former
    .filter(({ kind }) => kind === 'agent@.service')
    .map((u) => `${u.prefix}-agent@*.service`);
  if (instances.length > 0) await host.exec('systemctl', ['--user', 'stop', ...instances]);
  await removeUnits(host, places, former);
}

/**
 * Removes what the fleet no longer needs of its folders.
 * @param made folders that an installation made: their note stays while history does, since those around it cannot go yet
 * @returns whether history is left there
 */
function clearState({ files }: Host, places: Places, made: readonly string[], purge: boolean): boolean {
  files.remove(places.stateFile);
  files.remove(places.wake);
  files.remove(places.installedFormulas);
  const { crashes, conversations, locks, typing, worktrees, agentFiles, rendered } = places;
  for (const agent of files.list(conversations)) files.remove(places.conversation(agent));
  for (const lock of files.list(typing)) files.remove(join(typing, lock));
  if (purge) {
    for (const agent of files.list(places.crashes)) {
      const folder = `${places.crashes}/${agent}`;
      for (const record of files.list(folder)) {
        for (const name of files.list(`${folder}/${record}`)) files.remove(`${folder}/${record}/${name}`);
        files.removeEmptyFolder(`${folder}/${record}`);
      }
      files.removeEmptyFolder(folder);
    }
    removeTree(files, places.formulas);
    files.remove(places.events);
    files.remove(places.eventsBefore);
  }
  for (const folder of [
    crashes,
    conversations,
    locks,
    typing,
    worktrees,
    places.formulas,
    agentFiles,
    rendered,
  ]) {
    files.removeEmptyFolder(folder);
  }
  const history =
    files.list(places.crashes).length > 0 ||
    files.list(places.formulas).length > 0 ||
    files.stat(places.events) !== undefined;
  if (!history) {
    for (const folder of made) files.removeEmptyFolder(folder);
    files.remove(foldersNote(places));
    files.remove(places.applyLock);
    files.removeEmptyFolder(places.state);
  }
  return history;
}

function removeTree(files: Host['files'], path: string): void {
  if (files.stat(path)?.kind !== 'folder') return files.remove(path);
  for (const name of files.list(path)) removeTree(files, join(path, name));
  files.removeEmptyFolder(path);
}

/** The remembered fleet file, and folders above ours that are empty without them. */
function forgetFolders({ files }: Host, places: Places, cache: string): void {
  files.remove(cache);
  const fleets = dirname(places.rendered);
  for (const folder of [dirname(cache), fleets, dirname(fleets), dirname(places.state)]) {
    files.removeEmptyFolder(folder);
  }
}
