/** Has the user manager follow the repository, and takes that away again. */
import { basename, join } from 'node:path';
import { readFollowing } from '../../gitops/store.ts';
import { agentPath } from '../../host/exec.ts';
import type { Host } from '../../host/host.ts';
import { ownProgram } from '../../host/own-program.ts';
import { packageFile } from '../../host/package.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Following } from '../../model/gitops.ts';
import type { Places } from '../../model/places.ts';
import { observeUnits } from '../../observe/units.ts';
import { isOurs } from '../../render/artefacts.ts';
import { gitopsUnitNames, gitopsUnits } from '../../render/gitops-units.ts';
import { CommandError, EXIT } from '../command-error.ts';
import { leadingEnvironment } from '../fleet/leading.ts';
import {
  GITOPS_KINDS,
  removeUnits,
  systemctl,
  unitsAsLoaded,
  unitsOf,
  type TriggerStep,
} from '../fleet/standing-units.ts';
import { inWords } from './in-words.ts';

export interface UnitFile {
  path: string;
  text: string;
}

/** The files of both units as they should be. */
export function gitopsUnitFiles(
  host: Host,
  fleet: Pick<Fleet, 'name' | 'systemd'>,
  places: Places,
  following: Following,
): UnitFile[] {
  const { env } = host.facts;
  const names = gitopsUnitNames(fleet.systemd.unitPrefix);
  const service = join(places.units, names.service);
  const standing = ourText(host, fleet.name, service);
  const texts = gitopsUnits(
    {
      service: packageFile('units/mosaic-gitops.service'),
      timer: packageFile('units/mosaic-gitops.timer'),
    },
    {
      fleet: fleet.name,
      prefix: fleet.systemd.unitPrefix,
      intervalMs: following.intervalMs,
      ...ownProgram(),
      path: agentPath(env['PATH'] ?? ''),
      env: leadingEnvironment(host.facts),
      ...(standing === undefined ? {} : { standing }),
    },
  );
  return [
    { path: service, text: texts.service },
    { path: join(places.units, names.timer), text: texts.timer },
  ];
}

/** Why no user manager can follow; undefined where one answers. */
export async function managerAbsent(
  host: Host,
  fleet: Pick<Fleet, 'systemd' | 'supervisor'>,
): Promise<string | undefined> {
  if (fleet.supervisor === 'none') return 'the fleet file says supervisor: none';
  const units = await observeUnits(host, fleet.systemd.unitPrefix);
  if (!units.known) return units.why;
  if (units.value.manager === 'answers') return undefined;
  return units.value.why ?? 'there is no user manager';
}

/**
 * Writes and enables the units; the manager answers. Throws CommandError for a file of somebody else under one of the names, and
 * where systemctl fails.
 */
export async function installGitopsUnits(
  host: Host,
  fleet: Pick<Fleet, 'name' | 'systemd'>,
  places: Places,
  following: Following,
): Promise<'installed' | 'unchanged'> {
  const prefix = fleet.systemd.unitPrefix;
  const wanted = gitopsUnitFiles(host, fleet, places, following);
  for (const { path } of wanted) {
    if (host.files.stat(path) !== undefined && ourText(host, fleet.name, path) === undefined)
      throw new CommandError(`${path} is not of this fleet`, EXIT.failed, {
        fix: 'Move it away, or give the fleet a systemd.unit_prefix of its own.',
      });
  }
  const { timer } = gitopsUnitNames(prefix);
  const changed = wanted.filter(({ path, text }) => host.files.read(path) !== text);
  host.files.mkdir(places.units);
  for (const { path, text } of changed) host.files.write(path, text, { mode: 0o644 });
  if (changed.length > 0) await systemctl(host, ['daemon-reload']);
  const stand = (await unitsAsLoaded(host, [timer])).get(timer);
  if (changed.length === 0 && stand?.active === 'active' && stand.file === 'enabled') return 'unchanged';
  await systemctl(host, ['enable', '--quiet', timer]);
  // One that runs goes on with its old interval otherwise.
  await systemctl(host, ['restart', timer]);
  return 'installed';
}

/**
 * The units of a fleet that follows a repository as this mosaic writes them, wherever it lies by now; nothing for another fleet.
 * Throws CommandError.
 */
export async function renewGitopsUnits(
  host: Host,
  fleet: Pick<Fleet, 'name' | 'systemd'>,
  places: Places,
  { told, dryRun = false }: { told: (step: TriggerStep) => void; dryRun?: boolean },
): Promise<void> {
  const following = inWords(() => readFollowing(host.files, places));
  if (following === undefined) return;
  const changed = gitopsUnitFiles(host, fleet, places, following).filter(
    ({ path, text }) => host.files.read(path) !== text,
  );
  if (!dryRun) await installGitopsUnits(host, fleet, places, following);
  for (const { path } of changed) told({ do: 'write', what: basename(path), path });
}

/**
 * Stops, disables and removes the units of a fleet, if there are any, under whatever prefix: a round that waits for another apply to end
 * would go on after it. As `removeUnits`.
 * @returns the paths that are gone
 */
export async function removeGitopsUnits(
  host: Host,
  fleet: Pick<Fleet, 'name'>,
  places: Places,
): Promise<string[]> {
  const units = unitsOf(host, fleet.name, places, GITOPS_KINDS);
  if (units.length > 0) await removeUnits(host, places, units);
  return units.map(({ path }) => path);
}

function ourText({ files }: Host, fleet: string, path: string): string | undefined {
  const text = files.stat(path)?.kind === 'file' ? files.read(path) : undefined;
  return text !== undefined && isOurs(fleet, text) ? text : undefined;
}
