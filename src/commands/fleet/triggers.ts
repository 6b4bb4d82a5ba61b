/** The triggers of a fleet on this host: how they stand, how they would be right, and how they go away. */
import { dirname, join } from 'node:path';
import { formatDuration, parseDuration } from '../../base/duration.ts';
import { listed } from '../../base/text.ts';
import { isFollowed } from '../../gitops/layout.ts';
import { agentPath } from '../../host/exec.ts';
import type { Host } from '../../host/host.ts';
import { ownProgram } from '../../host/own-program.ts';
import { packageFile } from '../../host/package.ts';
import { findProgram } from '../../host/program-path.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Places } from '../../model/places.ts';
import { isOurs, stickyPath } from '../../render/artefacts.ts';
import { fleetOf } from '../../render/header.ts';
import {
  intervalIn,
  nearCalendars,
  renderTriggers,
  triggerName,
  TRIGGERS,
  type Trigger,
} from '../../render/triggers.ts';
import { unitNames } from '../../render/unit-names.ts';
import { CommandError, EXIT } from '../command-error.ts';
import { leadingEnvironment } from './leading.ts';
import { HOLDER_KIND, removeUnits, unitsOf, type StandingUnit, type TriggerStep } from './standing-units.ts';

export type FleetNames = Pick<Fleet, 'name' | 'systemd'>;

export interface TriggerFile {
  trigger: Trigger;
  name: string;
  path: string;
  text: string;
}

/** Those that the manager starts by itself, and that wait once they are started. */
export const ENABLED: readonly Trigger[] = [
  'reconcile.service',
  'reconcile.timer',
  'reconcile.path',
  'fleet.path',
];
export const WAITING: readonly Trigger[] = ['reconcile.timer', 'reconcile.path', 'fleet.path'];

/** Unless a timer stands that says otherwise. */
const USUAL_INTERVAL_MS = 60_000;

/** How often they come: as asked for, else as they do, else every minute. Milliseconds. */
export function triggerInterval(host: Host, fleet: FleetNames, places: Places, asked?: number): number {
  const timer = seen(host, fleet.name, pathOf(fleet, places, 'reconcile.timer'));
  const standing = timer.kind === 'ours' ? intervalIn(timer.text) : undefined;
  return asked ?? parseDuration(standing ?? '') ?? USUAL_INTERVAL_MS;
}

/** The files as they should be. Throws CommandError for what systemd cannot be told. */
export function wantedTriggers(
  host: Host,
  fleet: FleetNames,
  places: Places,
  { file, intervalMs }: { file: string; intervalMs: number },
): TriggerFile[] {
  const { env } = host.facts;
  const { holder } = unitNames(fleet.systemd.unitPrefix);
  const standing = seen(host, fleet.name, join(places.units, holder));
  const path = agentPath(env['PATH'] ?? '');
  const { node, mosaic } = ownProgram();
  const templates = Object.fromEntries(
    TRIGGERS.map((trigger) => [trigger, packageFile(`units/mosaic-${trigger}`)]),
  ) as Record<Trigger, string>;
  try {
    const units = renderTriggers(templates, {
      fleet: fleet.name,
      prefix: fleet.systemd.unitPrefix,
      file,
      followed: isFollowed(places, file),
      wake: places.wake,
      intervalMs,
      programs: { node, mosaic, rm: findProgram(host.files, 'rm', '/usr/bin:/bin') ?? '/bin/rm' },
      path: stickyPath(standing.kind === 'ours' ? standing.text : undefined, path),
      env: leadingEnvironment(host.facts),
    });
    return units.map(({ trigger, text }) => ({
      trigger,
      name: triggerName(fleet.systemd.unitPrefix, trigger),
      path: pathOf(fleet, places, trigger),
      text,
    }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const near = nearCalendars(intervalMs).map(formatDuration);
    throw new CommandError(error.message, EXIT.usage, {
      fix: error.message.startsWith('a timer')
        ? `Near it, it can come every ${listed(near, 'or')}: --interval ${near[0] ?? ''}.`
        : 'Use plain paths for mosaic, node and the state folder.',
    });
  }
}

/** The files that are ours, by trigger. Those of others under our names are not among them. */
export function standingTriggers(host: Host, fleet: FleetNames, places: Places): Map<Trigger, string> {
  return new Map(
    TRIGGERS.flatMap((trigger) => {
      const file = seen(host, fleet.name, pathOf(fleet, places, trigger));
      return file.kind === 'ours' ? [[trigger, file.text]] : [];
    }),
  );
}

/** Throws CommandError where files of others have the names of ours. */
export function refuseForeign(host: Host, fleet: FleetNames, wanted: readonly TriggerFile[]): void {
  const foreign = wanted.flatMap(({ path }) => {
    const file = seen(host, fleet.name, path);
    return file.kind === 'foreign' ? [`${path} (${file.why})`] : [];
  });
  if (foreign.length === 0) return;
  throw new CommandError(`in the way: ${listed(foreign)}`, EXIT.failed, {
    fix: 'Move what stands there away, or give the fleet a systemd.unit_prefix of its own.',
  });
}

const pathOf = (fleet: FleetNames, places: Places, trigger: Trigger): string =>
  join(places.units, triggerName(fleet.systemd.unitPrefix, trigger));

type FileStand = { kind: 'absent' } | { kind: 'ours'; text: string } | { kind: 'foreign'; why: string };

function seen({ files }: Host, fleet: string, path: string): FileStand {
  const stat = files.stat(path);
  if (stat === undefined) return { kind: 'absent' };
  // A link to /dev/null is how systemd masks a unit.
  if (stat.kind !== 'file') return { kind: 'foreign', why: 'no file of its own' };
  const text = files.read(path) ?? '';
  if (isOurs(fleet, text)) return { kind: 'ours', text };
  const other = fleetOf(text);
  return {
    kind: 'foreign',
    why: other === undefined ? 'not made by mosaic' : `it belongs to the fleet ${other}`,
  };
}

/**
 * Removes the triggers of a fleet, those of ours alone, under whatever prefix they stand; the manager no longer starts the tmux server
 * either. As `removeUnits`.
 * @returns whether there was anything
 */
export async function removeTriggers(
  host: Host,
  fleet: FleetNames,
  places: Places,
  told: (step: TriggerStep) => void = () => {},
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<boolean> {
  const ours = unitsOf(host, fleet.name, places, TRIGGERS);
  if (ours.length === 0) return false;
  const disable = unitsOf(host, fleet.name, places, [HOLDER_KIND]);
  await removeUnits(host, places, ours, { disable, told, dryRun });
  if (dryRun) return true;
  // Set for the end of a backoff: `apply --gates-in` has made it, and there is none most of the time.
  const { wake } = unitNames(fleet.systemd.unitPrefix);
  await host.exec('systemctl', ['--user', 'stop', wake.replace(/service$/, 'timer')]);
  host.files.remove(places.wake);
  return true;
}

/** Removes those that an installation under another prefix left; the manager no longer starts its tmux server either. */
export async function removeFormerTriggers(
  host: Host,
  fleet: FleetNames,
  places: Places,
  told: (step: TriggerStep) => void,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<void> {
  const former = (kinds: readonly string[]): StandingUnit[] =>
    unitsOf(host, fleet.name, places, kinds).filter(({ prefix }) => prefix !== fleet.systemd.unitPrefix);
  const units = former(TRIGGERS);
  if (units.length > 0)
    await removeUnits(host, places, units, { disable: former([HOLDER_KIND]), told, dryRun });
}

/** Whether anything of ours applies the fleet by itself. */
export const triggersStand = (host: Host, fleet: FleetNames, places: Places): boolean =>
  unitsOf(host, fleet.name, places, TRIGGERS).length > 0;

/** Where is written down which folders the installation made: a JSON list of paths, those inside others first. */
export const foldersNote = (places: Places): string => join(places.state, 'folders.json');

/** What the installation wrote down, as far as it is a list of absolute paths. */
export function madeFolders({ files }: Host, places: Places): string[] {
  try {
    const noted: unknown = JSON.parse(files.read(foldersNote(places)) ?? '[]');
    if (!Array.isArray(noted)) return [];
    return noted.filter((one): one is string => typeof one === 'string' && one.startsWith('/'));
  } catch {
    return [];
  }
}

/** Folders that an installation makes, and the manager because of it, if they are not there. */
export function foldersMade(host: Host, places: Places): string[] {
  const { home, env } = host.facts;
  const base = (name: string, usual: string): string => {
    const value = env[name];
    return value?.startsWith('/') === true ? value : join(home, usual);
  };
  const deepest = [
    places.units,
    dirname(dirname(places.rendered)),
    dirname(places.state),
    base('XDG_CACHE_HOME', '.cache'),
    join(base('XDG_DATA_HOME', '.local/share'), 'systemd/timers'),
  ];
  const missing = new Set<string>();
  for (const folder of deepest) {
    for (let at = folder; at !== dirname(at) && host.files.stat(at) === undefined; at = dirname(at)) {
      missing.add(at);
    }
  }
  // Those inside others first.
  return [...missing].sort((a, b) => b.length - a.length);
}
