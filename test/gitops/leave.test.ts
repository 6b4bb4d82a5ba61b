/** A followed fleet beside a file of the same name, and the way out of following. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import { bootstrap, fleetText, gitops, pids, running, Source, statusOf } from './support.ts';

forSupervisors('a file of the same name is planned and not applied', async (world) => {
  const source = await Source.make(world);
  await source.agents(['one']);
  await bootstrap(source);
  const before = await pids(world);
  const own = world.path('own.yaml');
  writeFileSync(own, fleetText(world, ['one', 'two']));
  const planned = await world.mosaic(['plan', '--file', own]);
  assert.equal(planned.code, 0, planned.stderr);
  assert.match(planned.stdout, /\+ start +two/);
  const acting = [
    ['apply'],
    ['fleet', 'stop', 'one'],
    ['fleet', 'restart'],
    ['fleet', 'install-cron', '--print'],
    ...(world.supervisor === 'systemd' ? [['fleet', 'install-systemd']] : []),
  ];
  for (const args of acting) {
    const { code, stderr } = await world.mosaic([...args, '--file', own]);
    assert.equal(code, 1, `${args.join(' ')}: ${stderr}`);
    assert.match(
      stderr,
      /the fleet test follows .*\/fleet\.git on this host, and .*own\.yaml is not its file/,
    );
    assert.match(stderr, /fix: .*mosaic gitops leave --name test/);
  }
  assert.equal(await pids(world), before);
});

inWorld(
  'in a clone of it, the file in force is meant; a plan shows what the clone would do',
  'none',
  async (world) => {
    const source = await Source.make(world);
    await source.agents(['one']);
    await bootstrap(source);
    world.writeFleet(fleetText(world, ['one', 'two']));
    const status = await world.mosaic(['status']);
    assert.match(status.stdout, /^1 agent: 1 running\.$/m);
    assert.match(status.stdout, /^Follows /m);
    assert.match(
      status.stderr,
      /^Note: the fleet test follows a repository; .*work\/fleet\.yaml is left aside$/m,
    );
    const stopped = await world.mosaic(['fleet', 'stop', 'one']);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.deepEqual(await running(world), []);
    assert.match(
      (await world.mosaic(['doctor'])).stdout,
      /^ok +fleet-file +.*\/gitops\/current\/fleet\.yaml is valid/m,
    );
    const plan = await world.mosaic(['plan']);
    assert.match(plan.stdout, /\+ start +two/);
    assert.match(plan.stderr, /is not in force: this shows what it would do/);
    // Named, it is not what anybody acts on.
    assert.equal((await world.mosaic(['apply', '--file', world.fleetFile])).code, 1);
  },
);

forSupervisors(
  'who leaves keeps the agents and the file in force, and may go on with one of his own',
  async (world) => {
    const source = await Source.make(world);
    await source.agents(['one']);
    await bootstrap(source);
    const before = await pids(world);
    const { file = '' } = await statusOf(world);
    const { stdout, stderr } = await gitops(world, 0, 'leave');
    assert.ok(stdout.includes(`In force stays ${file}.`), stdout);
    assert.equal(await pids(world), before);
    assert.equal(readFileSync(file, 'utf8'), fleetText(world, ['one']));
    assert.equal(existsSync(`${dirname(dirname(file))}/mirror`), false);
    await gitops(world, 65, 'sync');
    if (world.supervisor === 'systemd') {
      const timers = await world.systemctl('list-unit-files', '--no-legend', 'mosaic-gitops.*');
      assert.equal(timers.stdout, '', 'nothing asks the remote');
      const active = await world.systemctl('is-active', 'mosaic-reconcile.timer');
      assert.equal(active.stdout.trim(), 'active', 'what was in force is still reconciled');
    }
    // As it says itself.
    const folder = world.path('mine');
    const [copy = '', install = ''] = stderr
      .split('\n')
      .slice(1, 3)
      .map((line) => line.trim().replace('FOLDER', folder));
    assert.equal((await world.run('mkdir', [folder])).code, 0);
    assert.equal((await world.run('sh', ['-c', copy])).code, 0, copy);
    writeFileSync(`${folder}/fleet.yaml`, fleetText(world, ['one', 'two']));
    const args =
      world.supervisor === 'systemd'
        ? install.split(' ').slice(1)
        : ['apply', '--file', `${folder}/fleet.yaml`];
    const went = await world.mosaic(args);
    assert.equal(went.code, 0, went.stderr);
    assert.deepEqual(await running(world), ['one', 'two']);
    const marks = await world.tmux('list-sessions', '-F', '#{@mosaic_revision}');
    assert.equal(marks.stdout.trim(), '', 'no session names a commit any more');
    assert.ok((await pids(world)).includes(before.split('\n').find((line) => line.startsWith('one')) ?? '?'));
  },
);
