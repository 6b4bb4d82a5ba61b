import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeWorktree } from '../../src/worktrees/make.ts';
import { isSaved, rescue } from '../../src/worktrees/rescue.ts';
import { contents, failure, makeWorld, NOW, refs, type World } from './world.ts';

async function withWorktree(
  t: TestContext,
  branch?: string,
): Promise<{ world: World; path: string; gitDir: string }> {
  const world = makeWorld(t);
  const { path } = await makeWorktree(world.host, {
    fleet: 'f',
    agent: 'a',
    repository: world.repository,
    path: world.path('a'),
    now: NOW,
    ...(branch === undefined ? {} : { branch }),
  });
  return { world, path, gitDir: join(world.repository, '.git/worktrees/a') };
}

const wish = (world: World, path: string) => ({ repository: world.repository, path, agent: 'a', now: NOW });

/** The files of a commit, as a fresh checkout of it has them. */
function checkedOut(world: World, commit: string): Record<string, string> {
  const folder = fs.mkdtempSync(join(world.root, 'out-'));
  world.git(world.repository, 'worktree', 'add', '-q', '--detach', '--force', folder, commit);
  return contents(folder);
}

test('changed, staged, deleted, untracked, links, modes, any name: all of it is in the ref, and nothing is touched', async (t) => {
  const { world, path, gitDir } = await withWorktree(t, 'work');
  const head = world.git(path, 'rev-parse', 'HEAD');
  world.write(join(path, 'README'), 'changed\n');
  world.write(join(path, 'staged'), 'staged\n');
  world.git(path, 'add', 'staged');
  fs.rmSync(join(path, '.gitignore'));
  world.write(join(path, 'new/deep/file'), 'untracked');
  world.write(join(path, 'new/line\nand "quote" ü'), 'odd name');
  world.write(join(path, '-dash'), '');
  world.write(join(path, ':(glob)*'), 'magic');
  fs.symlinkSync('/nowhere/at all', join(path, 'link'));
  fs.chmodSync(join(path, 'README'), 0o755);
  const before = { files: contents(path), index: fs.readFileSync(join(gitDir, 'index')) };

  const saved = await rescue(world.host, wish(world, path));

  assert.equal(saved.ref, 'refs/mosaic/rescue/a/20260102T030405.678Z');
  assert.deepEqual(checkedOut(world, saved.ref), before.files);
  assert.match(world.git(path, 'ls-tree', saved.ref, 'README'), /^100755 /);
  assert.equal(world.git(path, 'rev-parse', `${saved.ref}^1`), head);
  assert.equal(
    world.git(path, 'log', '-1', '--format=%an %ae %cn', saved.ref),
    'mosaic mosaic@localhost mosaic',
  );
  assert.deepEqual(contents(path), before.files);
  assert.deepEqual(fs.readFileSync(join(gitDir, 'index')), before.index);
  assert.deepEqual(
    fs.readdirSync(gitDir).filter((name) => name.startsWith('mosaic-index')),
    [],
  );
  assert.equal(world.git(path, 'branch', '--show-current'), 'work');
  assert.equal(await isSaved(world.host, path, saved), true);
  assert.equal(world.git(world.repository, 'fsck', '--connectivity-only'), '');
});

test('ignored files are not saved, unless git was told to track them', async (t) => {
  const { world, path } = await withWorktree(t);
  world.write(join(path, 'a.log'), 'ignored');
  world.write(join(path, 'b.log'), 'forced');
  world.git(path, 'add', '--force', 'b.log');
  const saved = await rescue(world.host, wish(world, path));
  const files = checkedOut(world, saved.commit);
  assert.deepEqual([files['a.log'], files['b.log']], [undefined, 'forced']);
});

test('only unpushed: the ref is the commit itself', async (t) => {
  const { world, path } = await withWorktree(t);
  world.git(path, 'commit', '--allow-empty', '-qm', 'mine');
  const saved = await rescue(world.host, wish(world, path));
  assert.equal(saved.commit, world.git(path, 'rev-parse', 'HEAD'));
});

test('a second one at the same time gets a ref of its own', async (t) => {
  const { world, path } = await withWorktree(t);
  const first = await rescue(world.host, wish(world, path));
  world.write(join(path, 'more'), 'x');
  const second = await rescue(world.host, wish(world, path));
  assert.equal(second.ref, `${first.ref}-2`);
  assert.equal(world.git(path, 'rev-parse', first.ref), first.commit);
});

test('an index that differs from the files too is a second parent', async (t) => {
  const { world, path } = await withWorktree(t);
  world.write(join(path, 'README'), 'staged');
  world.git(path, 'add', '.');
  world.write(join(path, 'README'), 'on disk');
  const { ref } = await rescue(world.host, wish(world, path));
  assert.equal(world.git(path, 'show', `${ref}:README`), 'on disk');
  assert.equal(world.git(path, 'show', `${ref}^2:README`), 'staged');
});

test('changes that git was told to overlook are saved', async (t) => {
  const { world, path } = await withWorktree(t);
  world.git(path, 'update-index', '--assume-unchanged', 'README');
  world.git(path, 'update-index', '--skip-worktree', 'src/run.sh');
  world.write(join(path, 'README'), 'hidden');
  world.write(join(path, 'src/run.sh'), 'hidden too');
  assert.equal(world.git(path, 'status', '--porcelain'), '');
  const { ref } = await rescue(world.host, wish(world, path));
  assert.equal(world.git(path, 'show', `${ref}:README`), 'hidden');
  assert.equal(world.git(path, 'show', `${ref}:src/run.sh`), 'hidden too');
});

test('a sparse worktree: what is not there is not taken for deleted, what is there outside is saved', async (t) => {
  const { world, path } = await withWorktree(t);
  world.git(path, 'sparse-checkout', 'set', '--no-cone', '/README');
  assert.equal(fs.existsSync(join(path, 'src')), false);
  world.write(join(path, 'outside/new'), 'new');
  const { ref } = await rescue(world.host, wish(world, path));
  assert.equal(world.git(path, 'show', `${ref}:src/run.sh`), '#!/bin/sh');
  assert.equal(world.git(path, 'show', `${ref}:outside/new`), 'new');
});

test('a merge with conflicts: the files with both sides, and the commit that was merged', async (t) => {
  const { world, path, gitDir } = await withWorktree(t);
  world.write(join(path, 'README'), 'theirs\n');
  world.git(path, 'commit', '-qam', 'theirs');
  const theirs = world.git(path, 'rev-parse', 'HEAD');
  world.git(path, 'checkout', '-q', 'HEAD^');
  world.write(join(path, 'README'), 'ours\n');
  world.git(path, 'commit', '-qam', 'ours');
  const ours = world.git(path, 'rev-parse', 'HEAD');
  assert.throws(() => world.git(path, 'merge', theirs));
  const index = fs.readFileSync(join(gitDir, 'index'));
  const { ref } = await rescue(world.host, wish(world, path));
  assert.match(world.git(path, 'show', `${ref}:README`), /<<<<<<<[^]*ours[^]*=======[^]*theirs/);
  assert.equal(world.git(path, 'log', '-1', '--format=%P', ref), `${ours} ${theirs}`);
  assert.deepEqual(fs.readFileSync(join(gitDir, 'index')), index);
});

test('what a rebase has stashed away is held too', async (t) => {
  const { world, path, gitDir } = await withWorktree(t);
  world.write(join(path, 'README'), 'dirty before the rebase\n');
  const stash = world.git(path, 'stash', 'create');
  world.git(path, 'checkout', '-q', '.');
  world.write(join(gitDir, 'rebase-merge/autostash'), `${stash}\n`);
  const { ref } = await rescue(world.host, wish(world, path));
  assert.ok(world.git(path, 'rev-list', ref).includes(stash));
});

test('a branch without a commit', async (t) => {
  const { world, path } = await withWorktree(t);
  world.git(path, 'checkout', '-q', '--orphan', 'fresh');
  world.git(path, 'rm', '-rqf', '--cached', '.');
  world.write(join(path, 'README'), 'unborn');
  const saved = await rescue(world.host, wish(world, path));
  assert.equal(world.git(path, 'log', '-1', '--format=%P', saved.ref), '');
  assert.equal(world.git(path, 'show', `${saved.ref}:README`), 'unborn');
  assert.equal(await isSaved(world.host, path, saved), true);
});

test('repositories within are refused: a commit would hold only their name', async (t) => {
  const { world, path } = await withWorktree(t);
  const nested = world.init(join(path, 'deep/nested'));
  const refused = await failure(rescue(world.host, wish(world, path)), 'unsavable');
  assert.match(refused.message, /"deep\/nested" .* is a repository of its own/);
  fs.rmSync(nested, { recursive: true });
  fs.mkdirSync(nested, { recursive: true });
  world.git(nested, 'init', '-q');
  const empty = await failure(rescue(world.host, wish(world, path)), 'unsavable');
  assert.match(empty.message, /does not have a commit checked out/);
  assert.deepEqual(refs(world), ['refs/heads/main']);
});

test('submodules: not checked out is fine, checked out is refused', async (t) => {
  const { world, path } = await withWorktree(t);
  const library = world.init(join(world.root, 'library'));
  world.git(path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'lib');
  world.git(path, 'commit', '-qm', 'submodule');
  const refused = await failure(rescue(world.host, wish(world, path)), 'unsavable');
  assert.match(refused.message, /"lib" .* is a repository of its own/);
  world.git(path, 'submodule', '--quiet', 'deinit', '--force', 'lib');
  world.write(join(path, 'new'), 'x');
  const { ref } = await rescue(world.host, wish(world, path));
  assert.equal(world.git(path, 'show', `${ref}:new`), 'x');
});

const root = process.getuid?.() === 0;

test('files and folders that cannot be read are refused', async (t) => {
  const { world, path } = await withWorktree(t);
  world.write(join(path, 'secret/file'), 'x');
  fs.chmodSync(join(path, 'secret'), 0o000);
  let { host } = world;
  if (root) {
    // As root everything can be read: git then runs as somebody who cannot.
    fs.chmodSync(world.root, 0o755);
    execFileSync('chown', ['-R', 'nobody', world.root]);
    fs.chownSync(join(path, 'secret'), 0, 0);
    host = {
      ...host,
      exec: (file, args, options) => world.host.exec('setpriv', ['--reuid=nobody', file, ...args], options),
    };
  }
  const folder = await failure(rescue(host, wish(world, path)), 'unsavable');
  assert.match(folder.message, /could not open directory 'secret\/'/);
  fs.chmodSync(join(path, 'secret'), 0o755);
  fs.chmodSync(join(path, 'secret/file'), 0o000);
  if (root) fs.chownSync(join(path, 'secret/file'), 0, 0);
  const file = await failure(rescue(host, wish(world, path)), 'unsavable');
  assert.match(file.message, /secret\/file/);
  assert.match(file.message, /Permission denied/);
  assert.deepEqual(
    refs(world).filter((ref) => ref.includes('rescue')),
    [],
  );
});

test('a file that changes while it is saved is noticed', async (t) => {
  const { world, path } = await withWorktree(t);
  world.write(join(path, 'new'), 'one');
  const host = {
    ...world.host,
    exec: (...args: Parameters<typeof world.host.exec>) => {
      if (args[1].includes('update-ref')) world.write(join(path, 'new'), 'two');
      return world.host.exec(...args);
    },
  };
  const changed = await failure(rescue(host, wish(world, path)), 'unsavable');
  assert.equal(changed.transient, true);
  assert.match(changed.message, /changed while it was saved/);
});

test('an object that did not reach the repository is noticed', async (t) => {
  const { world, path } = await withWorktree(t);
  world.write(join(path, 'README'), 'staged');
  world.git(path, 'add', '.');
  world.write(join(path, 'README'), 'on disk');
  for (const [later, text] of ['staged', 'on disk'].entries()) {
    const host = {
      ...world.host,
      exec: (...args: Parameters<typeof world.host.exec>) => {
        if (args[1].includes('update-ref')) {
          world.write(join(world.root, 'text'), text);
          const name = world.git(path, 'hash-object', join(world.root, 'text'));
          const object = join(world.repository, '.git/objects', name.slice(0, 2), name.slice(2));
          fs.renameSync(object, join(world.root, 'object'));
        }
        return world.host.exec(...args);
      },
    };
    await failure(rescue(host, { ...wish(world, path), now: NOW + later }), 'failed');
    world.git(path, 'hash-object', '-w', join(world.root, 'text'));
  }
  await rescue(world.host, wish(world, path));
});

test('a worktree of another repository is refused', async (t) => {
  const { world, path } = await withWorktree(t);
  const other = world.init(join(world.root, 'other'));
  await failure(rescue(world.host, { ...wish(world, path), repository: other }), 'unsavable');
  await failure(rescue(world.host, { ...wish(world, path), path: world.repository }), 'unsavable');
});

test('whatever changes after the saving makes it out of date', async (t) => {
  const changes: Record<string, (world: World, path: string) => void> = {
    changed: (world, path) => world.write(join(path, 'README'), 'later'),
    added: (world, path) => world.write(join(path, 'later'), ''),
    deleted: (_world, path) => fs.rmSync(join(path, 'README')),
    committed: (world, path) => world.git(path, 'commit', '--allow-empty', '-qm', 'later'),
    mode: (_world, path) => fs.chmodSync(join(path, 'README'), 0o755),
  };
  for (const [name, change] of Object.entries(changes)) {
    const { world, path } = await withWorktree(t);
    const saved = await rescue(world.host, wish(world, path));
    assert.equal(await isSaved(world.host, path, saved), true);
    change(world, path);
    assert.equal(await isSaved(world.host, path, saved), false, name);
  }
});

test('neither hooks nor a signing key are asked; clean filters apply as in any commit', async (t) => {
  const { world, path } = await withWorktree(t);
  const ran = join(world.root, 'ran');
  for (const hook of ['pre-commit', 'post-commit', 'reference-transaction', 'post-index-change']) {
    world.write(join(world.repository, '.git/hooks', hook), `#!/bin/sh\ntouch '${ran}'\n`);
    fs.chmodSync(join(world.repository, '.git/hooks', hook), 0o755);
  }
  world.git(world.repository, 'config', 'commit.gpgSign', 'true');
  world.git(world.repository, 'config', 'gpg.program', '/bin/false');
  world.git(world.repository, 'config', 'filter.upper.clean', 'tr a-z A-Z');
  fs.rmSync(ran, { force: true });
  world.write(join(path, '.gitattributes'), '*.up filter=upper\n');
  world.write(join(path, 'x.up'), 'loud\n');
  world.write(join(path, 'crlf'), 'a\r\nb\r\n');
  const { ref } = await rescue(world.host, wish(world, path));
  assert.equal(world.git(path, 'show', `${ref}:x.up`), 'LOUD');
  assert.equal(fs.existsSync(ran), false);
});
