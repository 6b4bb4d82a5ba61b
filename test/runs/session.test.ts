import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { formulaPlaces, runPlaces } from '../../src/model/formula.ts';
import { placesOf } from '../../src/model/places.ts';
import { latecomers } from '../../src/runs/sight.ts';
import { processesOf } from '../support/processes.ts';
import { forSupervisors, inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { Refused, runsIn } from './support/calls.ts';

const own = (world: World, formula = 'gardener') =>
  formulaPlaces(placesOf('test', { home: world.home, env: world.env }), formula);
const run = (world: World, id = 'r1') => runPlaces(own(world), id);

/** A program that writes what it finds into a file, and goes on. */
function witness(world: World): { command: string[]; seen: string } {
  const script = world.path('witness');
  const seen = world.path('seen');
  writeFileSync(
    script,
    `#!/bin/sh\nprintf '%s\\n' "$PWD" "$@" >'${seen}.args'\nenv -0 >'${seen}.env.new' && mv '${seen}.env.new' '${seen}.env'\necho alive\nexec sleep 1000\n`,
  );
  chmodSync(script, 0o755);
  return { command: [script], seen };
}

const environmentIn = (file: string): Record<string, string> =>
  Object.fromEntries(
    readFileSync(file, 'utf8')
      .split('\0')
      .filter(Boolean)
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

/** What stands in the way of an error's words. */
async function refusal(task: Promise<unknown>): Promise<Refused> {
  try {
    await task;
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

forSupervisors(
  'a run has a session, an environment and a scope of its own, and leaves nothing',
  async (world) => {
    world.writeFleet({ agents: [{ name: 'one', runtime: 'shell', working_directory: '/' }] });
    const runs = await runsIn(world);
    assert.equal(await runs.server(), world.supervisor);
    assert.deepEqual(
      await world.sessions(),
      ['_holder'].filter((name) => name !== ''),
      'the agent is not started',
    );
    const { command, seen } = witness(world);
    const workplace = world.path("a 'folder' #{x} $(y)");
    mkdirSync(workplace);
    const hostile = `'"\n #{session_name} $HOME \\ ; kill-server`;
    writeFileSync(world.path('prompt'), 'do\nthis');
    const session = await runs.start({
      command: [...command, hostile, '<{prompt}>'],
      workplace,
      environment: { PLAIN: hostile, PATH: `${world.path('bin')}:${world.env['PATH']}`, MOSAIC_RUN: 'mine' },
      secrets: { TOKEN: 's3cret' },
      promptFile: world.path('prompt'),
      substitutes: true,
    });
    assert.equal(session.name, '_formula-gardener');
    await world.until('it has written what it found', () => existsSync(`${seen}.env`));
    assert.equal(readFileSync(`${seen}.args`, 'utf8'), `${workplace}\n${hostile}\n<do\nthis>\n`);
    const env = environmentIn(`${seen}.env`);
    assert.equal(env['PLAIN'], hostile);
    assert.equal(env['TOKEN'], 's3cret');
    assert.equal(env['PATH'], `${world.path('bin')}:${world.env['PATH']}`);
    assert.deepEqual(Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('MOSAIC_'))), {
      MOSAIC_FLEET: world.fleetFile,
      MOSAIC_FLEET_NAME: 'test',
      MOSAIC_AGENT: '_formula-gardener',
      MOSAIC_FORMULA: 'gardener',
      MOSAIC_RUN: 'r1',
      MOSAIC_PHASE_FILE: run(world).phase,
      MOSAIC_PROMPT_FILE: world.path('prompt'),
      MOSAIC_SCRATCH_FILE: own(world).scratch,
    });
    assert.deepEqual(readdirSync(run(world).folder), [], 'the file with the secret is gone');
    const mark = await world.tmux('show-options', '-v', '-t', '=_formula-gardener:', '@mosaic');
    assert.match(
      mark.stdout,
      new RegExp(`^test/_formula-gardener 0- ${world.supervisor} _formula-gardener %\\d+\\n$`),
    );
    if (world.supervisor === 'systemd') {
      const { stdout } = await world.systemctl('is-active', 'mosaic-formula.gardener.scope');
      assert.equal(stdout, 'active\n');
    }
    const live = await runs.look();
    assert.ok(live.kind === 'live' && live.screen.startsWith('alive'), live.kind);
    assert.deepEqual((await runs.find())?.target, session.target);
    const ended = await runs.end();
    assert.equal(ended.trouble, undefined);
    assert.ok(ended.screen?.startsWith('alive'));
    assert.equal(await runs.find(), null);
    assert.deepEqual(await world.sessions(), ['_holder']);
    if (world.supervisor === 'systemd') {
      const { stdout } = await world.systemctl('list-units', '--all', '--plain', '--no-legend', '*.scope');
      assert.ok(!stdout.includes('formula'), stdout);
    }
    // At once again: the scope of the one before may not be forgotten yet.
    await runs.start({ command, workplace });
    assert.equal((await runs.look()).kind, 'live');
    assert.equal((await runs.end()).trouble, undefined);
    assert.deepEqual(await runs.end(), { found: false });
  },
);

forSupervisors(
  'exactly its session is ended, with all that its program left, and nothing of others',
  async (world) => {
    world.writeFleet({ agents: [] });
    const runs = await runsIn(world);
    await runs.server();
    const workplace = world.cwd;
    const alike = [
      '_formula-garden',
      '_formula-gardener-2',
      '_formula-gardeners',
      'gardener',
      '_formula',
      'x_formula-gardener',
    ];
    for (const name of alike) await world.tmux('new-session', '-d', '-s', name, 'sleep', '1000');
    await runs.start({
      command: ['sleep', '1000'],
      workplace,
      formula: { name: 'gardener-3', runtime: 'shell' },
    });
    await runs.start({
      command: ['sleep', '1000'],
      workplace,
      formula: { name: 'garden-er', runtime: 'shell' },
    });
    const pids = async (): Promise<string> =>
      (await world.tmux('list-panes', '-a', '-F', '#{session_name} #{session_id} #{pane_pid} #{pane_dead}'))
        .stdout;
    const before = await pids();
    const escaped = world.path('escaped');
    // One leaves its session, one its parent, one its environment's terminal, and none heeds a hang-up or a request to end.
    const script = `trap '' HUP TERM; setsid sh -c 'trap "" HUP TERM; echo $$ >${escaped}.1; sleep 1001; sleep 1002' </dev/null >/dev/null 2>&1 &
    (sh -c 'trap "" HUP TERM; echo $$ >${escaped}.2; sleep 1003; sleep 1004' >/dev/null 2>&1 &) ; echo begun; sleep 1005; sleep 1006`;
    await runs.start({ command: ['sh', '-c', script], workplace });
    await world.until('they have left', () => existsSync(`${escaped}.1`) && existsSync(`${escaped}.2`));
    const begun = performance.now();
    const ended = await runs.end();
    assert.deepEqual({ ...ended, screen: ended.screen?.trim() }, { found: true, screen: 'begun' });
    assert.ok(performance.now() - begun < 25_000);
    assert.equal(await pids(), before);
    for (const name of ['1', '2']) {
      const pid = readFileSync(`${escaped}.${name}`, 'utf8').trim();
      const states = processesOf(world.folder).filter((seen) => `${seen.pid}` === pid);
      if (world.supervisor === 'none') assert.deepEqual(states, []);
    }
    const { stdout } = await world.run('pgrep', ['-f', '^sleep 100[1-6]$']);
    const left = new Set(stdout.split('\n').filter(Boolean).map(Number));
    assert.deepEqual(
      processesOf(world.folder).filter(({ pid }) => left.has(pid)),
      [],
    );
    assert.equal((await runs.look('gardener-3')).kind, 'live');
    assert.equal((await runs.look('garden-er')).kind, 'live');
  },
);

inWorld('what a session that is gone left behind is found and ended', 'none', async (world) => {
  world.writeFleet({ agents: [] });
  const runs = await runsIn(world);
  await runs.server();
  const note = world.path('left');
  const command = ['sh', '-c', `setsid sh -c 'echo $$ >${note}; exec sleep 1000' & exec sleep 1000`];
  await runs.start({ command, workplace: world.cwd });
  const other = { name: 'other', runtime: 'shell' };
  await runs.start({
    command: ['sh', '-c', `setsid sh -c 'echo $$ >${note}.other; exec sleep 1000' & exec sleep 1000`],
    workplace: world.cwd,
    formula: other,
  });
  await world.until('both have left', () => existsSync(note) && existsSync(`${note}.other`));
  await world.tmux('kill-session', '-t', '=_formula-gardener:');
  await world.until('it is gone', async () => (await runs.look()).kind === 'gone');
  const alive = (file: string): boolean => existsSync(`/proc/${readFileSync(file, 'utf8').trim()}`);
  assert.ok(alive(note));
  assert.deepEqual(await runs.end(), { found: false });
  await world.until('it has ended', () => !alive(note));
  assert.ok(alive(`${note}.other`));
});

inWorld(
  'a session that has the name is neither marked nor touched, and it is said whose it is',
  'none',
  async (world) => {
    world.writeFleet({ agents: [] });
    const runs = await runsIn(world);
    await runs.server();
    const wish = { command: ['sleep', '1000'], workplace: world.cwd, secrets: { TOKEN: 's3cret' } };
    await world.tmux('new-session', '-d', '-s', '_formula-gardener', 'sleep', '1000');
    const format = '#{session_id} #{pane_pid} #{@mosaic} #{window_panes}';
    const state = async (): Promise<string> =>
      (await world.tmux('display-message', '-p', '-t', '=_formula-gardener:', format)).stdout;
    const persons = await state();
    const first = await refusal(runs.start(wish));
    assert.equal(first.kind, 'RunError');
    assert.match(
      first.message,
      /there is a session _formula-gardener already, and it is not of mosaic: it was left alone/,
    );
    assert.match(first.fix ?? '', /rename-session/);
    assert.equal(await state(), persons);
    // It bears no mark of ours: what ends a run finds nothing, and leaves it.
    assert.deepEqual(await runs.end(), { found: false });
    assert.equal(await state(), persons);
    await world.tmux('set-option', '-t', '=_formula-gardener:', '@mosaic', 'other/agent holder');
    assert.match((await refusal(runs.start(wish))).message, /it is of other\/agent/);
    assert.deepEqual(await runs.end(), { found: false });
    await world.tmux('kill-session', '-t', '=_formula-gardener:');
    await runs.start(wish);
    const ours = await state();
    assert.match(
      (await refusal(runs.start(wish))).message,
      /a session _formula-gardener of an earlier run is still there/,
    );
    assert.equal(await state(), ours);
    assert.deepEqual(readdirSync(run(world).folder), [], 'no file with a secret is left by any of them');
    // A person may have renamed it: it is ours all the same.
    await world.tmux('rename-session', '-t', '=_formula-gardener:', 'renamed');
    assert.equal((await runs.look()).kind, 'live');
    assert.equal((await runs.end()).found, true);
    assert.deepEqual(await world.sessions(), ['_holder']);
  },
);

inWorld(
  'how it ended, that it is gone, and that tmux does not answer are told apart',
  'none',
  async (world) => {
    world.writeFleet({ agents: [] });
    const runs = await runsIn(world);
    await runs.server();
    const workplace = world.cwd;
    const after = (words: string): { command: string[]; workplace: string } => ({
      command: ['sh', '-c', `echo first words; sleep 0.4; ${words}`],
      workplace,
    });
    await runs.start(after('echo last words; exit 7'));
    const seven = await world.until(
      'it has ended',
      () => runs.look(),
      10_000,
      ({ kind }) => kind === 'ended',
    );
    assert.deepEqual(seven, { kind: 'ended', status: 7, screen: 'first words\nlast words' });
    assert.ok((await runs.end()).screen?.endsWith('last words'));
    await runs.start(after('kill -9 $$'));
    const killed = await world.until(
      'it is killed',
      () => runs.look(),
      10_000,
      ({ kind }) => kind === 'ended',
    );
    assert.equal(killed.kind === 'ended' && killed.signal, 9);
    await runs.end();
    const session = await runs.start({ command: ['sleep', '1000'], workplace });
    await world.tmux('split-window', '-t', session.pane.id, 'sleep', '1000');
    await world.tmux('kill-pane', '-t', session.pane.id);
    assert.deepEqual(await runs.look(), { kind: 'gone' }, 'its pane was closed, another holds the session');
    assert.equal((await runs.end()).found, true);
    await runs.start({ command: ['sleep', '1000'], workplace });
    const { stdout } = await world.tmux('display-message', '-p', '#{pid}');
    process.kill(Number(stdout), 'SIGSTOP');
    const silent = await runs.look();
    const troubled = await runs.end();
    process.kill(Number(stdout), 'SIGCONT');
    assert.match(silent.kind === 'unknown' ? silent.why : silent.kind, /tmux did not answer/);
    assert.match(troubled.trouble ?? '', /tmux did not answer/);
    await world.tmux('kill-server');
    assert.deepEqual(await runs.look(), { kind: 'gone' });
    assert.deepEqual(await runs.end(), { found: false });
    assert.match(
      (await refusal(runs.start({ command: ['sleep', '1'], workplace }))).message,
      /could not be started/,
    );
  },
  { timeout: 120_000 },
);

forSupervisors(
  'a program that cannot be started, or ends at once, is no run; one that says so first is',
  async (world) => {
    world.writeFleet({ agents: [] });
    const runs = await runsIn(world);
    await runs.server();
    const workplace = world.cwd;
    const missing = await refusal(runs.start({ command: ['no-such-program-of-mosaic'], workplace }));
    assert.match(missing.message, /^its program ended with exit \d+ at once$/);
    assert.match(missing.output ?? '', /no-such-program-of-mosaic/);
    await runs.end();
    const fails = await refusal(
      runs.start({ command: ['sh', '-c', 'echo bad token s3cret; exit 4'], workplace }),
    );
    assert.equal(fails.output, 'bad token (secret)');
    await runs.end();
    const folder = world.path('no-folder');
    assert.match(
      (await refusal(runs.start({ command: ['true'], workplace: folder }))).message,
      /there is no folder/,
    );
    const swift = ['sh', '-c', 'echo PHASE:done >"$MOSAIC_PHASE_FILE"; exit 1'];
    await runs.start({ command: swift, workplace });
    await world.until('it has ended', async () => (await runs.look()).kind === 'ended');
    assert.equal(readFileSync(run(world).phase, 'utf8'), 'PHASE:done\n');
    await runs.end();
  },
);

inWorld('the file of a run that was killed as it started is removed by the next', 'none', async (world) => {
  world.writeFleet({ agents: [] });
  const runs = await runsIn(world);
  await runs.server();
  const left = run(world, 'earlier').session;
  const leave = (): void => {
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(left, 'new-session -e TOKEN=s3cret');
  };
  leave();
  await runs.end();
  assert.equal(existsSync(left), false);
  leave();
  writeFileSync(join(own(world).runs, 'stray'), '');
  await runs.start({ command: ['sleep', '1000'], workplace: world.cwd });
  assert.equal(existsSync(left), false);
});

test('only what began later than its companions counts as busy, below it or left at work by it', () => {
  const one = (pid: number, parent: number, startTime: number) => ({ pid, parent, startTime, memory: 0 });
  const processes = [
    one(10, 1, 5_000),
    one(11, 10, 5_100),
    one(12, 11, 9_000),
    one(13, 10, 6_500),
    one(14, 10, 6_501),
    one(15, 14, 6_502),
    one(20, 1, 9_000),
  ];
  const of = (...pids: number[]) => pids.includes.bind(pids);
  assert.equal(latecomers(processes, 10, of()), 3);
  assert.equal(latecomers(processes, 20, of()), 0);
  assert.equal(latecomers(processes, 99, of(20)), 0);
  const left = [...processes, one(21, 1, 6_000)];
  assert.equal(latecomers(left, 10, of(10, 12, 20, 21)), 4, 'each once, and none that came with it');
});
