/** mosaic coord run: real programs, in the foreground of real terminals, ended in every way. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { openTerminal } from '../e2e/support/terminal.ts';
import type { SessionEntry } from '../../src/model/mission.ts';
import { begun, bootId, inProject, startTime, type Scene } from './scene.ts';

const last = (scene: Scene): SessionEntry => {
  const session = scene.record().sessions.at(-1);
  assert.ok(session);
  return session;
};

const DONE = `sed -i 's/not-started/done/; s/in-progress/done/' docs/TASKS.md`;

inProject(
  'run: while the program runs its lock and session say so; its end is written down',
  async (scene) => {
    await scene.init();
    const got = scene.world.path('got');
    const program = scene.script(
      'program',
      `pwd >'${got}'; cp .mosaic/orchestrator/session.lock '${got}.before'
printf '%s' "$1" >>'${got}'
while ! grep -q "\\"pid\\": $$" .mosaic/orchestrator/session.lock; do sleep 0.02; done
cp .mosaic/orchestrator/session.lock '${got}.lock'; cp .mosaic/orchestrator/mission.json '${got}.mission'
cp docs/TASKS.md '${got}.tasks'
exit 7`,
    );
    const { stderr } = await scene.coord(['run', 'T-2', '--runtime', 'codex', '--', program], 7);
    assert.match(stderr, /^mission: +Checkout v2 \(checkout-v2\), active: 0 of 3 tasks done/m);
    assert.match(stderr, /sess-001 ended: crashed \(exit 7\) after \d+s/);
    const [where, ...prompt] = readFileSync(got, 'utf8').split('\n');
    assert.equal(where, scene.project);
    assert.match(prompt.join('\n'), /Next task: +T-2: Fill them \[in-progress\]/);
    assert.equal(
      (JSON.parse(readFileSync(`${got}.before`, 'utf8')) as { session_id: string }).session_id,
      'sess-001',
    );
    const lock = JSON.parse(readFileSync(`${got}.lock`, 'utf8')) as Record<string, unknown>;
    const session = last(scene);
    assert.deepEqual(
      [lock['session_id'], lock['runtime'], lock['pid'], lock['boot_id'], lock['milestone_id']],
      ['sess-001', 'codex', session.pid, bootId, 'M1'],
    );
    assert.equal(typeof lock['pid_start_time'], 'number');
    assert.match(readFileSync(`${got}.tasks`, 'utf8'), /\| T-2 \| in-progress \| M1 \| Fill them/);
    const during = JSON.parse(readFileSync(`${got}.mission`, 'utf8')) as { milestones: { status: string }[] };
    assert.equal(during.milestones[0]?.status, 'in-progress');

    assert.equal(scene.lock(), undefined);
    assert.deepEqual(
      [session.ended_reason, session.last_task_id, session.milestone_id],
      ['crashed', 'T-2', 'M1'],
    );
    assert.equal(typeof session.duration_seconds, 'number');
    assert.match(scene.read('docs/MISSION-MANIFEST.md'), /sess-001/);
  },
);

inProject('run: how the session ended, by how its program did', async (scene) => {
  await scene.init();
  const cases: [string, number, string][] = [
    ['exit 0', 0, 'premature'],
    ['exit 3', 3, 'crashed'],
    ['exit 130', 130, 'killed'],
    ['kill -TERM $$', 143, 'killed'],
    ['kill -INT $$', 130, 'killed'],
    ['kill -KILL $$', 137, 'crashed'],
    ['kill -SEGV $$', 139, 'crashed'],
    [`printf '\\n## Handoff\\n\\nThe rest.\\n' >>docs/scratchpads/checkout-v2.md`, 0, 'handoff'],
    [DONE, 0, 'completed'],
  ];
  for (const [body, code, reason] of cases) {
    const told = await scene.json(['run', 'T-1', '--', 'sh', '-c', body], code);
    assert.deepEqual([told['ended_reason'], told['exit_code']], [reason, code], body);
    assert.equal(last(scene).ended_reason, reason, body);
    assert.equal(scene.lock(), undefined, body);
  }
  assert.equal(scene.record().sessions.length, cases.length);
  // All tasks are closed and no gates are set: the milestones and with them the mission are completed.
  assert.deepEqual(
    [scene.record().status, ...scene.record().milestones.map(({ status }) => status)],
    ['completed', 'completed', 'completed'],
  );
  assert.match(
    (await scene.coord(['run', 'T-1', '--', 'true'], 1)).stderr,
    /the mission checkout-v2 is completed/,
  );
});

inProject('run --json: standard output is the report alone', async (scene) => {
  await scene.init();
  const body = `echo '{ "of": "the program" }'; echo more >&2; exit 3`;
  const { stdout, stderr } = await scene.coord(['run', 'T-1', '--json', '--', 'sh', '-c', body], 3);
  assert.equal((JSON.parse(stdout) as { exit_code: number }).exit_code, 3);
  assert.match(stderr, /^\{ "of": "the program" \}\nmore$/m);
  begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
  const program = scene.script('chatty', 'echo text');
  scene.world.writeFleet({ runtimes: { mine: { command: [program] } }, agents: [] });
  const resume = ['resume', 'T-1', '--runtime', 'mine', '-f', scene.world.fleetFile];
  const told = await scene.json(resume);
  assert.equal((told['run'] as { ended_reason: string }).ended_reason, 'premature');
  // Without it, the program's output is its own.
  assert.equal((await scene.coord(resume)).stdout, 'text\n');
});

inProject('run: a configured command takes the prompt as one argument, within a word too', async (scene) => {
  await scene.init();
  const got = scene.world.path('got');
  const program = scene.script('program', `printf '%s|' "$#" "$@" >'${got}'`);
  scene.world.writeFleet({
    runtimes: { mine: { command: [program, '--say={prompt}', 'last'] } },
    agents: [],
  });
  await scene.coord(['run', 'T-1', '--runtime', 'mine', '-f', scene.world.fleetFile]);
  const [count, say, rest] = readFileSync(got, 'utf8').split('|');
  assert.deepEqual([count, rest], ['2', 'last']);
  assert.match(say ?? '', /^--say=Begin the mission "Checkout v2"[^]*and end\.$/);
  scene.world.writeFleet({ runtimes: { mine: { command: [program] } }, agents: [] });
  // The runtime is that of the last session.
  await scene.coord(['run', 'T-1', '-f', scene.world.fleetFile]);
  assert.match(readFileSync(got, 'utf8'), /^1\|Go on with the mission[^]*and end\.\|$/);
});

inProject('run: what cannot be begun changes nothing', async (scene) => {
  await scene.init([
    '| T-1 | not-started | M1 | One | | |',
    '| T-2 | done | M1 | Two | | |',
    '| T-3 | cancelled | M1 | Three | | |',
  ]);
  const before = scene.picture();
  const cases: [string[], number, RegExp][] = [
    [['run', 'T-9', '--', 'true'], 65, /there is no task "T-9"[^]*fix: Name an open one: T-1\./],
    [['run', 'T-2', '--', 'true'], 1, /the task T-2 is done already/],
    [['run', 'T-3', '--', 'true'], 1, /the task T-3 is cancelled already/],
    [['run', 'T-1', '--', 'no-such-program'], 69, /"no-such-program" is not installed or not on the PATH/],
    [['run', 'T-1', '--', './absent.sh'], 69, /absent\.sh" is not installed/],
    [
      ['run', 'T-1', '--runtime', 'codec'],
      65,
      /there is no runtime "codec"[^]*Did you mean --runtime codex\?/,
    ],
    [['run'], 64, /missing required argument 'task'/],
    [['run', 'T-1', '--mode', 'quiet'], 64, /Allowed choices are interactive, print-only/],
  ];
  for (const [args, code, told] of cases) assert.match((await scene.coord(args, code)).stderr, told);
  assert.deepEqual(scene.picture(), before);

  begun(scene, { pid: process.pid, pid_start_time: startTime(process.pid), boot_id: bootId });
  const live = scene.picture();
  const { stderr } = await scene.coord(['run', 'T-1', '--', 'true'], 1);
  assert.match(stderr, /the session sess-001 is at work/);
  begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
  assert.match((await scene.coord(['run', 'T-1', '--', 'true'], 1)).stderr, /fix: .*resume --clean-lock/);
  begun(scene, { pid: process.pid, pid_start_time: startTime(process.pid), boot_id: bootId });
  assert.deepEqual(Object.keys(scene.picture()), Object.keys(live));
  assert.equal(scene.read('docs/TASKS.md'), before['docs/TASKS.md']);
});

inProject('run --mode print-only: the capsule and the command line, nothing else', async (scene) => {
  await scene.init();
  const got = scene.world.path('got');
  const program = scene.script('pro gram', `printf '%s' "$1" >'${got}'`);
  const before = scene.picture();
  const { stdout, stderr } = await scene.coord(['run', 'T-3', '--mode', 'print-only', '--', program]);
  assert.equal(stderr, '');
  assert.ok(!existsSync(got));
  const after = scene.picture();
  assert.match(after['.mosaic/orchestrator/next-task.json'] ?? '', /"next_task": "T-3"/);
  delete after['.mosaic/orchestrator/next-task.json'];
  assert.deepEqual(after, before);
  // It is a command line: run by a shell, it does what was meant.
  await scene.world.run('sh', ['-c', stdout], { cwd: scene.project });
  assert.match(readFileSync(got, 'utf8'), /Next task: +T-3: An endpoint/);
  const told = await scene.json(['run', 'T-3', '--mode', 'print-only', '--', program, '{prompt}', 'x']);
  assert.deepEqual([(told['command'] as string[]).length, (told['command'] as string[])[2]], [3, 'x']);
});

inProject('run: Ctrl-C belongs to the program; a second one does not end mosaic', async (scene) => {
  await scene.init();
  const program = scene.script(
    'program',
    `trap 'echo "caught $((n += 1))"' INT; n=0; echo up; while [ $n -lt 3 ]; do sleep 0.05; done; exit 5`,
  );
  const terminal = await openTerminal(scene.world);
  await terminal.type(`cd ${scene.project} && mosaic coord run T-1 -- ${program}`);
  await scene.world.until('it is up', async () => /^up$/m.test(await terminal.screen()));
  for (const n of [1, 2, 3]) {
    await terminal.press('C-c');
    await scene.world.until(`Ctrl-C ${n} arrived`, async () =>
      (await terminal.screen()).includes(`caught ${n}`),
    );
  }
  assert.equal(await terminal.exitCode(), 5);
  assert.equal(last(scene).ended_reason, 'crashed');
  assert.equal(scene.lock(), undefined);
  await terminal.close();
});

inProject('run: a program that Ctrl-C ends was killed; its terminal is its own', async (scene) => {
  await scene.init();
  const terminal = await openTerminal(scene.world);
  const program = scene.script(
    'program',
    `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo 'a terminal'; exec sleep 60`,
  );
  await terminal.type(`cd ${scene.project} && mosaic coord run T-1 -- ${program}`);
  await scene.world.until('it is up', async () => /^a terminal$/m.test(await terminal.screen()));
  await terminal.press('C-c');
  assert.equal(await terminal.exitCode(), 130);
  assert.equal(last(scene).ended_reason, 'killed');
  await terminal.close();
});

inProject('run: a closed window ends the program, and that is written down', async (scene) => {
  await scene.init();
  const terminal = await openTerminal(scene.world);
  await terminal.type(`cd ${scene.project} && mosaic coord run T-1 -- sh -c 'exec sleep 60'`);
  await scene.world.until('it runs', () => (scene.lock()?.pid ?? 0) > 0);
  await terminal.close();
  await scene.world.until(
    'its end is written down, and its lock cleared',
    () => last(scene).ended_reason === 'killed' && scene.lock() === undefined,
  );
});

inProject('run: SIGTERM goes on to the program, and its end is awaited', async (scene) => {
  await scene.init();
  const program = scene.script(
    'program',
    `trap 'echo "was told"; exit 9' TERM; echo up; while :; do sleep 0.05; done`,
  );
  const running = await scene.world.start(['coord', 'run', 'T-1', '--', program], { cwd: scene.project });
  await scene.world.until('it is up', () => running.output().stdout.includes('up\n'));
  running.signal('SIGTERM');
  const { code, stdout } = await running.ended;
  assert.deepEqual([code, stdout], [9, 'up\nwas told\n']);
  assert.equal(last(scene).ended_reason, 'crashed');
});

inProject(
  'run: mosaic killed in the middle: the program is still known, and resumed after its end',
  async (scene) => {
    await scene.init();
    const running = await scene.world.start(
      ['coord', 'run', 'T-1', '--', 'sh', '-c', 'echo up; exec sleep 60'],
      {
        cwd: scene.project,
      },
    );
    const pid = await scene.world.until('it runs', () => {
      const found = scene.lock()?.pid ?? 0;
      return found > 0 ? found : undefined;
    });
    // Until it is let go, it would end with us.
    await scene.world.until('the program is up', () => running.output().stdout.includes('up'));
    process.kill(running.pid, 'SIGKILL');
    await scene.world.until('mosaic is gone', () => !existsSync(`/proc/${running.pid}`));
    assert.equal((await scene.json(['status']))['pid'], pid);
    process.kill(pid, 'SIGKILL');
    await scene.world.until('the program is gone', () => !existsSync(`/proc/${pid}`));
    await scene.coord(['status'], 3);
    await scene.coord(['resume', '--clean-lock']);
    assert.equal(last(scene).ended_reason, 'crashed');
    await scene.coord(['run', 'T-1', '--', 'true']);
    assert.deepEqual(
      scene.record().sessions.map(({ session_id, ended_reason }) => [session_id, ended_reason]),
      [
        ['sess-001', 'crashed'],
        ['sess-002', 'premature'],
      ],
    );
  },
);

inProject('run: mission.json that the program breaks is left as it is, and said', async (scene) => {
  await scene.init();
  const { stderr } = await scene.coord(
    ['run', 'T-1', '--', 'sh', '-c', 'echo "{" >.mosaic/orchestrator/mission.json'],
    1,
  );
  assert.match(stderr, /its end could not be written down: .*mission\.json:\d+:\d+ cannot be used/);
  assert.equal(scene.read('.mosaic/orchestrator/mission.json'), '{\n');
});

inProject('run: a program that cannot be started ends the session that was begun', async (scene) => {
  await scene.init();
  const broken = scene.script('broken', '');
  writeFileSync(broken, '#!/no/such/interpreter\n');
  const { stderr } = await scene.coord(['run', 'T-1', '--', broken], 69);
  assert.match(stderr, /broken could not be started/);
  assert.equal(last(scene).ended_reason, 'crashed');
  assert.equal(scene.lock(), undefined);
});

inProject('run: of two at the same moment one begins, the other is told', async (scene) => {
  await scene.init();
  const go = scene.world.path('go');
  const program = scene.script('program', `while [ ! -e '${go}' ]; do sleep 0.02; done`);
  const runs = await Promise.all(
    [1, 2, 3].map(() => scene.world.start(['coord', 'run', 'T-1', '--', program], { cwd: scene.project })),
  );
  await scene.world.until('all but one have ended', () => {
    const told = runs.filter((run) =>
      /the session sess-001 is (being started|at work)/.test(run.output().stderr),
    );
    return told.length === 2;
  });
  writeFileSync(go, '');
  const codes = await Promise.all(runs.map(async (run) => (await run.ended).code));
  assert.deepEqual(codes.filter((code) => code === 1).length, 2);
  assert.ok(codes.includes(0));
  assert.equal(scene.record().sessions.length, 1);
});

inProject('run: a prompt too long for a command line is a failure in words', async (scene) => {
  await scene.init();
  const record = scene.record();
  const long = { ...record, quality_gates: `true ${'x'.repeat(200_000)}` };
  scene.write('.mosaic/orchestrator/mission.json', JSON.stringify(long));
  const { stderr } = await scene.coord(['run', 'T-1', '--', 'true'], 69);
  assert.match(stderr, /^mosaic: true could not be started: /m);
  assert.equal(last(scene).ended_reason, 'crashed');
  assert.equal(scene.lock(), undefined);
});
