/** Where signatures are asked for, only a commit signed by one of those on this host's list is taken. Real keys. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { atOnce, bootstrap, crashIsMended, events, gitops, running, Source, statusOf } from './support.ts';

/** Makes an ssh key; gives its path. */
async function sshKey(world: World, name: string): Promise<string> {
  const path = world.path(name);
  const made = await world.run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  assert.equal(made.code, 0, made.stderr);
  return path;
}

const signedBy = (key: string): string[] => [
  '-c',
  'gpg.format=ssh',
  '-c',
  `user.signingkey=${key}`,
  '-c',
  'commit.gpgsign=true',
];

function allow(world: World, ...keys: string[]): string {
  const file = world.path('signers');
  const lines = keys.map((key) => `test@example.org ${readFileSync(`${key}.pub`, 'utf8')}`);
  writeFileSync(file, lines.join(''));
  return file;
}

/** A commit with one more agent. */
function commit(source: Source, names: string[], ...options: string[]): Promise<string> {
  source.write('fleet.yaml', fleetOf(source.world, names));
  return source.push(`agents: ${names.join(', ')}`, ...options);
}

const fleetOf = (world: World, names: string[]): string =>
  JSON.stringify({
    version: 1,
    name: 'test',
    transport: 'tmux',
    supervisor: 'none',
    tmux: { socket_name: world.socket },
    runtimes: { idle: { command: ['sleep', 'infinity'] } },
    ...atOnce,
    agents: names.map((name) => ({ name, runtime: 'idle' })),
  });

async function refused(world: World, good: string, why: RegExp): Promise<void> {
  const { stdout } = await gitops(world, 1, 'sync');
  assert.match(stdout, why);
  const status = await statusOf(world);
  assert.deepEqual([status.in_force, status.refused?.rule, status.healthy], [good, 'signature', false]);
  const told = events(world).filter(({ message }) =>
    message.startsWith(status.refused?.sha.slice(0, 10) ?? '-'),
  );
  assert.equal(told.length, 1);
  await crashIsMended(world, 'one', 1);
}

async function taken(world: World, sha: string, signer: RegExp): Promise<void> {
  await gitops(world, 0, 'sync');
  const { applied, healthy } = await statusOf(world);
  assert.deepEqual([applied?.sha, healthy], [sha, true]);
  assert.match(applied?.signer ?? '', signer);
}

void describe('signatures of a followed repository', { concurrency: 2 }, () => {
  inWorld(
    'stay asked for by a bootstrap that does not speak of them',
    'none',
    async (world) => {
      const mine = await sshKey(world, 'mine');
      const signers = allow(world, mine);
      const source = await Source.make(world);
      const good = await commit(source, ['one'], ...signedBy(mine));
      await bootstrap(source, '--verify-signatures', signers, '--timeout', '1m', '--interval', '2m');
      await commit(source, ['one', 'two']);
      const asked = ['bootstrap', '--repo'];
      const again = await gitops(world, 1, ...asked, source.remote, '--interval', '7m');
      assert.match(again.stdout, /^interval: 2m → 7m\nNot taken: .*not signed/);
      assert.doesNotMatch(again.stdout, /signers:|timeout:/);
      assert.match((await gitops(world, 1, ...asked, `${source.remote}//`)).stdout, /just so/);
      // The same fleet from elsewhere: its host trusts nobody more than before.
      const copy = world.path('copy.git');
      await world.git(world.folder, 'clone', '--quiet', '--bare', source.remote, copy);
      assert.match((await gitops(world, 1, ...asked, copy)).stderr, /not signed/);
      const printed = await gitops(world, 0, ...asked, source.remote, '--no-verify-signatures', '--print');
      assert.doesNotMatch(printed.stdout, /"signers"/);
      assert.match(printed.stdout, /"timeout_ms": 60000/);
      assert.equal((await statusOf(world)).in_force, good);

      const dropped = await gitops(world, 0, ...asked, source.remote, '--no-verify-signatures');
      assert.match(dropped.stdout, /^signers: .*signers → none\nNew: /);
      assert.deepEqual(await running(world), ['one', 'two']);
      const told = events(world).map(({ message }) => message);
      assert.equal(told.filter((message) => /^signers: .* → none, by /.test(message)).length, 1);
      assert.equal(told.filter((message) => message.startsWith('interval: 2m → 7m, by ')).length, 1);
    },
    { timeout: 120_000 },
  );

  inWorld(
    'of ssh keys: unsigned and wrongly signed commits are refused',
    'none',
    async (world) => {
      const [mine, other] = [await sshKey(world, 'mine'), await sshKey(world, 'other')];
      const signers = allow(world, mine);
      const source = await Source.make(world);
      await commit(source, ['one']);
      const unsigned = await gitops(
        world,
        1,
        'bootstrap',
        '--repo',
        source.remote,
        '--verify-signatures',
        signers,
      );
      assert.match(unsigned.stderr, /it is not signed/);
      assert.deepEqual(await running(world), []);

      const good = await commit(source, ['one', 'two'], ...signedBy(mine));
      await bootstrap(source, '--verify-signatures', signers);
      assert.equal((await statusOf(world)).applied?.sha, good);
      await commit(source, ['one', 'two', 'three']);
      await refused(world, good, /it is not signed/);
      await commit(source, ['one', 'two', 'three'], ...signedBy(other));
      await refused(world, good, /a key that the file of signers does not have/);

      // A tip that is signed vouches for what is below it.
      const next = await commit(source, ['one', 'two', 'four'], ...signedBy(mine));
      await taken(world, next, /^test@example\.org$/);
      assert.deepEqual(await running(world), ['four', 'one', 'two']);

      // Trusted from now on: the same commit, which was refused, is looked at again.
      const late = await commit(source, ['one', 'two', 'five'], ...signedBy(other));
      await refused(world, next, /does not have/);
      allow(world, mine, other);
      await taken(world, late, /^test@example\.org$/);

      // The list is of this host: whatever the repository brings along changes nothing.
      allow(world, mine);
      source.write('signers', `test@example.org ${readFileSync(`${other}.pub`, 'utf8')}`);
      await commit(source, ['one'], ...signedBy(other));
      await refused(world, late, /does not have/);
      // A list that is gone trusts nobody.
      writeFileSync(signers, '');
      await gitops(world, 65, 'sync');
      assert.match((await statusOf(world)).fetch_trouble?.message ?? '', /names none/);
      assert.equal((await statusOf(world)).in_force, late);
    },
    { timeout: 120_000 },
  );

  inWorld(
    'are asked for from now on: an unsigned revision in force stays, and is told of',
    'none',
    async (world) => {
      const mine = await sshKey(world, 'mine');
      const source = await Source.make(world);
      const good = await commit(source, ['one']);
      await bootstrap(source);
      await gitops(world, 1, 'bootstrap', '--repo', source.remote, '--verify-signatures', allow(world, mine));
      const status = await statusOf(world);
      assert.deepEqual([status.in_force, status.refused?.rule], [good, 'signature']);
      await taken(world, await commit(source, ['one'], ...signedBy(mine)), /test@example\.org/);
    },
  );

  inWorld(
    'of OpenPGP keys, and one kind never stands for the other',
    'none',
    async (world, t) => {
      if (!existsSync('/usr/bin/gpg') && (process.env['CI'] ?? '') === '')
        return t.skip('gpg is not installed');
      const home = join(world.home, '.gnupg');
      mkdirSync(home, { mode: 0o700 });
      const gpg = async (...args: string[]): Promise<string> => {
        const made = await world.run('gpg', [
          '--batch',
          '--quiet',
          '--pinentry-mode',
          'loopback',
          '--passphrase',
          '',
          ...args,
        ]);
        assert.equal(made.code, 0, made.stderr);
        return made.stdout;
      };
      for (const who of ['mine', 'other'])
        await gpg('--quick-generate-key', `${who} <${who}@example.org>`, 'ed25519', 'sign');
      const signers = world.path('keys.asc');
      writeFileSync(signers, await gpg('--armor', '--export', 'mine@example.org'));
      const pgp = (who: string): string[] => [
        '-c',
        `user.signingkey=${who}@example.org`,
        '-c',
        'commit.gpgsign=true',
      ];
      const source = await Source.make(world);
      const good = await commit(source, ['one'], ...pgp('mine'));
      await bootstrap(source, '--verify-signatures', signers);
      assert.match((await statusOf(world)).applied?.signer ?? '', /mine@example\.org/);
      // The user's own keyring has this one, and trusts it.
      await commit(source, ['one', 'two'], ...pgp('other'));
      await refused(world, good, /does not have/);
      const key = await sshKey(world, 'key');
      await world.git(world.folder, 'config', '--global', 'gpg.ssh.allowedSignersFile', allow(world, key));
      await commit(source, ['one', 'two'], ...signedBy(key));
      await gitops(world, 1, 'sync');
      assert.equal((await statusOf(world)).in_force, good);
      const next = await commit(source, ['one', 'two'], ...pgp('mine'));
      await taken(world, next, /mine@example\.org/);
      // And the other way about: with a list of ssh keys, no key of the user's own keyring counts.
      await gitops(world, 1, 'bootstrap', '--repo', source.remote, '--verify-signatures', allow(world, key));
      await commit(source, ['one'], ...pgp('mine'));
      await gitops(world, 1, 'sync');
      const status = await statusOf(world);
      assert.deepEqual([status.in_force, status.refused?.rule], [next, 'signature']);
    },
    { timeout: 120_000 },
  );
});
