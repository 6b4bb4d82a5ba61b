/** Has the user manager follow the repository, and takes that away again. */
import { join } from 'node:path';
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
  const { env, uid } = host.facts;
  const names = gitopsUnitNames(fleet.systemd.unitPrefix);
  const service = join(places.units, names.service);
  const standing = ourText(host, fleet.name, service);
  const leading = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'TMUX_TMPDIR'];
  const given = leading.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
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
      env: [['XDG_RUNTIME_DIR', env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`], ...given],
      ...(standing === undefined ? {} : { standing }),
    },
  );
  return [
    { path: service, text: texts.service },
    { path: join(places.units, names.timer), text: texts.timer },
  ];
}

/**
 * Writes and enables the units where a user manager answers.
 * @returns what was done, or why nothing could be; a file of somebody else under one of the names is a CommandError
 */
export async function installGitopsUnits(
  host: Host,
  fleet: Pick<Fleet, 'name' | 'systemd' | 'supervisor'>,
  places: Places,
  following: Following,
): Promise<'installed' | 'unchanged' | { absent: string }> {
  if (fleet.supervisor === 'none') return { absent: 'the fleet file says supervisor: none' };
  const prefix = fleet.systemd.unitPrefix;
  const units = await observeUnits(host, prefix);
  if (!units.known) return { absent: units.why };
  if (units.value.manager === 'absent') return { absent: units.value.why ?? 'there is no user manager' };
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
  const active = await host.exec('systemctl', ['--user', 'is-active', '--quiet', timer]);
  const enabled = await host.exec('systemctl', ['--user', 'is-enabled', '--quiet', timer]);
  if (changed.length === 0 && active.code === 0 && enabled.code === 0) return 'unchanged';
  await systemctl(host, ['enable', '--quiet', timer]);
  // One that runs goes on with its old interval otherwise.
  await systemctl(host, ['restart', timer]);
  return 'installed';
}

/** Stops, disables and removes the units of a fleet, if there are any. @returns the paths that are gone */
export async function removeGitopsUnits(
  host: Host,
  fleet: Pick<Fleet, 'name' | 'systemd'>,
  places: Places,
): Promise<string[]> {
  const { service, timer } = gitopsUnitNames(fleet.systemd.unitPrefix);
  const paths = [timer, service]
    .map((name) => join(places.units, name))
    .filter((path) => ourText(host, fleet.name, path) !== undefined);
  if (paths.length === 0) return [];
  // Without a manager there is nothing to stop; the files go all the same.
  await host.exec('systemctl', ['--user', 'disable', '--now', '--quiet', timer]);
  // A round that waits for another apply to end would go on after it.
  await host.exec('systemctl', ['--user', 'stop', service]);
  for (const path of paths) host.files.remove(path);
  const wants = join(places.units, 'timers.target.wants');
  host.files.remove(join(wants, timer));
  host.files.removeEmptyFolder(wants);
  await host.exec('systemctl', ['--user', 'daemon-reload']);
  return paths;
}

function ourText({ files }: Host, fleet: string, path: string): string | undefined {
  const text = files.stat(path)?.kind === 'file' ? files.read(path) : undefined;
  return text !== undefined && isOurs(fleet, text) ? text : undefined;
}

async function systemctl(host: Host, args: readonly string[]): Promise<void> {
  const result = await host.exec('systemctl', ['--user', ...args], { timeoutMs: 60_000 });
  if (result.code === 0) return;
  throw new CommandError(
    `systemctl --user ${args.join(' ')}: ${result.stderr.trim() || (result.message ?? `exit ${result.code}`)}`,
    EXIT.unavailable,
  );
}
