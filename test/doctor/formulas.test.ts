/** What doctor says of formulas that come by the clock, on a real user manager. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { inWorld } from '../support/supervisors.ts';
import { clinicOf, type Finding } from './clinic.ts';

inWorld('formulas: their files, their secrets, their timers', 'systemd', async (world, t) => {
  const clinic = clinicOf(world, t);
  const path = world.path('work', 'good.toml');
  const text = `name = "good"\nruntime = "shell"\nrepository = "/src"\nprompt = "Weed."\ncommand = ["sh", "{prompt}"]\n`;
  const token = 'forge = { api = "https://git.example/x", token_env = "FORGE_TOKEN" }\n';
  writeFileSync(path, text);
  const formulas = [{ file: 'good.toml', every: '6h' }];
  const look = async (): Promise<Finding[]> => (await clinic.examine()).of('formulas');
  const one = async (health: Finding['health'], says: RegExp): Promise<Finding> => {
    const [finding, ...more] = await look();
    assert.ok(finding);
    assert.deepEqual(more, []);
    assert.equal(finding.health, health);
    assert.match(finding.message, says);
    return finding;
  };
  clinic.fleet([], { formulas });
  await clinic.apply();
  assert.deepEqual(await look(), []);

  // That the shell of who asks has it is no help to a timer.
  clinic.env['FORGE_TOKEN'] = 'of-the-shell';
  writeFileSync(path, `${text}${token}`);
  const missing = await one('warning', /good: the variable FORGE_TOKEN, .* is in no env_file/);
  assert.match(missing.advice ?? '', /FORGE_TOKEN=… .*good\.toml/);
  writeFileSync(path, `${text}env_file = "good.env"\n${token}`);
  await one('broken', /good\.env, which env_file names, is not there/);
  writeFileSync(world.path('work', 'good.env'), 'FORGE_TOKEN=abcdefgh\n', { mode: 0o600 });
  assert.deepEqual(await look(), []);

  writeFileSync(path, `${text}timeout = "soon"\n`);
  await one('broken', /good: .*good\.toml is not valid: 1 problem, the first: line 6: /);
  writeFileSync(path, text);

  await world.systemctl('stop', 'mosaic-formula-good.timer');
  const stopped = await one('broken', /good: mosaic-formula-good\.timer does not run/);
  await clinic.shell(stopped.command ?? '');
  assert.deepEqual(await look(), []);

  // An installed one is taken away by another way than one of the fleet file.
  const extra = world.path('work', 'extra.toml');
  writeFileSync(extra, text.replace('"good"', '"extra"'));
  await clinic.shell(`mosaic formula install '${extra}' --every 1h`);
  rmSync(extra);
  const gone = await one('broken', /extra: its formula .*extra\.toml is not there/);
  await clinic.shell(gone.command ?? '');
  assert.deepEqual(await look(), []);

  // Under another name the fleet knows nothing of what the former one left.
  clinic.fleet([], { name: 'other' });
  const left = await one('warning', /mosaic-formula-good\.timer runs good with .* for the fleet test/);
  await clinic.shell(left.command ?? '');
  assert.deepEqual(await look(), []);
  assert.equal((await world.systemctl('is-active', 'mosaic-formula-good.timer')).stdout.trim(), 'inactive');
});
