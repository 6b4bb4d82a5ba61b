/** Runs mosaic's command line on a fake machine, and looks at it through mosaic's own observation. */
import { run } from '../../src/cli/run.ts';
import { lookAndPlan, settingOf, type Look } from '../../src/commands/reconcile.ts';
import { loadFleet } from '../../src/fleet/load.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import { HOME, type Machine } from './fake-host.ts';

export const FLEET_FILE = `${HOME}/fleet.yaml`;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export async function mosaic(machine: Machine, ...argv: string[]): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await run(argv, {
    host: machine.host(),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** The fleet as its file says now, to this machine or to all. */
export function fleetOn(machine: Machine, hostnames: readonly string[] | 'all' = ['here']): Fleet {
  const text = machine.files.read(FLEET_FILE) ?? '';
  const loaded = loadFleet({ text, file: FLEET_FILE, home: HOME, hostnames });
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return loaded.value;
}

/** What mosaic sees and would do, with no brakes. */
export function look(machine: Machine): Promise<Look> {
  const host = machine.host();
  const fleet = fleetOn(machine);
  return lookAndPlan(host, fleet, settingOf(host, fleet), { allowMassStop: true });
}
