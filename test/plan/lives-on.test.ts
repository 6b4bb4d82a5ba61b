/** Agents that run on although something else seems to be the case: whole stories on a fake machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLEET_FILE, mosaic } from '../model/driver.ts';
import { createMachine, type Machine } from '../model/fake-host.ts';

function writeFleet(machine: Machine, agents: Record<string, unknown>[]): void {
  const fleet = {
    version: 1,
    name: 'test',
    supervisor: machine.systemd === undefined ? 'none' : 'systemd',
    defaults: { runtime: 'shell', working_directory: '/src' },
    agents,
  };
  machine.files.put(FLEET_FILE, JSON.stringify(fleet));
}

async function apply(machine: Machine, args: readonly string[] = [], code = 0): Promise<string> {
  const ran = await mosaic(machine, 'apply', ...args);
  assert.equal(ran.code, code, `${ran.stdout}${ran.stderr}`);
  return ran.stdout + ran.stderr;
}

/** The pid of each agent's program, by session. */
const programs = (machine: Machine): Record<string, number | undefined> =>
  Object.fromEntries(
    machine.tmux
      .sessions()
      .filter(({ name }) => name !== '_holder')
      .map(({ name, panes: [pane] }) => [name, pane?.pid]),
  );

test('a renamed agent lives on in its unit when another takes its former name', async () => {
  const machine = createMachine({ systemd: true });
  writeFleet(machine, [{ name: 'old' }]);
  await apply(machine);
  const { old: pid } = programs(machine);
  writeFleet(machine, [{ name: 'new', renamed_from: 'old' }]);
  await apply(machine);
  writeFleet(machine, [{ name: 'new' }, { name: 'old' }]);
  assert.match(await apply(machine), /its unit name is still used by new/);
  assert.deepEqual(programs(machine), { new: pid });
  await apply(machine, ['--restart', 'new']);
  await apply(machine);
  assert.deepEqual(Object.keys(programs(machine)).sort(), ['new', 'old']);
  assert.match(await apply(machine), /^Nothing to do/);
});
