/** What stories that are told one by one do to a fake machine: a fleet file with these agents, an apply, a look. */
import assert from 'node:assert/strict';
import { FLEET_FILE, mosaic } from '../model/driver.ts';
import { HOME, type Machine } from '../model/fake-host.ts';

export const STATE = `${HOME}/.local/state/mosaic/test`;

export function writeFleet(
  machine: Machine,
  agents: Record<string, unknown>[],
  rest: Record<string, unknown> = {},
): void {
  const fleet = {
    version: 1,
    name: 'test',
    supervisor: machine.systemd === undefined ? 'none' : 'systemd',
    defaults: { runtime: 'shell', working_directory: '/src' },
    agents,
    ...rest,
  };
  machine.files.put(FLEET_FILE, JSON.stringify(fleet));
}

/** Applies, and checks the exit code. @returns all that is printed */
export async function apply(machine: Machine, args: readonly string[] = [], code = 0): Promise<string> {
  const ran = await mosaic(machine, 'apply', ...args);
  assert.equal(ran.code, code, `${ran.stdout}${ran.stderr}`);
  return ran.stdout + ran.stderr;
}

/** The pid of each agent's program, by session. */
export const programs = (machine: Machine): Record<string, number | undefined> =>
  Object.fromEntries(
    machine.tmux
      .sessions()
      .filter(({ name }) => name !== '_holder')
      .map(({ name, panes: [pane] }) => [name, pane?.pid]),
  );
