/** Formulas of a followed repository. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bootstrap, gitops, Source, statusOf } from '../gitops/support.ts';
import { inWorld } from '../support/supervisors.ts';

inWorld('a followed fleet brings its formulas along, and takes them away', 'systemd', async (world) => {
  const source = await Source.make(world);
  const toml = (prompt: string): string =>
    `name = "gardener"\nruntime = "shell"\nrepository = "/src"\nprompt = "${prompt}"\ncommand = ["sh", "{prompt}"]\n`;
  const formulas = (every: string) => ({ formulas: [{ file: 'formulas/gardener.toml', every }] });
  source.write('formulas/gardener.toml', toml('Weed.'));
  await source.agents(['one'], formulas('6h'));
  await bootstrap(source);
  const timer = 'mosaic-formula-gardener.timer';
  const active = async (): Promise<string> => (await world.systemctl('is-active', timer)).stdout.trim();
  assert.equal(await active(), 'active');
  const unit = `${world.env['XDG_CONFIG_HOME']}/systemd/user/mosaic-formula-gardener.service`;
  const service = readFileSync(unit, 'utf8');
  const file = / formula run "([^"]+)" --file /.exec(service)?.[1] ?? '';
  assert.match(file, /gitops\/current\/formulas\/gardener\.toml$/);
  assert.match(readFileSync(file, 'utf8'), /Weed\./);

  // Another text of the formula changes nothing of the units; another interval the timer alone.
  source.write('formulas/gardener.toml', toml('Water.'));
  await source.agents(['one'], formulas('1h'));
  await gitops(world, 0, 'sync');
  assert.match(readFileSync(file, 'utf8'), /Water\./);
  assert.equal(readFileSync(unit, 'utf8'), service);
  assert.match((await world.systemctl('cat', timer)).stdout, /every 1h,/);

  // One that is not in the repository leaves what is in force.
  await source.agents(['one'], { formulas: [{ file: 'formulas/gone.toml', every: '1h' }] });
  await gitops(world, 1, 'sync');
  assert.match((await statusOf(world)).refused?.reason ?? '', /formulas\/gone\.toml/);
  assert.equal(await active(), 'active');

  // Nor does one with which each run would fail.
  source.write('formulas/gardener.toml', `${toml('Rake.')}timeout = "soon"\n`);
  await source.agents(['one'], formulas('1h'));
  await gitops(world, 1, 'sync');
  assert.match(
    (await statusOf(world)).refused?.reason ?? '',
    /"formulas\/gardener\.toml", which the fleet file names, is not valid: line 6: .*timeout/,
  );
  assert.match(readFileSync(file, 'utf8'), /Water\./);

  await source.agents(['one']);
  await gitops(world, 0, 'sync');
  assert.equal(await active(), 'inactive');
});
