/** A look at the host costs the same subprocesses whatever the number of agents: one a source. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAndPlan, settingOf } from '../../src/commands/reconcile.ts';
import type { Host } from '../../src/host/host.ts';
import { good } from '../fleet/helpers.ts';
import { FLEET_FILE, mosaic } from '../model/driver.ts';
import { createMachine, HOME } from '../model/fake-host.ts';

for (const agents of [5, 500]) {
  for (const supervisor of ['none', 'systemd'] as const) {
    test(`an in-sync plan of ${agents} agents [${supervisor}]`, async () => {
      const machine = createMachine({ systemd: supervisor === 'systemd' });
      const fleet = {
        version: 1,
        name: 'test',
        supervisor,
        defaults: { runtime: 'shell', working_directory: '/src' },
        agents: Array.from({ length: agents }, (_, index) => ({ name: `a${index}` })),
      };
      machine.files.put(FLEET_FILE, JSON.stringify(fleet));
      const applied = await mosaic(machine, 'apply');
      assert.equal(applied.code, 0, applied.stderr);
      machine.calls.length = 0;
      const { code, stdout } = await mosaic(machine, 'plan');
      assert.equal(code, 0);
      assert.equal(stdout, `Nothing to do: ${agents} agents as wanted.\n`);
      const programs = machine.calls.map(
        ([file, ...args]) => `${file} ${args.find((arg) => arg.startsWith('list'))}`,
      );
      const manager = supervisor === 'systemd' ? ['systemctl list-units'] : [];
      assert.deepEqual(programs, ['tmux list-panes', ...manager]);
    });
  }

  test(`${agents} agents in worktrees of two repositories`, async () => {
    const machine = createMachine({ systemd: false });
    const repositories = [`${HOME}/one`, `${HOME}/two`];
    for (const path of repositories) machine.files.put(`${path}/.git/HEAD`, 'ref: refs/heads/main\n');
    const fleet = good(
      JSON.stringify({
        version: 1,
        supervisor: 'none',
        defaults: { runtime: 'shell' },
        agents: Array.from({ length: agents }, (_, index) => ({
          name: `a${index}`,
          worktree: { repository: repositories[index % 2] },
        })),
      }),
    );
    // Where no server runs, tmux is also asked for its version.
    machine.tmux.newForeign('stranger');
    const base = machine.host();
    const asked: string[] = [];
    const host: Host = {
      ...base,
      async exec(file, args, options) {
        if (file !== 'git') return base.exec(file, args, options);
        const [, folder = ''] = args;
        asked.push(folder);
        const head = `HEAD ${'1'.repeat(40)}`;
        return { code: 0, stdout: `worktree ${folder}\0${head}\0branch refs/heads/main\0\0`, stderr: '' };
      },
    };
    const { plan } = await lookAndPlan(host, fleet, settingOf(host, fleet));
    assert.equal(plan.verdicts.filter(({ change }) => change === 'start').length, agents);
    assert.deepEqual(asked.sort(), repositories);
    assert.deepEqual(
      machine.calls.map(([file]) => file),
      ['tmux'],
    );
  });
}
