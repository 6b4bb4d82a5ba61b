/** Triggers where home, state and fleet file lie in folders whose names mean something elsewhere. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { requireNothingRan } from '../hostile/hostile.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

for (const suffix of [
  ` "a' $HOME \\`,
  ' #(touch canary)',
  ' %n%h [x]*?',
  ' `touch canary`;~',
  ' üñ😀 ${HOME}',
]) {
  inWorld(
    `installed and triggered in folders that end with ${suffix}`,
    'systemd',
    async (world) => {
      const fleet = (...names: string[]): void =>
        void world.writeFleet({
          runtimes: { idle: { command: ['sleep', 'infinity'] } },
          defaults: { working_directory: world.cwd, runtime: 'idle' },
          agents: names.map((name) => ({ name })),
        });
      fleet('one');
      await succeeds(world, ['fleet', 'install-systemd', '--interval', '24h']);
      const verified = await world.run('systemd-analyze', [
        '--user',
        'verify',
        ...['reconcile.service', 'reconcile.timer', 'reconcile.path', 'fleet.path', 'gates.service'].map(
          (name) => `mosaic-${name}`,
        ),
      ]);
      assert.deepEqual([verified.code, verified.stdout, verified.stderr], [0, '', '']);
      await running(world, 'one');
      await quiet(world);
      // The file, the flag, and that a reconcile takes it down.
      fleet('one', 'two');
      const pid = await running(world, 'two');
      await quiet(world);
      await world.run('kill', ['-KILL', pid]);
      await running(world, 'two', pid);
      await quiet(world);
      assert.equal(existsSync(join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/wake')), false);
      await succeeds(world, ['fleet', 'install-systemd']);
      await succeeds(world, ['fleet', 'install-systemd', '--uninstall', '--yes']);
      assert.deepEqual(await world.sessions(), []);
      assert.equal(existsSync(join(world.env['XDG_CONFIG_HOME'] ?? '', 'systemd')), false);
      requireNothingRan(world);
    },
    { suffix },
  );
}

async function succeeds(world: World, args: string[]): Promise<void> {
  const { code, stdout, stderr } = await world.mosaic(args);
  assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`);
}

const quiet = (world: World): Promise<unknown> =>
  world.until('no reconcile runs', async () => {
    const show = ['show', '--value', '--property=ActiveState', 'mosaic-reconcile.service'];
    return (await world.systemctl(...show)).stdout.trim() === 'inactive';
  });

/** Waits until the agent lives, and in another process than the given one; resolves with its pid. */
async function running(world: World, agent: string, other = ''): Promise<string> {
  let pid = '';
  await world.until(
    `${agent} runs`,
    async () => {
      const format = '#{session_name} #{pane_dead} #{pane_pid}';
      const { stdout } = await world.tmux('list-panes', '-a', '-F', format);
      pid = new RegExp(`^${agent} 0 (\\d+)$`, 'm').exec(stdout)?.[1] ?? '';
      return pid !== '' && pid !== other;
    },
    30_000,
  );
  return pid;
}
