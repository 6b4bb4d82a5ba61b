/** The triggers of a fleet on this host: how they stand, how they would be right, and how they go away. */
import { dirname, join } from 'node:path';
import { formatDuration, parseDuration } from '../../base/duration.ts';
import { listed } from '../../base/text.ts';
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

export type FleetNames = Pick<Fleet, 'name' | 'systemd'>;

/** One thing that was done, or would be. */
export interface TriggerStep {
  do: 'write' | 'remove' | 'reload' | 'enable' | 'disable' | 'start' | 'restart' | 'stop' | 'linger';
  /** A unit's name, or a user's. */
  what: string;
  /** Of a file that is written or removed. */
  path?: string;
}

export interface UnitStand {
  loaded: boolean;
  /** Where the manager has it from. */
  fragment: string;
  /** Such as `enabled`, `disabled`, `static`; empty for one that is not there. */
  file: string;
  active: string;
}

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
      followed: file.startsWith(`${places.gitops}/`),
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

/** How the manager has units, by name. Throws CommandError when it does not answer. */
export async function unitsAsLoaded(host: Host, names: readonly string[]): Promise<Map<string, UnitStand>> {
  const properties = 'Id,LoadState,FragmentPath,UnitFileState,ActiveState';
  const { stdout } = await systemctl(host, ['show', `--property=${properties}`, ...names]);
  return new Map(
    stdout.split('\n\n').flatMap((block): [string, UnitStand][] => {
      const of = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
      if (of('Id') === '') return [];
      const stand = { fragment: of('FragmentPath'), file: of('UnitFileState'), active: of('ActiveState') };
      return [[of('Id'), { loaded: of('LoadState') === 'loaded', ...stand }]];
    }),
  );
}

/**
 * Stops, disables and removes the triggers of a fleet, those of ours alone. An apply that they have started is ended in good order,
 * before this resolves. Without a manager the files go all the same.
 * @param told is called with each step when it is done
 * @returns whether there was anything
 */
export async function removeTriggers(
  host: Host,
  fleet: FleetNames,
  places: Places,
  told: (step: TriggerStep) => void = () => {},
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<boolean> {
  const prefix = fleet.systemd.unitPrefix;
  const ours = [...standingTriggers(host, fleet, places).keys()];
  if (ours.length === 0) return false;
  const names = ours.map((trigger) => triggerName(prefix, trigger));
  const { holder } = unitNames(prefix);
  const enabled = [
    ...ENABLED.filter((trigger) => ours.includes(trigger)).map((trigger) => triggerName(prefix, trigger)),
    ...(seen(host, fleet.name, join(places.units, holder)).kind === 'ours' ? [holder] : []),
  ];
  if (dryRun) {
    for (const what of names) told({ do: 'stop', what });
    for (const what of enabled) told({ do: 'disable', what });
    for (const trigger of ours)
      told({ do: 'remove', what: triggerName(prefix, trigger), path: pathOf(fleet, places, trigger) });
    return true;
  }
  // In one call: what starts and what is started end together, so that neither brings the other back.
  await host.exec('systemctl', ['--user', 'stop', ...names], { timeoutMs: STOP_MS });
  for (const what of names) told({ do: 'stop', what });
  await host.exec('systemctl', ['--user', 'disable', '--quiet', ...enabled]);
  for (const what of enabled) told({ do: 'disable', what });
  // When the timer came last is kept by the manager, in a file of its own.
  const timers = names.filter((name) => name.endsWith('.timer'));
  if (timers.length > 0) await host.exec('systemctl', ['--user', 'clean', '--what=state', ...timers]);
  for (const trigger of ours) {
    const path = pathOf(fleet, places, trigger);
    host.files.remove(path);
    told({ do: 'remove', what: triggerName(prefix, trigger), path });
  }
  // Where no manager answered, the links are still there.
  for (const target of ['default', 'paths', 'timers']) {
    const wants = join(places.units, `${target}.target.wants`);
    for (const name of enabled) host.files.remove(join(wants, name));
    host.files.removeEmptyFolder(wants);
  }
  await host.exec('systemctl', ['--user', 'daemon-reload'], { timeoutMs: 60_000 });
  await host.exec('systemctl', ['--user', 'reset-failed', ...names]);
  host.files.remove(places.wake);
  return true;
}

/** An apply finishes the action in hand; systemd kills it after 90 s. */
const STOP_MS = 120_000;

/** Runs `systemctl --user`. Throws CommandError where it fails. */
export async function systemctl(host: Host, args: readonly string[]): Promise<{ stdout: string }> {
  const result = await host.exec('systemctl', ['--user', ...args], { timeoutMs: 60_000 });
  if (result.code === 0) return result;
  const why = result.stderr.trim() || (result.message ?? `exit ${result.code}`);
  throw new CommandError(`systemctl --user ${args[0] ?? ''} failed: ${why}`, EXIT.unavailable);
}

/** Where is written down which folders the installation made: a JSON list of paths, those inside others first. */
export const foldersNote = (places: Places): string => join(places.state, 'folders.json');

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
