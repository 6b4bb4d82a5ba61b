/** An agent that runs into its usage limit again and again, on a fake machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look } from '../model/driver.ts';
import { createMachine, type Machine } from '../model/fake-host.ts';
import { apply, STATE, writeFleet } from './fleet-on-machine.ts';

function end(machine: Machine, screen: string): void {
  const pane = machine.tmux.sessions().find(({ name }) => name === 'a')?.panes[0];
  assert.ok(pane !== undefined && pane.dead === undefined, 'it runs');
  pane.screen = screen;
  // tmux tells whole seconds.
  machine.advance(1000 - (machine.now() % 1000));
  machine.processes.end(pane.pid, { status: 1 });
}

/** Seconds, rounded, until it starts again. */
async function waits(machine: Machine): Promise<number> {
  const verdict = (await look(machine)).plan.verdicts.find(({ agent }) => agent === 'a');
  assert.equal(verdict?.status, 'backoff', verdict?.reason);
  return Math.round(((verdict.until ?? 0) - machine.now()) / 1000);
}

test('each wait for a limit is twice as long; one crash record tells of them all; a crash begins anew', async () => {
  const machine = createMachine({ systemd: false });
  writeFleet(machine, [{ name: 'a', runtime: 'mine' }], {
    runtimes: { mine: { command: ['sh'], limit: 'limit reached' } },
    defaults: {
      working_directory: '/src',
      restart: { window: '1h', backoff: { initial: '10s', max: '30s' } },
    },
  });
  const crashes = (): number => machine.files.list(`${STATE}/crashes/a`).length;
  await apply(machine);
  for (const seconds of [10, 20, 30, 30]) {
    end(machine, 'limit reached');
    await apply(machine);
    assert.equal(await waits(machine), seconds);
    assert.equal(crashes(), 1);
    machine.advance(seconds * 1000);
    await apply(machine);
  }
  end(machine, 'Segmentation fault');
  await apply(machine);
  assert.equal(crashes(), 2);
  end(machine, 'limit reached');
  await apply(machine);
  assert.equal(await waits(machine), 10);
  assert.equal(crashes(), 3);
});
