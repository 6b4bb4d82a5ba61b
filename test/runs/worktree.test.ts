import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { formulaPlaces, type RunRecord } from '../../src/model/formula.ts';
import { placesOf } from '../../src/model/places.ts';
import { appendHistory, writeCurrent } from '../../src/runs/record.ts';
import { realHost } from '../../src/host/real.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { Refused, runsIn, type Runs } from './support/calls.ts';

const { files } = realHost();

/** Runs by name: what a test calls them. */
const NAMES = ['clean', 'crashed', 'deleted', 'linked', 'now', 'other', 'r1', 'to-other', 'to-repository'];
const idOf = (name: string): string => `20260101-00000${NAMES.indexOf(name) + 1}`;
const named = (text: string): string =>
  text.replace(/20260101-00000(\d)/g, (_, number: string) => NAMES[Number(number) - 1] ?? number);

interface Row {
  agent: string;
  formula?: string;
  path: string;
  action?: string;
  reason?: string;
  ref?: string;
  state: string;
  in_use?: string;
}

interface Scene {
  runs: Runs;
  repository: string;
  /** As the formula's runs write it down. */
  record: (name: string, more?: Partial<RunRecord>) => RunRecord;
  make: (name: string) => Promise<string>;
  worktrees: (...args: string[]) => Promise<Row[]>;
  /** `gc` of whatever there is, in short: `NAME: action: reason`. */
  gc: (...args: string[]) => Promise<string[]>;
  rescued: () => Promise<string[]>;
}

const own = (world: World) =>
  formulaPlaces(placesOf('test', { home: world.home, env: world.env }), 'gardener');

async function scene(world: World): Promise<Scene> {
  const repository = await world.makeRepository('app');
  world.writeFleet({ agents: [] });
  const runs = await runsIn(world);
  const formula = { name: 'gardener', file: '/f/gardener.toml', repository };
  const state = join(world.env['XDG_STATE_HOME'] ?? '', 'mosaic/test');
  fs.mkdirSync(own(world).folder, { recursive: true });
  const worktrees: Scene['worktrees'] = async (...args) => {
    const { stdout, stderr, code } = await world.mosaic(['worktree', ...args, '--json']);
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { worktrees: Row[] }).worktrees;
  };
  return {
    runs,
    repository,
    worktrees,
    record: (name, more = {}) => ({
      id: idOf(name),
      formula: 'gardener',
      file: formula.file,
      pid: 1,
      bootId: realHost().facts.bootId,
      startedAt: Date.now(),
      begun: true,
      retries: 0,
      phases: [],
      folder: join(own(world).runs, idOf(name)),
      worktree: { repository, path: join(state, 'worktrees', `_formula-gardener-${idOf(name)}`) },
      ...more,
    }),
    make: async (name) => (await runs.make(formula, NAMES.includes(name) ? idOf(name) : name)).path,
    async gc(...args) {
      const rows = await worktrees('gc', '--older-than', '0s', ...args);
      return rows.map(({ path, action, reason }) =>
        named(`${path.split('gardener-').at(-1)}: ${action}: ${reason}`),
      );
    },
    rescued: async () =>
      (await world.git(repository, 'for-each-ref', '--format=%(refname)', 'refs/mosaic'))
        .split('\n')
        .filter(Boolean),
  };
}

function processIn(t: TestContext, folder: string): { pid: number; end(): Promise<void> } {
  const child = spawn('sleep', ['1000'], { cwd: folder, stdio: 'ignore' });
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(end);
  return { pid: child.pid ?? 0, end };
}

const age = (text: string): string => text.replace(/last used \S+ ago/g, 'last used … ago');

inWorld(
  'each run has a worktree of its own, detached at the base, or there is no run',
  'none',
  async (world) => {
    const { runs, repository, make } = await scene(world);
    const before = await world.git(repository, 'status', '--porcelain', '--branch');
    const path = await make('r1');
    assert.equal(
      path,
      join(world.env['XDG_STATE_HOME'] ?? '', `mosaic/test/worktrees/_formula-gardener-${idOf('r1')}`),
    );
    assert.equal(
      await world.git(path, 'rev-parse', 'HEAD'),
      await world.git(repository, 'rev-parse', 'HEAD'),
    );
    assert.equal(await world.git(path, 'branch', '--show-current'), '');
    assert.notEqual(await make('r2'), path);
    assert.equal(await make('r1'), path, 'after a crash it is the same again');
    await world.git(repository, 'tag', 'old');
    await world.git(repository, 'commit', '--quiet', '--allow-empty', '--message', 'Second');
    const formula = { name: 'gardener', file: '/f/gardener.toml', repository };
    const based = await runs.make({ ...formula, base: 'old' }, 'r3');
    assert.equal(
      await world.git(based.path, 'rev-parse', 'HEAD'),
      await world.git(repository, 'rev-parse', 'old'),
    );

    const empty = world.path('empty');
    await world.git(world.folder, 'init', '--quiet', empty);
    const plain = world.path('plain');
    fs.mkdirSync(plain);
    const refusals: [Parameters<Runs['make']>[0], RegExp, RegExp][] = [
      [
        { ...formula, base: 'nowhere' },
        /"nowhere" is no branch, tag or commit/,
        /correct `base` in \/f\/gardener\.toml/,
      ],
      [{ ...formula, base: '--force' }, /"--force" is no branch, tag or commit/, /correct `base`/],
      [{ ...formula, repository: empty }, /has no commit yet/, /first commit/],
      [{ ...formula, repository: plain }, /is not a git repository/, /Clone it/],
      [{ ...formula, repository: world.path('gone') }, /there is no folder/, /Clone the repository/],
    ];
    for (const [wish, message, fix] of refusals) {
      await assert.rejects(
        runs.make(wish, 'r9'),
        (error) =>
          error instanceof Refused &&
          error.kind === 'RunError' &&
          message.test(error.message) &&
          fix.test(error.fix ?? ''),
      );
    }
    const taken = join(dirname(path), '_formula-gardener-r8');
    fs.symlinkSync(repository, taken);
    await assert.rejects(runs.make(formula, 'r8'), /symbolic link/);
    fs.rmSync(taken);
    fs.mkdirSync(taken);
    fs.writeFileSync(join(taken, 'mine'), '');
    await assert.rejects(runs.make(formula, 'r8'), /is a folder with files in it/);
    assert.deepEqual(fs.readdirSync(taken), ['mine']);
    assert.equal(
      await world.git(repository, 'status', '--porcelain', '--branch'),
      before.replace(/$/, ' [ahead 1]'),
    );
  },
);

inWorld('after a run it is removed, saved first, or kept, and it is said which', 'none', async (world, t) => {
  const { runs, repository, make, rescued } = await scene(world);
  const clean = { repository, path: await make('clean') };
  assert.deepEqual(await runs.retire(clean, 'never'), { ...clean, end: 'removed' });
  assert.equal(fs.existsSync(clean.path), false);
  assert.deepEqual(await runs.retire(clean, 'never'), { ...clean, end: 'removed' }, 'twice is once');
  const unused = { repository, path: await make('unused') };
  assert.deepEqual(await runs.retire(unused, 'work'), { ...unused, end: 'removed' });

  const dirty = { repository, path: await make('dirty') };
  fs.writeFileSync(join(dirty.path, 'new'), 'work');
  await world.git(dirty.path, 'commit', '--quiet', '--allow-empty', '--message', 'Mine');
  assert.deepEqual(await runs.retire(dirty, 'always'), { ...dirty, end: 'kept' });
  assert.deepEqual(await runs.retire(dirty, 'work'), {
    ...dirty,
    end: 'kept',
    why: '1 untracked, 1 unpushed',
  });
  assert.equal(fs.readFileSync(join(dirty.path, 'new'), 'utf8'), 'work');
  const one = processIn(t, dirty.path);
  assert.deepEqual(await runs.retire(dirty, 'never'), {
    ...dirty,
    end: 'kept',
    why: `the worktree "${dirty.path}" is in use: process ${one.pid} works in it`,
  });
  assert.deepEqual(await rescued(), []);
  await one.end();
  const saved = await runs.retire(dirty, 'never');
  assert.equal(saved.end, 'removed');
  assert.deepEqual(await rescued(), [saved.rescued]);
  assert.match(saved.rescued ?? '', /^refs\/mosaic\/rescue\/_formula-gardener\//);
  assert.equal(await world.git(repository, 'show', `${saved.rescued}:new`), 'work');
  assert.equal(fs.existsSync(dirty.path), false);

  // It has removed its folder itself: a commit that only this registration held is not lost.
  const gone = { repository, path: await make('gone') };
  await world.git(gone.path, 'commit', '--quiet', '--allow-empty', '--message', 'Only here');
  fs.rmSync(gone.path, { recursive: true });
  const forgotten = await runs.retire(gone, 'never');
  assert.equal(await world.git(repository, 'log', '-1', '--format=%s', forgotten.rescued ?? ''), 'Only here');

  const nested = { repository, path: await make('nested') };
  await world.git(nested.path, 'init', '--quiet', 'inner');
  fs.writeFileSync(join(nested.path, 'inner/file'), '');
  await world.git(join(nested.path, 'inner'), 'add', 'file');
  await world.git(join(nested.path, 'inner'), 'commit', '--quiet', '--message', 'Inner');
  const unsavable = await runs.retire(nested, 'never');
  assert.equal(unsavable.end, 'kept');
  assert.match(unsavable.why ?? '', /repository of its own/);
  assert.ok(fs.existsSync(join(nested.path, 'inner/file')));
});

inWorld(
  'gc keeps that of a run that lasts, and young ones; what crashed runs left is saved, and goes',
  'none',
  async (world) => {
    const { runs, repository, record, make, gc, rescued, worktrees } = await scene(world);
    const lasting = await make('now');
    const crashed = await make('crashed');
    const clean = await make('clean');
    for (const path of [lasting, crashed]) fs.writeFileSync(join(path, 'new'), path);
    appendHistory(
      files,
      own(world),
      record('crashed', { worktree: { repository, path: crashed, end: 'kept' } }),
    );
    const startTime = realHost().processes.startTime(runs.pid);
    assert.ok(startTime !== undefined);
    writeCurrent(files, own(world), record('now', { pid: runs.pid, pidStartTime: startTime }));
    const listed = await worktrees('list');
    assert.deepEqual(
      listed.map(({ agent, formula, path, state }) => [agent, formula, path, state]),
      [
        ['_formula-gardener', 'gardener', clean, 'clean'],
        ['_formula-gardener', 'gardener', crashed, 'dirty'],
        ['_formula-gardener', 'gardener', lasting, 'dirty'],
      ],
    );
    const { stdout } = await world.mosaic(['worktree', 'list']);
    assert.match(stdout, /^formula gardener +dirty /m);
    // A session of the formula keeps the worktrees of its other runs no longer than any.
    await runs.server();
    await runs.start({ command: ['sleep', '1000'], workplace: world.cwd });
    assert.deepEqual(
      (await worktrees('gc')).map(({ path, reason }) =>
        named(`${path.split('gardener-').at(-1)}: ${age(reason ?? '')}`),
      ),
      ['clean: last used … ago', 'crashed: last used … ago', 'now: the run now of gardener lasts'],
      'a day is what is asked for unless told',
    );
    const dry = (await gc('--dry-run')).map(age);
    assert.deepEqual(await rescued(), []);
    assert.ok(fs.existsSync(join(crashed, 'new')));
    const expected = [
      'clean: removed: clean, pushed, last used … ago',
      'crashed: rescued-and-removed: 1 untracked, last used … ago',
      'now: kept: the run now of gardener lasts',
    ];
    assert.deepEqual(dry, expected);
    assert.deepEqual((await gc()).map(age), expected);
    const [ref = ''] = await rescued();
    assert.equal(await world.git(repository, 'show', `${ref}:new`), crashed);
    assert.deepEqual(fs.readdirSync(dirname(lasting)), [basename(lasting)]);
    await runs.end();
    // Its mosaic has died: it is one like the others, but whoever cannot tell keeps it.
    writeCurrent(files, own(world), record('now', { pid: runs.pid, pidStartTime: startTime - 1 }));
    const text = fs.readFileSync(own(world).current, 'utf8');
    fs.writeFileSync(own(world).current, text.slice(0, 40));
    assert.match(
      (await gc()).join(),
      /kept: it cannot be told whether its run lasts: .*current\.json is damaged/,
    );
    fs.writeFileSync(own(world).current, text);
    assert.match((await gc()).join(), /now: rescued-and-removed/);
    assert.deepEqual(await gc(), []);
  },
);

inWorld('gc touches none that a process or a pane is in, however it came there', 'none', async (world, t) => {
  const { runs, repository, record, make, gc } = await scene(world);
  await runs.server();
  const path = await make('r1');
  appendHistory(files, own(world), record('r1', { worktree: { repository, path, end: 'kept' } }));
  fs.mkdirSync(join(path, 'deep'));
  fs.writeFileSync(join(path, 'deep/new'), 'work');
  const link = world.path('link');
  fs.symlinkSync(path, link);
  const keeps = async (why: RegExp): Promise<void> => {
    assert.match((await gc()).join(), why);
    assert.equal(fs.readFileSync(join(path, 'deep/new'), 'utf8'), 'work');
  };
  for (const folder of [path, join(path, 'deep'), link]) {
    const one = processIn(t, folder);
    await keeps(new RegExp(`kept: in use: process ${one.pid} works in it`));
    await one.end();
  }
  for (const folder of [path, join(link, 'deep')]) {
    const run = ['new-session', '-d', '-s', 'person', '-c', folder, 'sleep', '1000'];
    assert.equal((await world.tmux(...run)).code, 0);
    await keeps(/kept: in use: a tmux pane is in/);
    await world.tmux('kill-session', '-t', '=person:');
  }
  // Its folder was moved, and a link leads there: what is behind a link is nobody's to remove.
  const moved = world.path('moved');
  fs.renameSync(path, moved);
  fs.symlinkSync(moved, path);
  assert.deepEqual(await gc(), []);
  assert.equal(fs.readFileSync(join(moved, 'deep/new'), 'utf8'), 'work');
  fs.rmSync(path);
  fs.renameSync(moved, path);
  assert.match((await gc()).join(), /rescued-and-removed: 1 untracked/);
});

inWorld(
  'gc removes nothing through a link, and forgets what is gone only with its work saved',
  'none',
  async (world) => {
    const { repository, record, make, gc, rescued } = await scene(world);
    const names = ['deleted', 'linked', 'to-other', 'to-repository', 'other'];
    const paths = new Map<string, string>();
    for (const id of names) {
      const path = await make(id);
      paths.set(id, path);
      appendHistory(files, own(world), record(id, { worktree: { repository, path, end: 'kept' } }));
      await world.git(path, 'commit', '--quiet', '--allow-empty', '--message', `Only in ${id}`);
    }
    const at = (id: string): string => paths.get(id) ?? '';
    for (const id of ['deleted', 'linked', 'to-other', 'to-repository'])
      fs.rmSync(at(id), { recursive: true });
    const precious = world.path('precious');
    fs.mkdirSync(precious);
    fs.writeFileSync(join(precious, 'file'), 'precious');
    fs.symlinkSync(precious, at('linked'));
    fs.symlinkSync(at('other'), at('to-other'));
    fs.symlinkSync(repository, at('to-repository'));
    fs.writeFileSync(join(at('other'), 'new'), 'work');
    const whole = await world.git(repository, 'status', '--porcelain', '--branch');
    const rows = await gc();
    assert.equal(fs.readFileSync(join(precious, 'file'), 'utf8'), 'precious');
    assert.equal(await world.git(repository, 'status', '--porcelain', '--branch'), whole);
    assert.ok(fs.existsSync(join(repository, 'README.md')));
    assert.deepEqual(
      rows.map((row) => row.replace(/:(?= [^:]*$).*/, '')),
      ['deleted: rescued-and-removed', 'other: rescued-and-removed'],
    );
    const refs = await rescued();
    const subjects: string[] = [];
    for (const ref of refs) subjects.push(await world.git(repository, 'log', '--format=%s', ref));
    const all = subjects.join('\n');
    // Of each either its commit is saved, or its registration still holds it.
    const listed = await world.git(repository, 'worktree', 'list', '--porcelain');
    for (const id of names) {
      assert.ok(
        all.includes(`Only in ${id}`) || listed.includes(`worktree ${at(id)}\n`),
        `${id}: ${rows.join('\n')}`,
      );
    }
    const other = refs.find((_, index) => subjects[index]?.includes('Only in other') === true);
    assert.equal(await world.git(repository, 'show', `${other}:new`), 'work');
  },
);
