import assert from 'node:assert/strict';
import { inWorld } from '../support/supervisors.ts';

inWorld('a fleet that has left systemd is taken down with the units it had', 'systemd', async (world) => {
  const agents = [{ name: 'a', command: ['sleep', '1000'] }];
  world.writeFleet({ supervisor: 'systemd', agents });
  assert.equal((await world.mosaic(['apply'])).code, 0);
  world.writeFleet({ supervisor: 'none', agents });
  assert.equal((await world.mosaic(['apply'])).code, 0);
  const down = await world.mosaic(['down']);
  assert.equal(down.code, 0, down.stderr);
  const { stdout } = await world.systemctl('list-units', '--plain', '--no-legend', 'mosaic-*');
  assert.equal(stdout, '');
  assert.deepEqual(await world.sessions(), []);
});
