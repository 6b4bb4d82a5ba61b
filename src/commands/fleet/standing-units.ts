/** Units of a fleet that stand on this host, under whatever prefix they were written, and how they go away. */
import { join } from 'node:path';
import { listed } from '../../base/text.ts';
import type { Host } from '../../host/host.ts';
import type { Places } from '../../model/places.ts';
import { observeUnits } from '../../observe/units.ts';
import { fleetOf } from '../../render/header.ts';
import { CommandError, EXIT } from '../command-error.ts';

/** One thing that was done, or would be. */
export interface TriggerStep {
  do: 'write' | 'remove' | 'reload' | 'enable' | 'disable' | 'start' | 'restart' | 'stop' | 'linger';
  /** A unit's name, or a user's. */
  what: string;
  /** Of a file that is written or removed. */
  path?: string;
}

export interface StandingUnit {
  /** Whose it is, as its first line says. */
  fleet: string;
  prefix: string;
  /** What its name is after the prefix: `reconcile.timer`. */
  kind: string;
  name: string;
  path: string;
  text: string;
}

export const GITOPS_KINDS = ['gitops.timer', 'gitops.service'] as const;
export const HOLDER_KIND = 'tmux-holder.service';
/** What an apply writes for the fleet itself. */
export const FLEET_KINDS = [HOLDER_KIND, 'agent@.service', 'wake.service'] as const;

/** Those that a mosaic made, of any fleet. A link, as systemd masks a unit with, is none. */
export function madeUnits(
  { files }: Host,
  places: Pick<Places, 'units'>,
  kinds: readonly string[],
): StandingUnit[] {
  return files.list(places.units).flatMap((name) => {
    const kind = kinds.find((one) => name.endsWith(`-${one}`));
    const path = join(places.units, name);
    if (kind === undefined || files.stat(path)?.kind !== 'file') return [];
    const text = files.read(path) ?? '';
    const fleet = fleetOf(text);
    if (fleet === undefined) return [];
    return [{ fleet, prefix: name.slice(0, -kind.length - 1), kind, name, path, text }];
  });
}

/** Those of one fleet. */
export const unitsOf = (
  host: Host,
  fleet: string,
  places: Pick<Places, 'units'>,
  kinds: readonly string[],
): StandingUnit[] => madeUnits(host, places, kinds).filter((unit) => unit.fleet === fleet);

export interface UnitStand {
  loaded: boolean;
  /** Where the manager has it from. */
  fragment: string;
  /** Such as `enabled`, `disabled`, `static`; empty for one that is not there. */
  file: string;
  active: string;
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

export interface Removal {
  /** Units whose files stay, and that the manager no longer starts by itself. */
  disable?: readonly StandingUnit[];
  /** Is called with each step when it is done. */
  told?: (step: TriggerStep) => void;
  dryRun?: boolean;
}

/**
 * Stops, disables and removes units. What they run is ended in good order, before this resolves. Without a manager the files go all
 * the same. Throws CommandError, with the files still there, where the manager answers and does not do as it is told.
 */
export async function removeUnits(
  host: Host,
  places: Pick<Places, 'units'>,
  units: readonly StandingUnit[],
  { disable = [], told = () => {}, dryRun = false }: Removal = {},
): Promise<void> {
  // A template is only a text: neither stopped nor asked about.
  const plain = units.filter(({ name }) => !name.includes('@.'));
  const names = plain.map(({ name }) => name);
  const installed = [...plain.filter(({ text }) => /^\[Install\]$/m.test(text)), ...disable];
  if (dryRun) {
    for (const what of names) told({ do: 'stop', what });
    for (const { name: what } of installed) told({ do: 'disable', what });
  } else {
    await end(host, names, [...new Set(installed.map(({ name }) => name))], told);
  }
  for (const { name, path } of units) {
    if (!dryRun) host.files.remove(path);
    told({ do: 'remove', what: name, path });
  }
  if (dryRun) return;
  // Where no manager answered, the links are still there.
  for (const target of ['default', 'paths', 'timers']) {
    const wants = join(places.units, `${target}.target.wants`);
    for (const { name } of installed) host.files.remove(join(wants, name));
    host.files.removeEmptyFolder(wants);
  }
  await host.exec('systemctl', ['--user', 'daemon-reload'], { timeoutMs: 60_000 });
  if (names.length > 0) await host.exec('systemctl', ['--user', 'reset-failed', ...names]);
}

async function end(
  host: Host,
  names: readonly string[],
  installed: readonly string[],
  told: (step: TriggerStep) => void,
): Promise<void> {
  const stands = await asLoaded(host, [...new Set([...names, ...installed])]);
  if (stands === undefined) return;
  // One that the manager does not know cannot be stopped, and need not be.
  const running = names.filter((name) => {
    const stand = stands.get(name);
    return stand !== undefined && (stand.loaded || stand.active !== 'inactive');
  });
  const enabled = installed.filter((name) => (stands.get(name)?.file ?? '') !== '');
  const waited = names.filter(
    (name) => /\.(?:timer|path)$/.test(name) && stands.get(name)?.active === 'active',
  );
  const wasEnabled = enabled.filter((name) => stands.get(name)?.file === 'enabled');
  const orAsBefore = async (verb: string, of: readonly string[], args: readonly string[]): Promise<void> => {
    if (of.length === 0) return;
    const result = await host.exec('systemctl', ['--user', verb, ...args, ...of], { timeoutMs: STOP_MS });
    if (result.code === 0) return;
    if (wasEnabled.length > 0) await host.exec('systemctl', ['--user', 'enable', '--quiet', ...wasEnabled]);
    if (waited.length > 0) await host.exec('systemctl', ['--user', 'start', ...waited]);
    const why = result.stderr.trim() || (result.message ?? `exit ${result.code}`);
    throw new CommandError(`the user manager did not ${verb} ${listed(of)}: ${why}`, EXIT.failed, {
      fix: `None of their files was removed. Look at systemctl --user status ${of[0] ?? ''}, then run it again.`,
    });
  };
  // In one call: what starts and what is started end together, so that neither brings the other back.
  await orAsBefore('stop', running, []);
  for (const what of running) told({ do: 'stop', what });
  await orAsBefore('disable', enabled, ['--quiet']);
  for (const what of enabled) told({ do: 'disable', what });
  // When the timer came last is kept by the manager, in a file of its own.
  const timers = names.filter((name) => name.endsWith('.timer'));
  if (timers.length > 0) await host.exec('systemctl', ['--user', 'clean', '--what=state', ...timers]);
}

/** Undefined where there is no manager at all. Throws CommandError where one is there, and does not answer. */
async function asLoaded(host: Host, names: readonly string[]): Promise<Map<string, UnitStand> | undefined> {
  if (names.length === 0) return undefined;
  try {
    return await unitsAsLoaded(host, names);
  } catch (error) {
    const manager = await observeUnits(host, 'mosaic');
    if (manager.known && manager.value.manager === 'absent') return undefined;
    throw error;
  }
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
