/** A remote that is gone, hangs, breaks off or grows: what is in force stays so, and a later good commit is taken. */
import assert from 'node:assert/strict';
import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { withFar } from '../support/sshd.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import {
  atOnce,
  bootstrap,
  crashIsMended,
  events,
  fleetText,
  gitops,
  pids,
  running,
  silence,
  Source,
  statusOf,
} from './support.ts';

const mirrorOf = (world: World): string =>
  join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test/gitops/mirror');

async function following(world: World, ...more: string[]): Promise<{ source: Source; good: string }> {
  const source = await Source.make(world);
  const good = await source.agents(['one', 'two'], atOnce);
  await bootstrap(source, ...more);
  return { source, good };
}

/** What must hold while the remote is not reached, and that it is told once. */
async function unreached(world: World, good: string, why: RegExp): Promise<void> {
  const before = await pids(world);
  const { stdout } = await gitops(world, 69, 'sync');
  assert.match(stdout, why);
  assert.match(stdout, /stays in force/);
  const { fetch_trouble: trouble, in_force, healthy } = await statusOf(world);
  assert.ok(trouble !== undefined);
  assert.match(trouble.message, why);
  assert.deepEqual([in_force, healthy], [good, false]);
  assert.equal(await pids(world), before);
  await crashIsMended(world, 'one', 69);
  assert.equal((await statusOf(world)).fetch_trouble?.since, trouble.since);
  assert.equal(events(world).filter(({ message }) => why.test(message)).length, 1, 'told once');
  assert.equal((await world.mosaic(['gitops', 'status'])).code, 1);
}

async function taken(world: World, sha: string): Promise<void> {
  await gitops(world, 0, 'sync');
  const status = await statusOf(world);
  assert.deepEqual([status.in_force, status.applied?.sha, status.healthy], [sha, sha, true]);
}

/** Has the server send packs through a shell filter; '' takes it away again. */
async function sendThrough(world: World, filter: string): Promise<void> {
  const hook = world.path('hook.sh');
  writeFileSync(hook, `#!/bin/sh\n"$@" | { ${filter === '' ? 'cat' : filter}; }\n`, { mode: 0o755 });
  await world.git(world.folder, 'config', '--global', 'uploadpack.packObjectsHook', hook);
}

void describe('the remote of a followed repository', { concurrency: 2 }, () => {
  inWorld('is gone for a while', 'none', async (world) => {
    const { source, good } = await following(world);
    renameSync(source.remote, `${source.remote}.away`);
    await unreached(world, good, /does not appear to be a git repository/);
    renameSync(`${source.remote}.away`, source.remote);
    await taken(world, await source.agents(['one', 'two', 'three'], atOnce));
    await world.git(source.remote, 'branch', '-m', 'main', 'trunk');
    await gitops(world, 69, 'sync');
    assert.match((await statusOf(world)).fetch_trouble?.message ?? '', /no branch "main"/);
  });

  withFar('over ssh: it is followed, unreachable, and hangs', async (world, far, t) => {
    const bin = world.path('bin');
    await world.run('mkdir', [bin]);
    const seen = world.path('ssh-arguments');
    writeFileSync(
      join(bin, 'ssh'),
      `#!/bin/sh\necho "$@" >>'${seen}'\nexec /usr/bin/ssh -F '${far.config}' "$@"\n`,
      { mode: 0o755 },
    );
    const path = `${bin}:${world.env['PATH']}`;
    const source = await Source.make(world);
    const good = await source.agents(['one', 'two'], atOnce);
    const mosaic = async (code: number, ...args: string[]): Promise<string> => {
      const result = await world.mosaic(['gitops', ...args], { env: { PATH: path }, timeoutMs: 60_000 });
      assert.equal(result.code, code, result.stdout + result.stderr);
      return result.stdout;
    };
    await mosaic(0, 'bootstrap', '--repo', `far:${source.remote}`, '--timeout', '4s');
    assert.match(readFileSync(seen, 'utf8'), /BatchMode=yes/);
    assert.equal((await statusOf(world)).applied?.sha, good);
    const next = await source.agents(['one', 'two', 'three'], atOnce);
    await mosaic(0, 'sync');
    assert.deepEqual(await running(world), ['one', 'three', 'two']);

    far.configure({ Port: '1' });
    await mosaic(69, 'sync');
    assert.match((await statusOf(world)).fetch_trouble?.message ?? '', /Connection refused|Could not read/);

    const { port, open, ever } = await silence(t);
    far.configure({ Port: String(port) });
    const began = performance.now();
    assert.match(await mosaic(69, 'sync'), /did not come to an end in time/);
    assert.ok(performance.now() - began < 15_000);
    assert.ok(ever() > 0);
    await world.until('nobody waits for it any more', () => open() === 0);
    assert.equal((await statusOf(world)).in_force, next);

    far.configure({});
    await source.agents(['one', 'two'], atOnce);
    await mosaic(0, 'sync');
    assert.deepEqual(await running(world), ['one', 'two']);
  });

  inWorld('over https hangs, and a password in its address is nowhere shown', 'none', async (world, t) => {
    const { port, open } = await silence(t);
    const repo = `https://me:hunter2secret@127.0.0.1:${port}/fleet.git`;
    const result = await gitops(world, 69, 'bootstrap', '--repo', repo, '--timeout', '2s');
    assert.match(result.stderr, /https:\/\/127\.0\.0\.1:\d+\/fleet\.git/);
    assert.ok(!`${result.stdout}${result.stderr}`.includes('hunter2secret'));
    await world.until('nobody waits for it any more', () => open() === 0);
  });

  inWorld('an object that is only half there is fetched again', 'none', async (world) => {
    const { source } = await following(world);
    const mirror = mirrorOf(world);
    const packs = join(mirror, 'objects/pack');
    const breakings: Record<string, () => void> = {
      'a truncated pack': () => {
        for (const name of readdirSync(packs).filter((file) => file.endsWith('.pack')))
          truncateSync(join(packs, name), Math.floor(statSync(join(packs, name)).size / 2));
      },
      'an index that is garbage': () => {
        for (const name of readdirSync(packs).filter((file) => file.endsWith('.idx'))) {
          rmSync(join(packs, name));
          writeFileSync(join(packs, name), 'garbage');
        }
      },
      'no packs': () => rmSync(packs, { recursive: true }),
      'a ref that is garbage': () => writeFileSync(join(mirror, 'refs/mosaic/wanted'), 'garbage\n'),
      'a ref to nothing': () => writeFileSync(join(mirror, 'refs/mosaic/wanted'), `${'1'.repeat(40)}\n`),
      'an empty HEAD': () => writeFileSync(join(mirror, 'HEAD'), ''),
      'another configuration': () => writeFileSync(join(mirror, 'config'), '[core'),
      'what a killed git leaves': () => {
        writeFileSync(join(mirror, 'refs/mosaic/wanted.lock'), '');
        writeFileSync(join(mirror, 'config.lock'), '');
        writeFileSync(join(packs, 'tmp_pack_XXXXXX'), 'half');
      },
      'nothing at all': () => rmSync(mirror, { recursive: true }),
    };
    let count = 0;
    for (const [what, breakIt] of Object.entries(breakings)) {
      breakIt();
      const sha = await source.agents(['one', 'two', `new${count++}`], {
        ...atOnce,
        reconcile: { max_stop_fraction: 1 },
      });
      const { code, stdout, stderr } = await world.mosaic(['gitops', 'sync']);
      assert.equal(code, 0, `${what}: ${stdout}${stderr}`);
      assert.equal((await statusOf(world)).in_force, sha, what);
      assert.ok(!readdirSync(join(mirror, 'objects/pack')).some((name) => name.startsWith('tmp_')), what);
    }
  });

  inWorld(
    'breaks off, or stands still, in the middle of a pack',
    'none',
    async (world) => {
      const { source, good } = await following(world, '--timeout', '3s');
      source.write('noise', Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251)));
      await sendThrough(world, 'head -c 200');
      const next = await source.agents(['one', 'two', 'three'], atOnce);
      await unreached(world, good, /cannot (?:fetch|ask)/);
      await sendThrough(world, 'head -c 200; exec sleep 60');
      await gitops(world, 69, 'sync');
      assert.match((await statusOf(world)).fetch_trouble?.message ?? '', /did not come to an end in time/);
      await sendThrough(world, '');
      await taken(world, next);
      const left = readdirSync(join(mirrorOf(world), 'objects/pack')).filter((name) =>
        name.startsWith('tmp_'),
      );
      assert.deepEqual(left, []);
    },
    { timeout: 120_000 },
  );

  for (const filter of [true, false]) {
    inWorld(
      `grows by 500 MB of other files${filter ? '' : ', and sends them all'}`,
      'none',
      async (world) => {
        const { source } = await following(world);
        await world.git(source.remote, 'config', 'uploadpack.allowFilter', String(filter));
        await world.git(source.remote, 'config', 'core.bigFileThreshold', '1m');
        const fleet = fleetText(world, ['one', 'two', 'three'], atOnce);
        writeFileSync(world.path('fleet.yaml'), fleet);
        const script = `
          {
            printf 'commit refs/heads/main\\ncommitter T <t@e> 1800000000 +0000\\ndata 4\\nbig\\nfrom refs/heads/main^0\\n'
            printf 'M 100644 inline fleet.yaml\\ndata ${Buffer.byteLength(fleet)}\\n'; cat '${world.path('fleet.yaml')}'; echo
            for i in 1 2 3 4 5; do
              printf 'M 100644 inline big/%s\\ndata 104857600\\n' $i; head -c 104857600 /dev/urandom; echo
            done
          } | git -C '${source.remote}' -c core.compression=0 -c core.bigFileThreshold=1m fast-import --quiet`;
        const made = await world.run('sh', ['-c', script], { timeoutMs: 120_000 });
        assert.equal(made.code, 0, made.stderr);
        const sha = await world.git(source.remote, 'rev-parse', 'main');
        const result = await world.mosaic(['gitops', 'sync'], { timeoutMs: 120_000 });
        assert.equal(result.code, 0, result.stdout + result.stderr);
        assert.equal((await statusOf(world)).applied?.sha, sha);
        assert.deepEqual(await running(world), ['one', 'three', 'two']);
        const { stdout } = await world.run('du', ['-sm', mirrorOf(world)]);
        const size = Number.parseInt(stdout, 10);
        assert.ok(filter ? size < 5 : size > 400, `${size} MB`);
      },
      { timeout: 300_000 },
    );
  }
});
