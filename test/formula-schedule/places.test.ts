/** A formula that comes by the clock, in folders that a shell, a unit or a crontab could take for something else. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireNothingRan } from '../hostile/hostile.ts';
import { inWorld } from '../support/supervisors.ts';

for (const suffix of [` "a' $HOME \\`, ' %n%h [x]*?', ' `touch canary`;~ #(touch canary)', ' üñ😀 ${HOME}']) {
  inWorld(
    `its files lie in folders that end with ${suffix}`,
    'systemd',
    async (world) => {
      const repository = await world.makeRepository('garden');
      const file = join(world.cwd, 'the gardener.toml');
      const agent = `printf 'PHASE:done\\n' >"$MOSAIC_PHASE_FILE"; exec sleep 100`;
      const keys = {
        name: 'gardener',
        runtime: 'shell',
        repository,
        prompt: 'Weed.',
        command: ['sh', '-c', agent, '{prompt}'],
      };
      const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
      writeFileSync(file, lines.join(''));
      world.writeFleet({ agents: [], formulas: [{ file: './the gardener.toml', every: '1d', name: 'g' }] });
      const applied = await world.mosaic(['apply']);
      assert.equal(applied.code, 0, applied.stdout + applied.stderr);
      const units = ['mosaic-formula-g.service', 'mosaic-formula-g.timer'];
      const said = await world.run('systemd-analyze', ['--user', 'verify', ...units]);
      assert.equal(said.stdout + said.stderr, '');
      const started = await world.systemctl('start', 'mosaic-formula-g.service');
      assert.equal(started.code, 0, started.stderr);
      const { stdout } = await world.mosaic(['formula', 'history', 'gardener', '--json']);
      const { runs } = JSON.parse(stdout) as { runs: { reason: string; exit_code: number }[] };
      assert.deepEqual(
        runs.map(({ reason, exit_code }) => [reason, exit_code]),
        [['done', 0]],
      );
      const down = await world.mosaic(['down', '--purge']);
      assert.equal(down.code, 0, down.stderr);
      requireNothingRan(world);
    },
    { suffix },
  );
}
