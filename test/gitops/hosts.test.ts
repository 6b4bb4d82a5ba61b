/** Hosts whose user managers follow a repository, each on its own. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { inWorld } from '../support/supervisors.ts';
import { createWorld, type World } from '../support/world.ts';
import { atOnce, fleetText, gitops, idle, pids, silence, Source, statusOf } from './support.ts';

/** Sessions of agents on the fleet's socket, which is named after the first world. */
async function agentsOf(world: World, socket: string): Promise<string[]> {
  const { stdout } = await world.run('tmux', [
    '-L',
    socket,
    'list-sessions',
    '-F',
    '#{session_name}=#{pane_pid}',
  ]);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('_holder'))
    .sort();
}

const names = (agents: readonly string[]): string[] => agents.map((agent) => agent.replace(/=.*/, ''));

void describe('hosts that follow one repository', () => {
  inWorld(
    'take what is pushed by themselves, and start only their own agents',
    'systemd',
    async (alpha, t) => {
      const beta = await createWorld(t, { systemd: true, hostname: 'beta' });
      const source = await Source.make(alpha);
      const push = (more: object[] = []): Promise<string> => {
        const agents = [
          idle('one', { host: 'alpha' }),
          idle('two', { host: 'BETA' }),
          idle('nobody', { host: 'gamma' }),
          idle('everywhere'),
          ...more,
        ];
        source.write('fleet.yaml', fleetText(alpha, [], { agents }));
        return source.push(`${agents.length} agents`);
      };
      const first = await push();
      for (const world of [alpha, beta]) {
        await gitops(world, 0, 'bootstrap', '--repo', source.remote, '--interval', '1s');
        assert.equal((await statusOf(world)).applied?.sha, first);
      }
      const before = await agentsOf(alpha, alpha.socket);
      assert.deepEqual(names(before), ['everywhere', 'one']);
      assert.deepEqual(names(await agentsOf(beta, alpha.socket)), ['everywhere', 'two']);

      const units = join(alpha.env['XDG_CONFIG_HOME'] ?? '', 'systemd/user');
      const files = ['mosaic-gitops.service', 'mosaic-gitops.timer'].map((name) => join(units, name));
      const checked = await alpha.run('systemd-analyze', ['--user', 'verify', ...files]);
      assert.equal(`${checked.stdout}${checked.stderr}`, '');
      assert.equal((await alpha.systemctl('is-enabled', 'mosaic-gitops.timer')).stdout.trim(), 'enabled');

      const second = await push([idle('new', { host: 'beta' })]);
      for (const world of [alpha, beta])
        await world.until(
          'the new commit is applied',
          async () => (await statusOf(world)).applied?.sha === second,
          30_000,
        );
      assert.deepEqual(await agentsOf(alpha, alpha.socket), before);
      assert.deepEqual(names(await agentsOf(beta, alpha.socket)), ['everywhere', 'new', 'two']);

      // A host that is held back stays where it is, and the other goes on.
      await gitops(alpha, 0, 'suspend');
      const third = await push();
      await beta.until(
        'the other goes on',
        async () => (await statusOf(beta)).applied?.sha === third,
        30_000,
      );
      assert.equal((await statusOf(alpha)).in_force, second);

      const again = await gitops(alpha, 0, 'bootstrap', '--repo', source.remote, '--interval', '1s');
      assert.match(again.stdout, /followed already, just so/);
      assert.equal((await statusOf(alpha)).suspended?.by, 'root');
      const down = await alpha.mosaic(['down', '--purge'], { timeoutMs: 60_000 });
      assert.equal(down.code, 0, down.stderr);
      assert.ok(
        !existsSync(units) || readdirSync(units).every((name) => !name.startsWith('mosaic-')),
        readdirSync(units).join(),
      );
      assert.equal(
        (await alpha.systemctl('list-units', '--all', '--plain', '--no-legend', 'mosaic-*')).stdout,
        '',
      );
      assert.deepEqual(names(await agentsOf(beta, alpha.socket)), ['everywhere', 'two']);
    },
    { hostname: 'alpha', timeout: 180_000 },
  );

  inWorld(
    'restart an agent at once while the remote hangs',
    'systemd',
    async (world, t) => {
      const source = await Source.make(world);
      await source.agents(['one', 'two'], atOnce);
      await gitops(world, 0, 'bootstrap', '--repo', source.remote, '--interval', '1s');
      const { port, open } = await silence(t);
      await world.git(
        world.folder,
        'config',
        '--global',
        `url.https://127.0.0.1:${port}/.insteadOf`,
        source.remote,
      );
      await world.until('a round waits for the remote', () => open() > 0, 30_000);
      const before = await pids(world);
      await world.run('kill', ['-KILL', /^one (\d+)$/m.exec(before)?.[1] ?? '']);
      await world.until(
        'it runs again',
        async () => /^one (\d+)$/m.test(await pids(world)) && (await pids(world)) !== before,
        15_000,
      );
      assert.ok(open() > 0, 'the same round still waits');
    },
    { timeout: 120_000 },
  );

  inWorld('are told of a way to the remote that their manager has not', 'systemd', async (world) => {
    const source = await Source.make(world);
    await source.agents(['one'], atOnce);
    const way = world.path('way');
    writeFileSync(way, '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n', { mode: 0o755 });
    const asked = (repo: string) =>
      world.mosaic(['gitops', 'bootstrap', '--repo', repo, '--interval', '1h'], {
        env: { GIT_SSH: way },
        timeoutMs: 60_000,
      });
    const over = await asked(`host:${source.remote}`);
    assert.equal(over.code, 0, over.stderr);
    assert.match(over.stderr, /^Note: GIT_SSH stands in this environment.*\n {2}fix: .*\.ssh\/config/m);
    const here = await asked(source.remote);
    assert.equal(here.code, 0, here.stderr);
    assert.doesNotMatch(here.stderr, /GIT_SSH/);
  });

  inWorld(
    'go on with the mosaic that install-systemd was last run with',
    'systemd',
    async (world) => {
      const source = await Source.make(world);
      await source.agents(['one'], atOnce);
      await gitops(world, 0, 'bootstrap', '--repo', source.remote, '--interval', '1h');
      const service = join(world.env['XDG_CONFIG_HOME'] ?? '', 'systemd/user/mosaic-gitops.service');
      const wanted = readFileSync(service, 'utf8');
      // As one that lay elsewhere has written it.
      writeFileSync(service, wanted.replace(/^ExecStart=.* gitops/m, 'ExecStart=/opt/old/mosaic gitops'));
      const shown = await world.mosaic(['fleet', 'install-systemd', '--dry-run']);
      assert.match(shown.stdout, /mosaic-gitops\.service/);
      assert.notEqual(readFileSync(service, 'utf8'), wanted);
      const { code, stdout, stderr } = await world.mosaic(['fleet', 'install-systemd']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Wrote .*mosaic-gitops\.service$/m);
      assert.equal(readFileSync(service, 'utf8'), wanted);
      assert.match((await world.mosaic(['fleet', 'install-systemd'])).stdout, /^Nothing to install/m);
      const loaded = await world.systemctl(
        'show',
        '--property=ExecStart,NeedDaemonReload',
        'mosaic-gitops.service',
      );
      assert.doesNotMatch(loaded.stdout, /\/opt\/old|NeedDaemonReload=yes/);
    },
    { timeout: 120_000 },
  );
});
