/** What becomes of timers when the manager starts anew. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { inWorld } from '../support/supervisors.ts';

inWorld('timers are back after a reboot, and one that was missed comes then', 'systemd', async (world) => {
  writeFileSync(world.path('work', 'gardener.toml'), '');
  world.writeFleet({ agents: [], formulas: [{ file: 'gardener.toml', every: '1d' }] });
  const timer = 'mosaic-formula-gardener.timer';
  const property = async (unit: string, name: string): Promise<string> =>
    (await world.systemctl('show', '--value', `--property=${name}`, unit)).stdout.trim();
  const applied = await world.mosaic(['apply']);
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(await property(timer, 'ActiveState'), 'active');
  // What systemd keeps of it says when it came last.
  const stamps = `${world.env['XDG_DATA_HOME']}/systemd/timers`;
  await world.until('it has a stamp', () => readdirSync(stamps).includes(`stamp-${timer}`));
  assert.equal(await property('mosaic-formula-gardener.service', 'ExecMainStartTimestamp'), '');

  await world.run('touch', ['-d', '-3 days', `${stamps}/stamp-${timer}`]);
  const soon = `${world.env['XDG_CONFIG_HOME']}/systemd/user/${timer}.d`;
  await world.run('mkdir', [soon]);
  writeFileSync(`${soon}/soon.conf`, '[Timer]\nRandomizedDelaySec=0\n');
  await world.restartManager();
  assert.equal(await property(timer, 'ActiveState'), 'active');
  // The file says nothing: the run ends as one that is not valid.
  await world.until(
    'the run that was missed has come',
    async () => (await property('mosaic-formula-gardener.service', 'ExecMainStatus')) === '65',
    30_000,
  );
});
