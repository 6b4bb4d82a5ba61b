/** Debian's real cron runs the line: up to a minute for each run. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { inCronWorld } from './daemon.ts';

inCronWorld(
  'cron applies the fleet from an empty home, and runs again what was killed',
  async (cron) => {
    const { world } = cron;
    await cron.startDaemon();
    world.writeFleet({
      runtimes: { idle: { command: ['sleep', 'infinity'] } },
      defaults: { restart: { backoff: { initial: '1s', max: '1s' } } },
      agents: [{ name: 'coder', runtime: 'idle', working_directory: world.cwd }],
    });
    const installed = await cron.mosaic(['fleet', 'install-cron']);
    assert.deepEqual([installed.code, installed.stderr], [0, '']);
    const pid = async (): Promise<string> => {
      const format = '#{?pane_dead,,#{pane_pid}}';
      return (await world.tmux('list-panes', '-t', '=coder:', '-F', format)).stdout.trim();
    };
    const first = await world.until('cron has started the agent', pid, 90_000);
    await world.run('kill', ['-KILL', first]);
    const second = await world.until(
      'it runs again',
      async () => {
        const now = await pid();
        return now === first ? '' : now;
      },
      150_000,
    );
    assert.notEqual(second, first);
    // The apply that cron has started may not have ended yet.
    await world.until(
      'the fleet is taken down',
      async () => (await cron.mosaic(['down', '--purge'])).code === 0,
    );
    assert.equal(await cron.crontab(), '');
    assert.ok(!existsSync(world.path('home/.local/state/mosaic/test')));
  },
  280_000,
);
