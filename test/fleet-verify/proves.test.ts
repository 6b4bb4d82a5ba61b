/** `fleet verify` on a host where all is well: every property holds, and nothing of it is left. */
import assert from 'node:assert/strict';
import { fleetVerify as validVerify } from '../../src/generated/validators.js';
import { forSupervisors } from '../support/supervisors.ts';
import { results, traces, userServer, verify } from './scene.ts';

forSupervisors('a healthy host: all of it is so, and nothing is left', async (world) => {
  await userServer(world);
  const before = await traces(world);
  const { code, stdout, stderr } = await verify(world, []);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const lines = stdout.split('\n').filter((line) => /^(ok|n\/a|FAILED|not tried)\b/.test(line));
  assert.equal(lines.length, 10);
  assert.equal(lines.filter((line) => line.startsWith('n/a')).length, world.supervisor === 'systemd' ? 0 : 2);
  assert.match(stdout, /\nAll of it is so on this host \(\d/);
  assert.deepEqual(await traces(world), before);
});

forSupervisors('--json says the same to programs', async (world) => {
  const { code, stdout, stderr } = await verify(world, ['--json']);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const report: unknown = JSON.parse(stdout);
  assert.ok(validVerify(report), JSON.stringify(validVerify.errors));
  const found = results(stdout);
  const here = world.supervisor === 'systemd' ? 'ok' : 'not-applicable';
  assert.equal(found['holder']?.result, here);
  assert.equal(found['systemctl-restart']?.result, here);
  for (const id of [
    'start',
    'stop',
    'stays-stopped',
    'left-behind',
    'restart',
    'killed',
    'default-server',
    'nothing-left',
  ])
    assert.equal(found[id]?.result, 'ok', id);
});
