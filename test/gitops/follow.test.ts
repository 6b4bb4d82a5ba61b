/** A host that follows a repository: what it takes, what it refuses, and what stays in force. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { gitopsStatus as valid } from '../../src/generated/gitopsStatus.js';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import {
  atOnce,
  bootstrap,
  crashIsMended,
  events,
  fleetText,
  gitops,
  idle,
  pids,
  running,
  Source,
  statusOf,
} from './support.ts';

const revisionOf = async (world: World, agent: string): Promise<string> =>
  (await world.tmux('display-message', '-t', `=${agent}:`, '-p', '#{@mosaic_revision}')).stdout.trim();

/** What must hold after a commit was refused: nobody was touched, and status and events say why. */
async function refusedFor(source: Source, good: string, rule: string, reason: RegExp): Promise<void> {
  const { world } = source;
  const before = await pids(world);
  const { stdout } = await gitops(world, 1, 'sync');
  assert.match(stdout, reason);
  const status = await statusOf(world);
  const { refused } = status;
  assert.ok(refused !== undefined);
  assert.equal(refused.rule, rule);
  assert.match(refused.reason, reason);
  assert.equal(status.in_force, good);
  assert.equal(status.healthy, false);
  assert.equal(await pids(world), before);
  const told = events(world).filter(({ message }) => reason.test(message)).length;
  await gitops(world, 1, 'sync');
  assert.equal((await statusOf(world)).refused?.since, refused.since);
  assert.equal(events(world).filter(({ message }) => reason.test(message)).length, told, 'told once');
  assert.match((await world.mosaic(['status'])).stdout, new RegExp(`Follows .*${good.slice(0, 10)}.*`));
  await crashIsMended(world, 'one', 1);
}

/** A later good commit is taken, whatever was refused before it. */
async function thenTaken(source: Source): Promise<string> {
  const { world } = source;
  const sha = await source.agents(['one', 'later'], atOnce);
  const { stdout } = await gitops(world, 0, 'sync');
  assert.match(stdout, /New: .*later/);
  assert.deepEqual(await running(world), ['later', 'one']);
  const status = await statusOf(world);
  assert.deepEqual(
    [status.in_force, status.applied?.sha, status.refused, status.healthy],
    [sha, sha, undefined, true],
  );
  return sha;
}

async function following(
  world: World,
  names: string[] = ['one', 'two'],
): Promise<{ source: Source; good: string }> {
  const source = await Source.make(world);
  const good = await source.agents(names, atOnce);
  await bootstrap(source);
  assert.deepEqual(await running(world), [...names].sort());
  return { source, good };
}

/** Stands for ssh: runs what it is told here, and waits first where it is held. */
function slowWay(world: World): {
  program: string;
  hold: () => void;
  waits: () => boolean;
  release: () => void;
} {
  const [program, held, asked] = [world.path('slow-ssh'), world.path('held'), world.path('asked')];
  const wait = `if [ -e '${held}' ]; then : > '${asked}'; while [ -e '${held}' ]; do sleep 0.1; done; fi`;
  writeFileSync(program, `#!/bin/sh\nfor last; do :; done\n${wait}\nexec sh -c "$last"\n`, { mode: 0o755 });
  return {
    program,
    hold: () => writeFileSync(held, ''),
    waits: () => existsSync(asked),
    release: () => rmSync(held),
  };
}

void describe('a followed repository', { concurrency: 2 }, () => {
  inWorld('a new commit is applied, and its revision stands on each session', 'none', async (world) => {
    const { source, good } = await following(world);
    assert.equal(await revisionOf(world, 'one'), good);
    const { stdout } = await gitops(world, 0, 'sync');
    assert.match(stdout, /Nothing new/);
    const next = await source.agents(['one', 'two', 'three']);
    await gitops(world, 0, 'sync');
    assert.deepEqual(await running(world), ['one', 'three', 'two']);
    assert.deepEqual(await Promise.all(['one', 'two', 'three'].map((name) => revisionOf(world, name))), [
      next,
      next,
      next,
    ]);
    const status = await statusOf(world);
    assert.ok(valid(status), JSON.stringify(valid.errors));
    assert.equal(status.applied?.subject, 'agents: one, two, three');
    assert.equal((await world.mosaic(['gitops', 'status'])).code, 0);
    // Without a file of its own, every command finds the one in force.
    const plan = await world.mosaic(['plan', '--detailed-exitcode']);
    assert.equal(plan.code, 0, plan.stdout + plan.stderr);
  });

  inWorld('an invalid commit is refused, and a later good one taken', 'none', async (world) => {
    const { source, good } = await following(world);
    source.write('fleet.yaml', 'version: 1\nagents: [{ nam: x }]\n');
    await source.push('Broken');
    await refusedFor(source, good, 'invalid', /not valid/);
    await thenTaken(source);
  });

  inWorld('an empty roster is refused', 'none', async (world) => {
    const { source, good } = await following(world);
    await source.agents([], atOnce, 'Nobody');
    await refusedFor(source, good, 'refused-plan', /roster is empty/);
    await thenTaken(source);
  });

  inWorld('a commit whose plan breaks the brakes is refused, unless it is meant', 'none', async (world) => {
    const { source, good } = await following(world, ['one', 'two', 'three', 'four']);
    const less = await source.agents(['one'], atOnce, 'Fewer');
    await refusedFor(source, good, 'refused-plan', /would end 3 of 4/);
    await gitops(world, 0, 'sync', '--allow-mass-stop');
    assert.deepEqual(await running(world), ['one']);
    assert.equal((await statusOf(world)).in_force, less);
  });

  inWorld('a rewritten history is refused, unless it is accepted', 'none', async (world) => {
    const { source, good } = await following(world);
    await world.git(source.tree, 'reset', '--quiet', '--hard', 'HEAD~1');
    const other = await source.agents(['one', 'other'], atOnce, 'Another history');
    await refusedFor(source, good, 'rewritten', /history was rewritten/);
    // Also where nothing tells any more what came before.
    const kept = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/gitops');
    for (const name of ['mirror', 'status.json']) rmSync(join(kept, name), { recursive: true });
    assert.match((await gitops(world, 1, 'sync')).stdout, /history was rewritten/);
    assert.equal((await statusOf(world)).in_force, good);
    await gitops(world, 0, 'sync', '--accept-rewrite');
    assert.equal((await statusOf(world)).in_force, other);
    await thenTaken(source);
  });

  inWorld('a revert rolls back', 'none', async (world) => {
    const { source } = await following(world);
    await source.agents(['one', 'two', 'three'], atOnce);
    await gitops(world, 0, 'sync');
    await world.git(source.tree, 'revert', '--no-edit', 'HEAD');
    const back = await source.push('and push');
    await gitops(world, 0, 'sync');
    assert.deepEqual(await running(world), ['one', 'two']);
    assert.equal((await statusOf(world)).applied?.sha, back);
    for (let count = 0; count < 5; count++) {
      await source.push(`Nothing ${count}`);
      await gitops(world, 0, 'sync');
    }
    const revisions = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/gitops/revisions');
    assert.ok(readdirSync(revisions).length <= 5, readdirSync(revisions).join());
  });

  inWorld(
    'a fleet file that is missing, a link, of another fleet, or too large is refused',
    'none',
    async (world) => {
      const { source, good } = await following(world);
      await world.git(source.tree, 'rm', '--quiet', 'fleet.yaml');
      await source.push('Gone');
      await refusedFor(source, good, 'file', /is not there/);
      await world.run('ln', ['-s', '/etc/passwd', join(source.tree, 'fleet.yaml')]);
      await source.push('A link');
      await refusedFor(source, good, 'file', /symbolic link/);
      await world.run('rm', [join(source.tree, 'fleet.yaml')]);
      source.write('fleet.yaml', `${fleetText(world, ['one'])}# ${'x'.repeat(5 * 1024 * 1024)}\n`);
      await source.push('Large');
      await refusedFor(source, good, 'file', /larger than 4 MiB/);
      source.write(
        'fleet.yaml',
        Buffer.from([...Buffer.from(fleetText(world, ['one'])), 0x23, 0xff, 0xfe, 10]),
      );
      await source.push('Bytes');
      await refusedFor(source, good, 'file', /not UTF-8/);
      await source.agents(['one'], { ...atOnce, name: 'another' }, 'Another fleet');
      await refusedFor(source, good, 'other-fleet', /of the fleet "another"/);
      await thenTaken(source);
    },
    { timeout: 120_000 },
  );

  inWorld(
    'files that it names come from the same commit, and none from outside',
    'none',
    async (world) => {
      const { source, good } = await following(world);
      const template = (path: string) => ({
        ...atOnce,
        agents: [idle('one', { kickstart_template: path, env_file: 'env/one' }), idle('two')],
      });
      source.write('env/one', 'SECRET=from-the-commit\n');
      await source.agents([], template('texts/missing.md'), 'Missing');
      await refusedFor(source, good, 'named-file', /texts\/missing.md.*not there/);
      await source.agents([], template('../../outside.md'), 'Outside');
      await refusedFor(source, good, 'named-file', /leaves the repository/);
      await world.run('ln', ['-s', '/etc', join(source.tree, 'linked')]);
      await source.agents([], template('linked/hostname'), 'Through a link');
      await refusedFor(source, good, 'named-file', /linked\/hostname.*not there/);
      await source.agents([], { ...atOnce, agents: [idle('one', { working_directory: 'src' })] }, 'A folder');
      await refusedFor(source, good, 'named-file', /works in "src"/);
      source.write('texts/hello.md', 'hello\n');
      source.write('texts/other.md', 'not asked for\n');
      const sha = await source.agents([], template('texts/hello.md'), 'All there');
      await gitops(world, 0, 'sync');
      const folder = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/gitops/revisions', sha);
      assert.deepEqual(readdirSync(folder).sort(), ['env', 'fleet.yaml', 'texts']);
      assert.deepEqual(readdirSync(join(folder, 'texts')), ['hello.md']);
    },
    { timeout: 120_000 },
  );

  inWorld('suspended, nothing is fetched and what is in force is reconciled', 'none', async (world) => {
    const { source, good } = await following(world);
    await gitops(world, 0, 'suspend', '--reason', 'moving \u001b[31mred');
    await source.agents(['one', 'two', 'three'], atOnce);
    await crashIsMended(world, 'one', 0);
    const status = await statusOf(world);
    assert.deepEqual([status.in_force, status.suspended?.reason], [good, 'moving \u001b[31mred']);
    const { stdout } = await world.mosaic(['gitops', 'status']);
    assert.match(stdout, /suspended .*moving \\x1b\[31mred/);
    await gitops(world, 0, 'resume');
    await gitops(world, 0, 'sync');
    assert.deepEqual(await running(world), ['one', 'three', 'two']);
    assert.deepEqual(events(world).filter(({ message }) => /suspended|resumed/.test(message)).length, 2);
  });

  inWorld('suspended while a round is at work, that takes nothing', 'none', async (world) => {
    const { source, good } = await following(world);
    const way = slowWay(world);
    const asked = ['bootstrap', '--repo', `host:${source.remote}`];
    const env = { GIT_SSH: way.program };
    const over = await world.mosaic(['gitops', ...asked], { env, timeoutMs: 60_000 });
    assert.equal(over.code, 0, over.stderr);
    await source.agents(['one', 'two', 'late'], atOnce);
    way.hold();
    const round = world.mosaic(['gitops', 'sync'], { env, timeoutMs: 60_000 });
    await world.until('it asks the remote', () => way.waits());
    const { stderr } = await gitops(world, 0, 'suspend');
    assert.match(stderr, /a round is at work/);
    way.release();
    const { code, stdout } = await round;
    assert.equal(code, 0);
    assert.match(stdout, /^Suspended: /);
    assert.equal((await statusOf(world)).in_force, good);
    assert.deepEqual(await running(world), ['one', 'two']);
  });

  inWorld(
    'a host with a local file goes over without a restart; bootstrap again changes nothing',
    'none',
    async (world) => {
      const source = await Source.make(world);
      writeFileSync(world.fleetFile, fleetText(world, ['one', 'two']));
      assert.equal((await world.mosaic(['apply'])).code, 0);
      const before = await pids(world);
      await source.agents(['one', 'two']);
      await bootstrap(source);
      assert.equal(await pids(world), before);
      const again = await bootstrap(source);
      assert.match(again.stdout, /followed already, just so/);
      const slower = await bootstrap(source, '--interval', '5m');
      assert.match(slower.stdout, /interval: 1m → 5m/);
      assert.equal(await pids(world), before);
    },
  );

  inWorld('what cannot be followed leaves nothing behind', 'none', async (world) => {
    const source = await Source.make(world);
    source.write('fleet.yaml', 'version: 1\nagents: [{ nam: x }]\n');
    await source.push('Broken');
    const broken = await gitops(world, 65, 'bootstrap', '--repo', source.remote);
    assert.match(broken.stderr, /fleet\.yaml:2:/);
    await gitops(world, 69, 'bootstrap', '--repo', world.path('nowhere.git'));
    await gitops(world, 69, 'bootstrap', '--repo', source.remote, '--branch', 'other');
    await gitops(world, 1, 'bootstrap', '--repo', source.remote, '--path', 'no.yaml');
    await gitops(world, 65, 'bootstrap', '--repo', source.remote, '--verify-signatures', 'nobody');
    for (const repo of ['--upload-pack=touch x', 'ext::sh -c true', 'http://localhost/x', 'relative'])
      await gitops(world, 64, 'bootstrap', `--repo=${repo}`);
    await source.agents(['one']);
    const printed = await gitops(world, 0, 'bootstrap', '--repo', source.remote, '--print');
    assert.match(printed.stdout, /"branch": "main"/);
    const state = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic');
    assert.deepEqual(readdirSync(state), []);
    assert.ok(!existsSync(join(world.env['XDG_CONFIG_HOME'] ?? '', 'mosaic')));
    await gitops(world, 65, 'status');
  });

  inWorld('a configuration that is damaged is told of, and written anew', 'none', async (world) => {
    const { source } = await following(world);
    const folder = join(world.env['XDG_CONFIG_HOME'] ?? '', 'mosaic/fleet');
    const file = join(folder, 'test/gitops.json');
    const good = readFileSync(file, 'utf8');
    // That of another fleet is in nobody's way who names his own.
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/gitops.json'), '{');
    await gitops(world, 0, 'sync', '--name', 'test');
    await gitops(world, 65, 'sync', '--name', 'other');
    rmSync(join(folder, 'other'), { recursive: true });

    writeFileSync(file, '{');
    const asked = await gitops(world, 65, 'status');
    assert.match(asked.stderr, /gitops\.json.*\n.*bootstrap --repo URL/);
    const current = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/gitops/current/fleet.yaml');
    const status = await world.mosaic(['status', '--file', current]);
    assert.equal(status.code, 0, status.stderr);
    assert.match(
      status.stdout,
      /^one +running[^]*^Follows a repository, and nobody knows which: .*gitops\.json/m,
    );
    const unsaid = await gitops(world, 65, 'bootstrap', '--repo', source.remote);
    assert.match(unsaid.stderr, /--verify-signatures FILE or --no-verify-signatures/);
    assert.equal(readFileSync(file, 'utf8'), '{');
    await bootstrap(source, '--no-verify-signatures');
    assert.equal(readFileSync(file, 'utf8'), good);
    assert.equal((await statusOf(world)).healthy, true);
  });

  inWorld('--print leaves no trace, also of what cannot be followed', 'none', async (world) => {
    const source = await Source.make(world);
    await source.agents(['one']);
    const passing = world.path('passing');
    mkdirSync(passing);
    const print = (repo: string) =>
      world.mosaic(['gitops', 'bootstrap', '--repo', repo, '--print'], { env: { TMPDIR: passing } });
    const printed = await print(source.remote);
    assert.equal(printed.code, 0, printed.stderr);
    assert.match(printed.stdout, /"path": "fleet\.yaml"/);
    assert.equal((await print(world.path('nowhere.git'))).code, 69);
    assert.deepEqual(readdirSync(passing), []);
    for (const folder of ['XDG_STATE_HOME', 'XDG_CONFIG_HOME'])
      assert.ok(!existsSync(join(world.env[folder] ?? '', 'mosaic')), folder);
  });

  inWorld('a fleet whose unit names another has is not followed by half', 'none', async (world) => {
    const source = await Source.make(world);
    await source.agents(['one'], { supervisor: 'auto' });
    const units = join(world.env['XDG_CONFIG_HOME'] ?? '', 'systemd/user');
    mkdirSync(units, { recursive: true });
    const timer = join(units, 'mosaic-gitops.timer');
    writeFileSync(timer, '[Timer]\nOnActiveSec=1h\n');
    const { stderr } = await gitops(world, 1, 'bootstrap', '--repo', source.remote);
    assert.match(stderr, /in the way of the fleet test: .*mosaic-gitops\.timer \(not made by mosaic\)/);
    assert.deepEqual(readdirSync(join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic')), []);
    assert.ok(!existsSync(join(world.env['XDG_CONFIG_HOME'] ?? '', 'mosaic')));
    rmSync(timer);
    await bootstrap(source);
    assert.deepEqual(await running(world), ['one']);
  });

  inWorld('mosaic down takes it all away', 'none', async (world) => {
    await following(world);
    const { code, stderr } = await world.mosaic(['down', '--purge']);
    assert.equal(code, 0, stderr);
    assert.ok(!existsSync(join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic')));
    assert.ok(!existsSync(join(world.env['XDG_CONFIG_HOME'] ?? '', 'mosaic')));
  });
});
