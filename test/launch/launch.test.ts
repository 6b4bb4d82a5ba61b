/** mosaic yolo and run: programs in real terminals, and what comes through. */
import assert from 'node:assert/strict';
import { constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { openTerminal } from '../e2e/support/terminal.ts';
import { inWorld } from '../support/supervisors.ts';
import { benchOf } from './scene.ts';

const canBecome = 'execve' in process;

/** Of each stream that /proc/PID/fdinfo told of: whether whoever reads it waits until there is something (proc(5), open(2)). */
const blocking = (text: string): boolean[] =>
  [...text.matchAll(/^flags:\s+(\d+)$/gm)].map(
    ([, flags = '']) => (parseInt(flags, 8) & constants.O_NONBLOCK) === 0,
  );

inWorld('arguments come through as they are, after the flag that asks for nothing', 'none', async (world) => {
  const bench = benchOf(world);
  const { env } = bench;
  for (const name of ['claude', 'codex', 'pi']) bench.program(name, 'exit 3');
  const flags: Record<string, [string[], string[]]> = {
    claude: [[], ['--dangerously-skip-permissions']],
    codex: [['--no-daemon'], ['--dangerously-bypass-approvals-and-sandbox']],
    pi: [[], []],
  };
  const odd = ['--help', '-f', 'a b', '', '--', '-V', '$(id)', '#{pid}', '{prompt}', 'a\nb', '--file=x'];
  for (const [name, [always, unattended]] of Object.entries(flags)) {
    const skills = name === 'pi' ? ['--no-skills'] : [];
    const options = { env: { ...env, MOSAIC_PI_FORCE_SKILLS: '' } };
    assert.equal((await world.mosaic(['yolo', name, ...odd], options)).code, 3);
    assert.deepEqual(bench.args(name), [...always, ...unattended, ...skills, ...odd]);
    await world.mosaic(['run', name, ...odd], options);
    assert.deepEqual(bench.args(name), [...always, ...skills, ...odd]);
    assert.match((await world.mosaic(['yolo', '--help'])).stdout, /^Usage: mosaic yolo/);
  }
  // Who gives the flag does not get it twice: codex would refuse that.
  const flag = '--dangerously-bypass-approvals-and-sandbox';
  await world.mosaic(['yolo', 'codex', 'exec', flag, 'x'], { env });
  assert.deepEqual(bench.args('codex'), ['--no-daemon', 'exec', flag, 'x']);
});

inWorld('a runtime of the fleet file: its command, its flag, its folder', 'none', async (world) => {
  const bench = benchOf(world);
  const ours = bench.program('ours', 'pwd; cat; echo "$MINE" >&2; exit 7');
  const twice = { command: ['ours', '-y'], unattended: ['-y'] };
  world.writeFleet({
    runtimes: {
      ours: { command: [ours, '--say={prompt}', 'own'], unattended: ['--yes', '--really'] },
      twice,
    },
    agents: [],
  });
  const options = { env: { ...bench.env, MINE: 'kept' }, input: 'typed\n' };
  const { code, stdout, stderr } = await world.mosaic(['yolo', 'ours', 'x'], options);
  assert.deepEqual([code, stdout, stderr], [7, `${world.cwd}\ntyped\n`, 'kept\n']);
  assert.deepEqual(bench.args('ours'), ['own', '--yes', '--really', 'x']);
  await world.mosaic(['run', '-f', world.fleetFile, 'ours'], { ...options, cwd: world.home });
  assert.deepEqual(bench.args('ours'), ['own']);
  await world.mosaic(['yolo', 'twice'], options);
  assert.deepEqual(bench.args('ours'), ['-y']);
});

inWorld('what cannot be started is said, with the way out', 'none', async (world) => {
  const { PATH } = benchOf(world).env;
  const bare = { PATH: '/usr/bin:/bin' };
  const cases: [string[], Record<string, string | undefined>, number, RegExp][] = [
    [
      ['yolo', 'claude'],
      bare,
      69,
      /"claude" is not installed or not on the PATH\n +fix: Install it: npm install --global @anthropic/,
    ],
    [['run', 'codex'], bare, 69, /"codex" is not .*\n +fix: Install it: npm install --global @openai\/codex/],
    [['run', 'pi'], bare, 69, /"pi" is not .*\n +fix: Install it: npm install --global @mariozechner/],
    [['run', 'cloude'], bare, 65, /there is no runtime "cloude"\n +fix: Did you mean claude\?/],
    [
      ['run', 'emacs'],
      bare,
      65,
      /there is no runtime "emacs"\n +fix: Name another \(claude, codex, pi, shell\)/,
    ],
    [['yolo'], bare, 64, /missing required argument 'runtime'/],
    [['yolo', '--fast', 'claude'], bare, 64, /unknown option '--fast'/],
    [['run', '-f', 'absent.yaml', 'claude'], bare, 65, /absent\.yaml is not there/],
  ];
  for (const [args, env, code, told] of cases) {
    const result = await world.mosaic(args, { env });
    assert.equal(result.code, code, args.join(' '));
    assert.match(result.stderr, told);
    assert.equal(result.stdout, '');
  }
  writeFileSync(world.path('bin', 'claude'), '#!/no/such/shell\n', { mode: 0o755 });
  const orphan = await world.mosaic(['run', 'claude'], { env: { PATH } });
  assert.equal(orphan.code, 69);
  assert.match(
    orphan.stderr,
    /claude could not be started: its interpreter \/no\/such\/shell: it is not there/,
  );
  world.writeFleet({ runtimes: { mine: { command: ['no-such'] } }, agents: [] });
  const mine = await world.mosaic(['run', 'mine'], { env: bare });
  assert.match(mine.stderr, /fix: Install it, or give the command of the runtime mine in the fleet file/);
});

inWorld('exit codes, and the signal that ended it', 'none', async (world) => {
  const bench = benchOf(world);
  const ended = async (body: string): Promise<[number | null, string | null]> => {
    bench.program('claude', body);
    const { code, signal } = await world.mosaic(['run', 'claude'], { env: bench.env });
    return [code, signal];
  };
  assert.deepEqual(await ended('exit 0'), [0, null]);
  assert.deepEqual(await ended('exit 255'), [255, null]);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGUSR1'] as const)
    assert.deepEqual(await ended(`kill -${name.slice(3)} $$`), [null, name]);
  // Those that leave a core dump are told by their number where a process of ours is between.
  const [code, signal] = await ended('kill -SEGV $$');
  assert.ok(code === 139 || signal === 'SIGSEGV', `${code} ${signal}`);
});

inWorld('through pipes too: a program finds them as if nobody had been before it', 'none', async (world) => {
  const bench = benchOf(world);
  bench.program('claude', `cat /proc/$$/fdinfo/[012] | grep flags; grep ^SigIgn /proc/$$/status`);
  const { stdout } = await world.mosaic(['run', 'claude'], { env: bench.env, input: 'x' });
  assert.deepEqual(blocking(stdout), [true, true, true]);
  assert.match(stdout, /^SigIgn:\s+0{16}$/m);
});

inWorld('signals that are sent to the command reach the program', 'none', async (world) => {
  const bench = benchOf(world);
  const traps = ['TERM', 'HUP', 'USR1', 'USR2'].map((name) => `trap 'echo ${name}' ${name}`).join('; ');
  bench.program('claude', `${traps}; n=0; echo up; while [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done`);
  const running = await world.start(['run', 'claude'], { env: bench.env });
  await world.until('it is up', () => /^up$/m.test(running.output().stdout));
  for (const name of ['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGTERM'] as const) {
    running.signal(name);
    await world.until(`${name} arrived`, () => running.output().stdout.includes(`${name.slice(3)}\n`));
  }
  process.kill(bench.pid('claude') ?? 0, 'SIGKILL');
  assert.equal((await running.ended).signal, 'SIGKILL');
});

inWorld('in a terminal: it is the program’s, with its size and its Ctrl-C', 'none', async (world) => {
  const bench = benchOf(world);
  bench.program(
    'claude',
    `trap 'echo "caught $((n += 1))"' INT; trap 'echo "size $(stty size)"' WINCH; n=0
for f in 0 1 2; do [ -t $f ] && echo "tty $f"; done; grep ^SigIgn /proc/$$/status
echo "parent $(cat /proc/$PPID/comm)"; cat /proc/$$/fdinfo/[012] | grep flags; echo "size $(stty size)"
while [ $n -lt 3 ]; do sleep 0.05; done; exit 5`,
  );
  const terminal = await openTerminal(world, bench.env);
  await terminal.type('mosaic yolo claude');
  await world.until('it is up', async () => (await terminal.screen()).includes('size 50 140'));
  const screen = await terminal.screen();
  for (const line of ['tty 0', 'tty 1', 'tty 2']) assert.ok(screen.includes(line), screen);
  // Node ignores SIGPIPE (1000) itself: what it starts must not.
  assert.match(screen, /^SigIgn:\s+0{16}$/m);
  // Nor do its streams return at once without anything (04000, O_NONBLOCK).
  assert.deepEqual(blocking(screen), [true, true, true], screen);
  // Where Node can become the program, nothing of ours is between it and the shell.
  assert.match(screen, canBecome ? /^parent sh$/m : /^parent node$/m);
  await world.run('tmux', [
    '-L',
    'test-terminal',
    'resize-window',
    '-t',
    '=person:',
    '-x',
    '100',
    '-y',
    '30',
  ]);
  await world.until('it was told its size', async () => (await terminal.screen()).includes('size 30 100'));
  for (const n of [1, 2, 3]) {
    await terminal.press('C-c');
    await world.until(`Ctrl-C ${n} arrived`, async () => (await terminal.screen()).includes(`caught ${n}`));
  }
  assert.equal(await terminal.exitCode(), 5);
  await terminal.close();
});

for (const [how, body] of [
  ['the terminal stops it', 'echo up; wait'],
  // As a program does that reads Ctrl-Z as a key: nobody but it is told.
  ['it stops itself', 'echo up; kill -STOP $$; wait'],
])
  inWorld(`Ctrl-Z and fg: ${how}`, 'none', async (world) => {
    const bench = benchOf(world);
    // No program is begun while keys are pressed: a shell that is stopped just then is not seen to be.
    bench.program('claude', `sleep 600 & trap 'kill $!; echo went on; exit 6' USR1\n${body}`);
    const terminal = await openTerminal(world, bench.env);
    await terminal.type('mosaic run claude');
    await world.until('it is up', async () => /up$/m.test(await terminal.screen()));
    if (how === 'the terminal stops it') await terminal.press('C-z');
    await world.until('the shell is back', async () => /ended with 1\d\d$/m.test(await terminal.screen()));
    await terminal.type('echo "again with $((40 + 2))"');
    await world.until('it answers', async () => (await terminal.screen()).includes('again with 42'));
    const pid = bench.pid('claude') ?? 0;
    const state = (): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
    assert.equal(state(), 'T');
    await terminal.type('fg');
    await world.until('it goes on', () => ['S', 'R'].includes(state()));
    process.kill(pid, 'SIGUSR1');
    await world.until('its code is the shell’s', async () =>
      /went on$[^]*^ended with 6$/m.test(await terminal.screen()),
    );
    await terminal.close();
  });

inWorld('a window that is closed ends it', 'none', async (world) => {
  const bench = benchOf(world);
  const told = world.path('told');
  bench.program('claude', `trap 'echo hup >${told}; exit' HUP; echo up; while :; do sleep 0.05; done`);
  const terminal = await openTerminal(world, bench.env);
  await terminal.type('mosaic yolo claude');
  await world.until('it is up', async () => /up$/m.test(await terminal.screen()));
  const pid = bench.pid('claude') ?? 0;
  await terminal.close();
  await world.until('it is gone', () => !existsSync(`/proc/${pid}`));
  assert.equal(readFileSync(told, 'utf8'), 'hup\n');
});
