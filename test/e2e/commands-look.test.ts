/** Commands that only tell: status, events, validate, worktree list, completion, help; and what is said of a wrong call. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  event as isEvent,
  problems as isProblems,
  status as isStatus,
  worktrees as isWorktrees,
} from '../../src/generated/validators.js';
import { forScenes, inScene, type Scene } from './support/scene.ts';

forScenes('status: a table, and JSON as its schema says', async (scene) => {
  const { world } = scene;
  const repository = await world.makeRepository('app');
  const worktree = { repository, branch: 'agents/coder' };
  scene.fleet([{ name: 'coder', worktree }, { name: 'resting', state: 'stopped' }, { name: 'gone' }]);
  await scene.apply();
  writeFileSync(scene.state('worktrees', 'coder', 'half-done.txt'), 'unsaved work\n');
  scene.fleet([{ name: 'coder', worktree }, { name: 'resting', state: 'stopped' }, { name: 'new' }]);

  const { stdout } = await scene.mosaic(['status', '--json']);
  const data: unknown = JSON.parse(stdout);
  assert.ok(isStatus(data), JSON.stringify(isStatus.errors));
  const coder = await scene.status('coder');
  assert.deepEqual(
    [coder.state, coder.wanted, coder.pid, coder.worktree],
    [
      'running',
      'running',
      (await scene.session('coder')).pid,
      { branch: 'agents/coder', dirty: true, unpushed: 0 },
    ],
  );
  assert.ok((coder.memory_bytes ?? 0) > 0);
  assert.equal((await scene.status('resting')).state, 'stopped');
  assert.equal((await scene.status('new')).state, 'absent');
  assert.equal((await scene.status('gone')).wanted, 'gone');

  const table = (await scene.mosaic(['status'])).stdout;
  const supervisor = world.supervisor === 'systemd' ? 'under systemd' : 'under tmux alone';
  assert.match(
    table,
    new RegExp(`^Fleet test, ${supervisor}, tmux -L ${world.socket}, server pid \\d+$`, 'm'),
  );
  assert.match(table, /^coder +running +\d+s +0 +\d+ /m);
  assert.match(table, /^new +absent +0 +.*no session$/m);
});

forScenes('status --watch: again and again until SIGINT', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const running = await scene.world.start(['status', '--watch', '--interval', '50ms']);
  await scene.world.until('it tells that there is none', () => /coder +absent/.test(running.output().stdout));
  await scene.apply();
  await scene.world.until('it tells that there is one', () => /coder +running/.test(running.output().stdout));
  running.signal('SIGINT');
  assert.ok([0, 130].includes((await running.ended).code ?? -1));
});

async function twoCrashes(scene: Scene): Promise<void> {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }, { name: 'third' }]);
  await scene.apply();
  await scene.kill('coder');
  await scene.apply();
}

forScenes('events: what was done, by time and agent, as lines and as JSON', async (scene) => {
  await twoCrashes(scene);
  const all = await scene.mosaic(['events']);
  assert.match(all.stdout, /^\S+Z +tester +start-session +done /m);
  assert.match(all.stdout, /^\S+Z +coder +crash +done .*\/crashes\/coder\//m);

  const json = await scene.mosaic(['events', '--json', '--agent', 'coder']);
  const entries = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; agent: string; time: string });
  for (const entry of entries) assert.ok(isEvent(entry), JSON.stringify(isEvent.errors));
  assert.deepEqual([...new Set(entries.map(({ agent }) => agent))], ['coder']);
  const crash = entries.find(({ event }) => event === 'crash');
  assert.ok(crash);

  const since = await scene.mosaic(['events', '--json', '--since', crash.time]);
  assert.ok(since.stdout.includes('"event":"crash"'));
  assert.doesNotMatch(since.stdout, /"agent":"tester"/);
  assert.equal((await scene.mosaic(['events', '--since', '0s'])).stdout, '');
  const { stderr } = await scene.mosaic(['events', '--since', 'yesterday'], 64);
  assert.match(stderr, /--since yesterday is neither a duration nor a moment/);
});

forScenes('events --follow: goes on with what comes, until SIGINT', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  const running = await scene.world.start(['events', '--follow', '--since', '0s']);
  await scene.world.until('it listens', async () => {
    await scene.mosaic(['apply', '--restart', 'coder']);
    return /coder +stop-session/.test(running.output().stdout);
  });
  running.signal('SIGINT');
  assert.ok([0, 130].includes((await running.ended).code ?? -1));
});

inScene('events: a line that was torn is left out and said', 'none', async (scene) => {
  await twoCrashes(scene);
  writeFileSync(scene.state('events.jsonl'), '{"format_version":1,"ti\n', { flag: 'a' });
  const { stdout, stderr } = await scene.mosaic(['events']);
  assert.match(stdout, /crash/);
  assert.equal(stderr, '1 lines of the log could not be read and were left out.\n');
});

inScene('validate: a good file', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester', host: 'another-host' }]);
  const { stdout } = await scene.mosaic(['validate']);
  assert.equal(stdout, `${scene.world.fleetFile} is valid: 1 agent (1 more on other hosts), 0 missions.\n`);
  await scene.mosaic(['validate', 'fleet.yaml']);
  await scene.mosaic(['validate', 'absent.yaml'], 65);
});

inScene('validate: every problem of a bad file, with its place and the line shown', 'none', async (scene) => {
  scene.world.writeFleet(
    [
      'version: 1',
      'agents:',
      '  - name: Coder',
      '  - name: tester',
      '    runtme: claude',
      '  - name: tester',
      '',
    ].join('\n'),
  );
  const { stdout, stderr } = await scene.mosaic(['validate'], 65);
  assert.equal(stdout, '');
  assert.match(stderr, /fleet\.yaml:3:11/);
  assert.match(stderr, /fleet\.yaml:5:5/);
  assert.match(stderr, /fleet\.yaml:6:11/);
  assert.match(stderr, / 5 \|     runtme: claude\n +\|     ~~~~~~\n/);
  assert.match(stderr, /did you mean "?runtime"?/i);
  const { stdout: json } = await scene.mosaic(['validate', '--json'], 65);
  const data: unknown = JSON.parse(json);
  assert.ok(isProblems(data), JSON.stringify(isProblems.errors));
  assert.ok((data as { problems: unknown[] }).problems.length >= 3);
});

forScenes('worktree list and gc: what is in them, and what is saved before it goes', async (scene) => {
  const { world } = scene;
  const repository = await world.makeRepository('app');
  const worktree = { repository, base: 'main' };
  scene.fleet([{ name: 'coder', worktree }, { name: 'leaving', worktree }, { name: 'other' }]);
  await scene.apply();
  const [kept, left] = [scene.state('worktrees', 'coder'), scene.state('worktrees', 'leaving')];
  writeFileSync(`${left}/half-done.txt`, 'unsaved work\n');
  scene.fleet([{ name: 'coder', worktree }, { name: 'other' }]);
  await scene.apply();

  const list = await scene.mosaic(['worktree', 'list', '--json']);
  const data: unknown = JSON.parse(list.stdout);
  assert.ok(isWorktrees(data), JSON.stringify(isWorktrees.errors));
  const table = (await scene.mosaic(['worktree', 'list'])).stdout;
  assert.match(table, /^leaving +dirty /m);
  assert.match(table, /^coder +clean /m);
  assert.ok(table.includes(left));

  await scene.mosaic(['worktree', 'gc']);
  assert.ok(existsSync(left), 'not old enough');
  const gc = await scene.mosaic(['worktree', 'gc', '--older-than', '0s']);
  const [ref = ''] = /refs\/mosaic\/rescue\/leaving\/\S+/.exec(gc.stdout) ?? [];
  assert.deepEqual([existsSync(left), existsSync(kept)], [false, true]);
  assert.equal(await world.git(repository, 'show', `${ref}:half-done.txt`), 'unsaved work');
});

inScene('completion: a script for each shell, and names of agents', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await scene.mosaic(['completion', shell]);
    assert.match(stdout, /worktree/);
  }
  const { stdout } = await scene.mosaic(['completion', 'bash']);
  writeFileSync(scene.world.path('completion.bash'), stdout);
  const checked = await scene.world.run('bash', ['-n', scene.world.path('completion.bash')]);
  assert.deepEqual([checked.code, checked.stderr], [0, '']);
  assert.equal((await scene.mosaic(['__complete', 'agents'])).stdout, 'coder\ntester\n');
  await scene.mosaic(['completion', 'tcsh'], 64);
});

inScene('help: of every command, with examples and exit codes', 'none', async (scene) => {
  const { stdout } = await scene.mosaic(['--help']);
  assert.match(stdout, /Examples:\n +mosaic validate/);
  assert.match(stdout, /Exit codes:\n +0 +done[^]* 130 +interrupted/);
  const commands = new Set([...stdout.matchAll(/^ {2}([a-z]+) .*$/gm)].map(([, name]) => name));
  for (const name of ['apply', 'plan', 'status', 'events', 'validate', 'worktree', 'down', 'completion']) {
    assert.ok(commands.has(name), `${name} is not in the help`);
    const help = await scene.mosaic([name, '--help']);
    assert.match(help.stdout, new RegExp(`^Usage: mosaic ${name}`));
  }
  assert.match((await scene.mosaic(['apply', '--help'])).stdout, /Examples:\n +mosaic apply --dry-run/);
  assert.match((await scene.mosaic(['--version'])).stdout, /^\d+\.\d+\.\d+/);
});

inScene('a wrong command line: exit 64, what is wrong, and what was meant', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  for (const [args, told] of [
    [['aply'], /unknown command 'aply'[^]*apply/],
    [['apply', '--dryrun'], /unknown option '--dryrun'[^]*--dry-run/],
    [['plan', '-o', 'yaml'], /'yaml' is invalid[^]*text, json, markdown/],
    [['status', '--watch', '--interval', 'soon'], /It is a duration such as 30s/],
    [['apply', '--agent'], /argument missing/],
    [['apply', '--interval', '5m'], /--interval says how often with --watch/],
    [['apply', '--watch', '--interval', '900ms'], /--interval is shorter than 1s/],
    [['apply', 'plan.json', '--watch'], /a saved plan is done once/],
    [['apply', '--watch', '--dry-run'], /'--watch' cannot be used with option '-n, --dry-run'/],
    [['apply', '--watch', '--wait', '5m'], /'--watch' cannot be used with option '--wait/],
    [['apply', '--watch', '--status'], /'--watch' cannot be used with option '--status'/],
    [['apply', '--watch', '--detailed-exitcode'], /'--watch' cannot be used with option '--detailed/],
    [['validate', 'one', 'two'], /too many arguments/],
    [['worktree', 'lst'], /unknown command 'lst'/],
  ] as const) {
    const { stdout, stderr } = await scene.mosaic(args, 64);
    assert.equal(stdout, '');
    assert.match(stderr, told);
  }
});

/** A PATH with everything that a fresh machine has but one program. */
function pathWithout(scene: Scene, missing: string): { env: Record<string, string> } {
  const folder = scene.world.path(`without-${missing}`);
  mkdirSync(folder);
  for (const name of ['tmux', 'git', 'systemctl', 'sh', 'flock', 'sleep', 'tail']) {
    const real = ['/usr/bin', '/bin'].map((at) => `${at}/${name}`).find(existsSync);
    if (name !== missing && real !== undefined) symlinkSync(real, `${folder}/${name}`);
  }
  return { env: { PATH: folder } };
}

for (const [missing, agent, told] of [
  ['tmux', {}, /tmux is not installed[^]*Install tmux 3\.2 or later \(Debian: apt-get install tmux\)/],
  ['git', { worktree: { repository: '.', base: 'main' } }, /git is not installed[^]*apt-get install git/],
  ['flock', {}, /flock\(1\) could not be run[^]*install util-linux/],
] as const) {
  inScene(`without ${missing}: says what is missing and how to install it`, 'none', async (scene) => {
    const repository = await scene.world.makeRepository('app');
    const worktree = 'worktree' in agent ? { worktree: { ...agent.worktree, repository } } : {};
    scene.fleet([{ name: 'coder', ...worktree }]);
    const { code, stdout, stderr } = await scene.world.mosaic(['apply'], pathWithout(scene, missing));
    assert.equal(code, 69, stdout + stderr);
    assert.match(stdout + stderr, told);
    assert.doesNotMatch(stdout + stderr, /mistake in mosaic|\.js:\d+|at async/);
  });
}

inScene(
  'without systemctl: supervisor auto runs with tmux alone, systemd says what to do',
  'none',
  async (scene) => {
    const without = pathWithout(scene, 'systemctl');
    scene.fleet([{ name: 'coder' }], { supervisor: 'systemd' });
    const { code, stdout } = await scene.world.mosaic(['apply'], without);
    assert.equal(code, 69);
    assert.match(stdout, /supervisor: systemd is asked for, but systemctl is not installed/);
    assert.match(stdout, /fix: .*set supervisor: none/);
    scene.fleet([{ name: 'coder' }], { supervisor: 'auto' });
    const auto = await scene.world.mosaic(['apply'], without);
    assert.equal(auto.code, 0, auto.stderr);
    assert.equal((await scene.session('coder')).dead, false);
  },
);
