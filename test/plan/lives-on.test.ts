/** Agents that run on although something else seems to be the case: whole stories on a fake machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostError } from '../../src/host/host.ts';
import { mosaic } from '../model/driver.ts';
import { createMachine, HOME } from '../model/fake-host.ts';
import { apply, programs, STATE, writeFleet } from './fleet-on-machine.ts';

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

test('an agent is stopped for a restart only when its file is written', async () => {
  const machine = createMachine({ systemd: false });
  const agent = { name: 'a', on_change: 'restart' };
  writeFleet(machine, [agent]);
  await apply(machine);
  const before = programs(machine);
  writeFleet(machine, [{ ...agent, env: { V: '1' } }]);
  const write = machine.files.write.bind(machine.files);
  machine.files.write = (path, ...rest) => {
    if (path.endsWith('/a.tmux')) throw new HostError(`cannot write ${path}: no space`, { code: 'ENOSPC' });
    write(path, ...rest);
  };
  assert.match(await apply(machine, [], 1), /no space/);
  assert.deepEqual(programs(machine), before);
  machine.files.write = write;
  await apply(machine);
  assert.notDeepEqual(programs(machine), before);
});

test('an agent whose env_file is gone runs on, and its rendered file keeps the secrets', async () => {
  const machine = createMachine({ systemd: false });
  const envFile = `${HOME}/secrets.env`;
  const rendered = `${HOME}/.config/mosaic/fleet/test/agents/a.tmux`;
  machine.files.put(envFile, 'TOKEN=abc\n');
  writeFleet(machine, [{ name: 'a', on_change: 'restart', env_file: envFile }]);
  await apply(machine);
  const before = programs(machine);
  const text = machine.files.read(rendered);
  assert.match(text ?? '', /TOKEN=abc/);
  machine.files.remove(envFile);
  assert.match(await apply(machine), /secrets\.env is not there/);
  assert.deepEqual(programs(machine), before);
  assert.equal(machine.files.read(rendered), text);
  machine.files.put(envFile, 'TOKEN=abc\n');
  assert.match(await apply(machine), /^Nothing to do/);
});

for (const systemd of [false, true]) {
  const supervisor = systemd ? 'systemd' : 'none';

  test(`a server that has lost its socket is not taken for ended [${supervisor}]`, async () => {
    const machine = createMachine({ systemd });
    writeFleet(machine, [{ name: 'a' }, { name: 'b' }]);
    await apply(machine);
    const before = programs(machine);
    const alive = machine.processes.all().length;
    machine.tmux.loseSocket();
    const state = machine.files.read(`${STATE}/state.json`);
    assert.match(await apply(machine, [], 69), /runs and does not answer on its socket[^]*kill -USR1 \d+/);
    assert.equal((await mosaic(machine, 'down')).code, 69);
    assert.equal(machine.files.read(`${STATE}/state.json`), state, 'nothing is recorded');
    assert.equal(machine.processes.all().length, alive, 'nothing is started or ended');
    machine.tmux.findSocket();
    assert.deepEqual(programs(machine), before);
    assert.match(await apply(machine), /^Nothing to do/);
  });

  test(`nor is it where the state is lost with it [${supervisor}]`, async () => {
    const machine = createMachine({ systemd });
    writeFleet(machine, [{ name: 'a' }]);
    await apply(machine);
    const agents = (): number =>
      machine.processes.all().filter(({ env }) => env['MOSAIC_AGENT'] === 'a').length;
    machine.tmux.loseSocket();
    machine.files.remove(`${STATE}/state.json`);
    assert.match(await apply(machine, [], 69), /runs and does not answer on its socket/);
    assert.equal(agents(), 1);
  });

  test(`a server that has ended is not waited for [${supervisor}]`, async () => {
    const machine = createMachine({ systemd });
    writeFleet(machine, [{ name: 'a' }]);
    await apply(machine);
    machine.tmux.kill();
    await apply(machine);
    assert.deepEqual(Object.keys(programs(machine)), ['a']);
  });

  test(`an agent lives on in the session that its pane was moved to [${supervisor}]`, async () => {
    const machine = createMachine({ systemd });
    writeFleet(machine, [{ name: 'a' }]);
    await apply(machine);
    machine.tmux.newForeign('theirs');
    const { a: pid } = programs(machine);
    machine.tmux.joinPane('a', 'theirs');
    assert.match(await apply(machine), /its pane was moved to the session theirs/);
    assert.deepEqual(Object.keys(programs(machine)), ['theirs']);
    assert.ok(machine.processes.all().some((process) => process.pid === pid));
    machine.processes.end(pid ?? 0, { signal: 1 });
    await apply(machine);
    assert.deepEqual(Object.keys(programs(machine)).sort(), ['a', 'theirs']);
  });
}
