import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import { Refused, runsIn } from './support/calls.ts';

const agents = [{ name: 'one', runtime: 'shell', working_directory: '/' }];

forSupervisors('the server is started with its holder, and nothing else', async (world) => {
  world.writeFleet({ agents, formulas: [] });
  const runs = await runsIn(world);
  assert.equal(await runs.server(), world.supervisor);
  assert.deepEqual(await world.sessions(), ['_holder']);
  if (world.supervisor === 'systemd') {
    const { stdout } = await world.systemctl('is-active', 'mosaic-tmux-holder.service');
    assert.equal(stdout, 'active\n');
  }
  const hook = await world.tmux('show-hooks', '-g', 'pane-died');
  assert.match(hook.stdout, /wake/);
  assert.equal((await world.tmux('show-options', '-gv', 'remain-on-exit')).stdout, 'on\n');
  const pid = async (): Promise<string> => (await world.tmux('display-message', '-p', '#{pid}')).stdout;
  const before = await pid();
  await runs.server();
  assert.equal(await pid(), before);
  // What comes next is the reconciler's: it starts the agent, and finds the server as it would have made it.
  assert.equal((await world.mosaic(['apply'])).code, 0);
  assert.deepEqual(await world.sessions(), ['_holder', 'one']);
  assert.equal(await pid(), before);
  assert.equal((await world.mosaic(['plan', '--detailed-exitcode'])).code, 0);
  // An agent that has ended meanwhile is not ours to start.
  await world.tmux('kill-session', '-t', '=one:');
  await runs.server();
  assert.deepEqual(await world.sessions(), ['_holder']);
});

inWorld('it waits for another apply, and a server that runs needs none', 'none', async (world) => {
  world.writeFleet({ agents });
  const runs = await runsIn(world);
  const lock = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/apply.lock');
  assert.equal(await runs.server(), 'none');
  const holder = await world.spawn('flock', [lock, 'sh', '-c', 'echo held; exec sleep 3']);
  await world.until('it is held', () => holder.output().stdout.includes('held'));
  const begun = performance.now();
  await runs.server();
  assert.ok(performance.now() - begun < 2_000, 'no lock is asked for where nothing is to be started');
  await world.tmux('kill-server');
  await runs.server();
  assert.deepEqual(await world.sessions(), ['_holder']);
  await holder.ended;
});

inWorld("what stands in the holder's way is said, and left alone", 'none', async (world) => {
  world.writeFleet({ agents });
  const runs = await runsIn(world);
  await world.tmux('new-session', '-d', '-s', '_holder', 'sleep', '1000');
  await assert.rejects(
    runs.server(),
    (error) =>
      error instanceof Refused &&
      /cannot be started: the holder's session _holder is there and is not ours/.test(error.message) &&
      /Rename it/.test(error.fix ?? ''),
  );
  await world.tmux('kill-server');
  await runs.server();
  await world.tmux('kill-server');
  const conf = join(world.env['XDG_CONFIG_HOME'] ?? '', 'mosaic/fleet/test/tmux.conf');
  assert.ok(existsSync(conf));
  writeFileSync(conf, "# somebody's\n");
  await assert.rejects(runs.server(), /tmux\.conf is there and is not ours/);
  assert.equal(readFileSync(conf, 'utf8'), "# somebody's\n");
  assert.deepEqual(await world.sessions(), []);
});
