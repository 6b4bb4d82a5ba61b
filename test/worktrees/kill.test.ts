/** Killed before or after every single call that changes anything, then run again: the same end, and nothing lost. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Host } from '../../src/host/host.ts';
import { observeRepositories } from '../../src/observe/worktrees.ts';
import { runGc } from '../../src/worktrees/gc.ts';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { removeWorktree } from '../../src/worktrees/remove.ts';
import {
  contents,
  DAY,
  failure,
  Killed,
  killedAt,
  makeWorld,
  noPanes,
  NOW,
  refs,
  valueOf,
  type World,
} from './world.ts';

const wish = (world: World, more: object = {}) => ({
  fleet: 'f',
  agent: 'a',
  repository: world.repository,
  path: world.path('a'),
  panes: noPanes,
  now: NOW,
  ...more,
});

const seen = async (world: World) =>
  valueOf((await observeRepositories(world.host, [world.repository])).get(world.repository)).find(
    ({ path }) => path === world.path('a'),
  );

/** Runs `act` once for each change it makes, killed right before it, and then what `afterwards` asks of what is left. */
async function everywhere(
  t: TestContext,
  prepare: (world: World) => Promise<unknown>,
  act: (host: Host, world: World) => Promise<unknown>,
  afterwards: (world: World, where: string) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const world = makeWorld(t);
    await prepare(world);
    const { host, died } = killedAt(world.host, nth);
    if (!(await act(host, world).then(() => false, wasKilled))) return nth - 1;
    assert.ok(died());
    await afterwards(world, `before change ${nth}`);
    fs.rmSync(world.root, { recursive: true });
  }
}

function wasKilled(error: unknown): true {
  assert.ok(error instanceof Killed, String(error));
  return true;
}

test('making', async (t) => {
  const kills = await everywhere(
    t,
    () => Promise.resolve(),
    (host, world) => makeWorktree(host, wish(world, { branch: 'x' })),
    async (world, where) => {
      const half = await seen(world);
      // Whatever is there is known as ours, and as not ready unless it is.
      if (half !== undefined) {
        assert.deepEqual(half.owner ?? half.unfinished, { fleet: 'f', agent: 'a' }, where);
        if (half.owner !== undefined) assert.equal(world.git(half.path, 'status', '--porcelain'), '', where);
      }
      assert.deepEqual(
        await makeWorktree(world.host, wish(world, { branch: 'x' })),
        { path: world.path('a') },
        where,
      );
      assert.deepEqual((await seen(world))?.owner, { fleet: 'f', agent: 'a' }, where);
      assert.equal(world.git(world.path('a'), 'status', '--porcelain'), '', where);
      assert.equal(world.git(world.path('a'), 'branch', '--show-current'), 'x', where);
      assert.doesNotMatch(
        world.git(world.repository, 'worktree', 'list', '--porcelain'),
        /locked|prunable/,
        where,
      );
      assert.deepEqual(refs(world), ['refs/heads/main', 'refs/heads/x'], where);
    },
  );
  assert.ok(kills >= 6, `${kills}`);
});

test('removing', async (t) => {
  const kills = await everywhere(
    t,
    async (world) => {
      await makeWorktree(world.host, wish(world, { branch: 'x' }));
    },
    (host, world) => removeWorktree(host, wish(world)),
    async (world, where) => {
      await removeWorktree(world.host, wish(world));
      assert.equal(fs.existsSync(world.path('a')), false, where);
      assert.equal(await seen(world), undefined, where);
      assert.deepEqual(refs(world), ['refs/heads/main', 'refs/heads/x'], where);
    },
  );
  assert.ok(kills >= 2, `${kills}`);
});

test('a removal that was interrupted is taken back when the agent is wanted again', async (t) => {
  await everywhere(
    t,
    async (world) => {
      await makeWorktree(world.host, wish(world));
    },
    (host, world) => removeWorktree(host, wish(world)),
    async (world, where) => {
      await makeWorktree(world.host, wish(world));
      assert.equal(world.git(world.path('a'), 'status', '--porcelain'), '', where);
      assert.deepEqual((await seen(world))?.owner, { fleet: 'f', agent: 'a' }, where);
    },
  );
});

test('collecting a dirty one: everything is in the worktree or under a ref, at every point', async (t) => {
  const collect = (world: World) => ({
    fleet: 'f',
    repositories: [world.repository],
    panes: noPanes,
    wanted: new Set<string>(),
    olderThanMs: DAY,
    now: Date.now() + 2 * DAY,
  });
  const saved = (world: World): boolean =>
    refs(world).some(
      (ref) =>
        ref.startsWith('refs/mosaic/rescue/a/') &&
        world.git(world.repository, 'show', `${ref}:new`) === 'untracked' &&
        world.git(world.repository, 'show', `${ref}:README`) === 'changed',
    );
  const kills = await everywhere(
    t,
    async (world) => {
      await makeWorktree(world.host, wish(world));
      world.write(join(world.path('a'), 'new'), 'untracked');
      world.write(join(world.path('a'), 'README'), 'changed');
    },
    (host, world) => runGc(host, collect(world)),
    async (world, where) => {
      if (!saved(world)) {
        const { new: added, README } = contents(world.path('a'));
        assert.deepEqual({ added, README }, { added: 'untracked', README: 'changed' }, where);
      }
      await runGc(world.host, collect(world));
      assert.equal(fs.existsSync(world.path('a')), false, where);
      assert.equal(await seen(world), undefined, where);
      assert.ok(saved(world), where);
    },
  );
  assert.ok(kills >= 18, `${kills}`);
});

// git itself can be killed as well: what it leaves behind then, by hand.

/** As `git worktree add --lock` begins: the lock is there before anything else. */
function beginAdd(world: World): string {
  world.git(
    world.repository,
    'worktree',
    'add',
    '-q',
    '--no-checkout',
    '--lock',
    '--reason',
    'mosaic:f/a',
    '--detach',
    world.path('a'),
  );
  return join(world.repository, '.git/worktrees/a');
}

const gitLeft: Record<string, (world: World, gitDir: string) => void> = {
  'only the lock': (world, gitDir) => {
    for (const name of ['HEAD', 'commondir', 'gitdir']) fs.rmSync(join(gitDir, name));
    fs.rmSync(join(gitDir, 'logs'), { recursive: true, force: true });
    fs.rmSync(world.path('a'), { recursive: true });
  },
  'no HEAD yet': (_world, gitDir) => {
    fs.rmSync(join(gitDir, 'HEAD'));
    fs.rmSync(join(gitDir, 'commondir'));
  },
  'no commondir yet': (_world, gitDir) => fs.rmSync(join(gitDir, 'commondir')),
  'no .git file yet': (world, gitDir) => {
    fs.rmSync(join(gitDir, 'HEAD'));
    fs.rmSync(join(world.path('a'), '.git'));
  },
  'HEAD names no commit yet': (_world, gitDir) =>
    fs.writeFileSync(join(gitDir, 'HEAD'), `${'0'.repeat(40)}\n`),
  'an index lock': (_world, gitDir) => fs.writeFileSync(join(gitDir, 'index.lock'), 'half'),
  'half of the files, one of them torn': (world, gitDir) => {
    fs.writeFileSync(join(gitDir, 'index.lock'), '');
    world.write(join(world.path('a'), 'README'), 'hel');
  },
};

for (const [name, leave] of Object.entries(gitLeft)) {
  test(`git killed while making: ${name}`, async (t) => {
    const world = makeWorld(t);
    leave(world, beginAdd(world));
    await makeWorktree(world.host, wish(world));
    assert.deepEqual((await seen(world))?.owner, { fleet: 'f', agent: 'a' });
    assert.equal(world.git(world.path('a'), 'status', '--porcelain'), '');
    assert.equal(contents(world.path('a'))['README'], 'hello\n');
  });
}

test('git killed while making, and a person put files there: theirs are kept or saved', async (t) => {
  const world = makeWorld(t);
  beginAdd(world);
  world.write(join(world.path('a'), 'README'), 'by hand');
  world.write(join(world.path('a'), 'notes'), 'my notes');
  const { rescued } = await makeWorktree(world.host, wish(world));
  assert.equal(world.git(world.repository, 'show', `${rescued}:README`), 'by hand');
  assert.equal(contents(world.path('a'))['README'], 'hello\n');
  assert.equal(contents(world.path('a'))['notes'], 'my notes');
});

test('killed with all files there and only the mark missing: what was changed since stays', async (t) => {
  const world = makeWorld(t);
  beginAdd(world);
  world.git(world.path('a'), 'reset', '--hard', '--quiet');
  world.write(join(world.path('a'), 'README'), 'by hand');
  assert.deepEqual(await makeWorktree(world.host, wish(world)), { path: world.path('a') });
  assert.equal(contents(world.path('a'))['README'], 'by hand');
});

test('a half-made worktree of another agent is not completed', async (t) => {
  const world = makeWorld(t);
  beginAdd(world);
  await failure(makeWorktree(world.host, { ...wish(world), agent: 'b' }), 'foreign');
});

const removalLeft: Record<string, (world: World, gitDir: string) => void> = {
  'some files are gone': (world) => fs.rmSync(join(world.path('a'), 'src'), { recursive: true }),
  'the .git file is gone': (world) => fs.rmSync(join(world.path('a'), '.git')),
  'the folder is gone': (world) => fs.rmSync(world.path('a'), { recursive: true }),
};

for (const [name, leave] of Object.entries(removalLeft)) {
  for (const next of ['removed', 'made'] as const) {
    test(`git killed while removing: ${name}, then ${next}`, async (t) => {
      const world = makeWorld(t);
      await makeWorktree(world.host, wish(world, { branch: 'x' }));
      const host: Host = {
        ...world.host,
        exec: (file, args, options) => {
          if (args.includes('remove')) throw new Killed();
          return world.host.exec(file, args, options);
        },
      };
      await assert.rejects(removeWorktree(host, wish(world)), Killed);
      const gitDir = join(world.repository, '.git/worktrees/a');
      assert.match(fs.readFileSync(join(gitDir, 'mosaic.json'), 'utf8'), /removing/);
      leave(world, gitDir);
      assert.deepEqual((await seen(world))?.unfinished, { fleet: 'f', agent: 'a' });
      if (next === 'removed') {
        assert.deepEqual(await removeWorktree(world.host, wish(world)), { removed: true });
        assert.equal(fs.existsSync(world.path('a')), false);
      } else {
        assert.deepEqual(await makeWorktree(world.host, wish(world, { branch: 'x' })), {
          path: world.path('a'),
        });
        assert.equal(world.git(world.path('a'), 'status', '--porcelain'), '');
      }
      assert.deepEqual(refs(world), ['refs/heads/main', 'refs/heads/x']);
    });
  }
}

test('while an earlier git is still making it, a second run waits', async (t) => {
  const world = makeWorld(t);
  beginAdd(world);
  const { processes } = world.host;
  let environment: Record<string, string> | undefined;
  const watching: Host = {
    ...world.host,
    exec: (file, args, options) => {
      if (args.includes('reset')) environment = options?.env as Record<string, string>;
      return world.host.exec(file, args, options);
    },
  };
  const other = {
    ...world.host,
    processes: {
      ...processes,
      list: () => [{ pid: 4242, parent: 1, startTime: 1, memory: 0 }],
      environment: () => environment,
    },
  };
  const gitDir = join(world.repository, '.git/worktrees/a');
  const stopped = killedAt(watching, 3);
  await assert.rejects(makeWorktree(stopped.host, wish(world)), Killed);
  assert.ok(environment !== undefined, 'it was not checked out yet');
  fs.rmSync(join(gitDir, 'mosaic.json'), { force: true });
  const busy = await failure(makeWorktree(other, wish(world)), 'busy');
  assert.match(busy.message, /process 4242/);
  environment = {};
  await makeWorktree(other, wish(world));
});
