/** mosaic coord resume: after a crash. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { begun, bootId, inProject, startTime, type Scene } from './scene.ts';

const LOCK = '.mosaic/orchestrator/session.lock';

/** A process that was there and is not any more. */
async function gonePid(scene: Scene): Promise<number> {
  const program = await scene.world.spawn('sleep', ['60']);
  program.signal('SIGKILL');
  await program.ended;
  return program.pid;
}

async function crashed(scene: Scene): Promise<number> {
  await scene.init();
  scene.write(
    'docs/TASKS.md',
    scene.read('docs/TASKS.md').replace('| T-1 | not-started', '| T-1 | in-progress'),
  );
  const pid = await gonePid(scene);
  begun(scene, { pid, pid_start_time: 12345, boot_id: bootId });
  return pid;
}

inProject('resume: what the dead session left, and nothing is written', async (scene) => {
  const pid = await crashed(scene);
  for (let n = 0; n < 25; n++) scene.write(`src/new-${String(n).padStart(2, '0')}.txt`, 'x\n');
  scene.write('README.md', 'kept\n');
  await scene.world.git(scene.project, 'stash', 'push', '--quiet', 'README.md');
  scene.write('README.md', 'changed\n');
  scene.write('staged name.txt', 'x\n');
  await scene.world.git(scene.project, 'add', 'staged name.txt');
  await scene.world.git(scene.project, 'commit', '--quiet', '--message', 'Local', '--', 'staged name.txt');
  await scene.world.git(scene.project, 'add', '--intent-to-add', 'src');
  const before = scene.picture();
  const { stdout } = await scene.coord(['resume']);
  assert.match(
    stdout,
    new RegExp(`sess-001 \\(claude, pid ${pid}\\) is dead: its process is gone, begun 10m ago`),
  );
  assert.match(stdout, /^Begun: \S+Z \(10m ago\)$/m);
  // TASKS.md, README.md, mission.json and the 25.
  assert.match(stdout, /: 28 changed files, 1 stash, 1 unpushed commit$/m);
  assert.match(stdout, /^ {3}M README\.md$/m);
  assert.match(stdout, /^ {2}… and 8 more$/m);
  assert.match(stdout, /^Tasks in progress:\n {2}T-1: Make the tables$/m);
  assert.match(stdout, /^ {2}mosaic coord resume --clean-lock$/m);
  assert.match(stdout, /^ {2}mosaic coord resume T-1$/m);
  const prompt = stdout.slice(stdout.indexOf('--- recovery prompt ---\n'));
  assert.match(prompt, /Recover the mission "Checkout v2"/);
  assert.match(prompt, /sess-001 has no end written down; its last task was T-1 \(its process is gone\)/);
  assert.match(
    prompt,
    /28 changed files, 1 stash, 1 unpushed commit\n {5}M \.mosaic\/orchestrator\/mission\.json\n {5}M README/,
  );
  assert.match(prompt, /throw nothing away that you have not read/);
  assert.deepEqual(scene.picture(), before);
  const told = await scene.json(['resume']);
  const work = told['work'] as {
    files: string[];
    more_files: number;
    stashes: number;
    unpushed_commits: number;
  };
  assert.deepEqual([work.files.length, work.more_files, work.stashes, work.unpushed_commits], [20, 8, 1, 1]);
  assert.deepEqual(
    (told['in_progress'] as { id: string }[]).map(({ id }) => id),
    ['T-1'],
  );
});

inProject('resume --clean-lock: marks it crashed with its end, and clears the lock', async (scene) => {
  await crashed(scene);
  scene.write('half-done.txt', 'precious\n');
  const { stdout } = await scene.coord(['resume', '--clean-lock']);
  assert.match(stdout, /sess-001 is marked crashed; the lock is cleared\./);
  assert.match(stdout, /^ {2}mosaic coord run T-1$/m);
  const [session] = scene.record().sessions;
  assert.ok(session);
  assert.equal(session.ended_reason, 'crashed');
  const { started_at: from, ended_at: to, duration_seconds: seconds } = session;
  assert.ok(Math.abs((Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000 - (seconds ?? 0)) <= 1);
  assert.equal(session.last_task_id, 'T-1');
  assert.equal(scene.lock(), undefined);
  assert.equal(scene.read('half-done.txt'), 'precious\n');
  assert.match(scene.read('docs/TASKS.md'), /\| T-1 \| in-progress \|/);
  // A second time there is nothing left to do.
  const again = await scene.coord(['resume', '--clean-lock']);
  assert.match(again.stdout, /No session is at work\.\nThe last one, sess-001 crashed after /);
  assert.deepEqual(scene.record().sessions.length, 1);
});

inProject('resume TASK: marks it crashed and starts the next one with what was left', async (scene) => {
  await crashed(scene);
  scene.write('half-done.txt', 'precious\n');
  const got = scene.world.path('got');
  const program = scene.script('program', `printf '%s' "$1" >'${got}'`);
  scene.world.writeFleet({ runtimes: { claude: { command: [program] } }, agents: [] });
  const { stderr } = await scene.coord(['resume', 'T-1', '-f', scene.world.fleetFile]);
  assert.match(stderr, /sess-001 is marked crashed; the lock is cleared\./);
  assert.match(stderr, /sess-002 ended: premature/);
  const prompt = readFileSync(got, 'utf8');
  assert.match(prompt, /^Recover the mission/);
  assert.match(prompt, /sess-001 crashed after \S+; its last task was T-1/);
  assert.match(prompt, /\?\? half-done\.txt/);
  assert.deepEqual(
    scene.record().sessions.map(({ ended_reason }) => ended_reason),
    ['crashed', 'premature'],
  );
});

inProject('resume TASK: where the next one cannot be started, nothing is touched', async (scene) => {
  await crashed(scene);
  const before = scene.picture();
  assert.match((await scene.coord(['resume', 'T-9'], 65)).stderr, /there is no task "T-9"/);
  assert.match(
    (await scene.coord(['resume', 'T-1', '--runtime', 'nope'], 65)).stderr,
    /there is no runtime "nope"/,
  );
  assert.deepEqual(scene.picture(), before);
});

inProject('resume: a live session is left alone, whatever is asked', async (scene) => {
  await scene.init();
  begun(scene, { pid: process.pid, pid_start_time: startTime(process.pid), boot_id: bootId });
  const before = scene.picture();
  for (const args of [['resume'], ['resume', '--clean-lock'], ['resume', 'T-1']])
    assert.match((await scene.coord(args)).stdout, /sess-001 .* is running/);
  assert.equal((await scene.json(['resume']))['state'], 'running');
  assert.deepEqual(scene.picture(), before);
});

inProject('resume: without a lock it tells how the last one ended, or that there was none', async (scene) => {
  await scene.init();
  assert.match((await scene.coord(['resume'], 4)).stdout, /^No session is at work\.$/m);
  await scene.coord(['run', 'T-1', '--', 'true']);
  const { stdout } = await scene.coord(['resume']);
  assert.match(
    stdout,
    /The last one, sess-001 stopped early \(premature\) after \S+; its last task was T-1\./,
  );
  assert.equal((await scene.json(['resume']))['state'], 'none');
});

inProject('resume: a lock of another machine is never cleared', async (scene) => {
  await scene.init();
  begun(scene, { pid: 4, boot_id: 'their-boot', host: 'their-host' });
  const before = scene.picture();
  assert.match((await scene.coord(['resume'])).stdout, /runs on their-host/);
  for (const args of [
    ['resume', '--clean-lock'],
    ['resume', 'T-1'],
  ])
    assert.match((await scene.coord(args, 1)).stderr, /fix: End it there.*nothing was touched/);
  assert.deepEqual(scene.picture(), before);
});

inProject('resume: after a reboot the session ended with it', async (scene) => {
  await scene.init();
  begun(scene, { pid: process.pid, pid_start_time: 5, boot_id: 'another-boot' });
  const { stdout } = await scene.coord(['resume', '--clean-lock']);
  assert.match(stdout, /the machine was started anew since/);
  assert.equal(scene.record().sessions[0]?.ended_reason, 'reboot');
  assert.equal(scene.lock(), undefined);
});

inProject('resume: a corrupt lock is said with why, and only cleared when told', async (scene) => {
  for (const [index, text] of ['', '{"session_id": "sess-001", "pid"', '{}'].entries()) {
    if (index === 0) await scene.init();
    begun(scene, { pid: 1 });
    scene.write(LOCK, text);
    const before = scene.picture();
    assert.match((await scene.coord(['resume'], 65)).stdout, /session\.lock cannot be read: /);
    assert.match(
      (await scene.coord(['resume', 'T-1'], 65)).stderr,
      /fix: Make sure that no session runs, and add --clean-lock/,
    );
    assert.deepEqual(scene.picture(), before);
    await scene.coord(['resume', '--clean-lock']);
    assert.equal(scene.lock(), undefined);
    assert.equal(scene.record().sessions[0]?.ended_reason, 'crashed');
  }
});

inProject('resume: a session whose lock was lost is ended too', async (scene) => {
  await crashed(scene);
  rmSync(scene.path(LOCK));
  assert.match(
    (await scene.coord(['resume'])).stdout,
    /sess-001 has no end written down, and its lock is gone/,
  );
  assert.equal(scene.record().sessions[0]?.ended_reason, '');
  await scene.coord(['resume', '--clean-lock']);
  assert.equal(scene.record().sessions[0]?.ended_reason, 'crashed');
});

inProject('resume: the lock of an older tool, whose session no record tells of', async (scene) => {
  await scene.init();
  const pid = await gonePid(scene);
  const started = new Date(Date.now() - 60_000).toISOString();
  const lock = {
    session_id: 'sess-004',
    runtime: 'pi',
    pid,
    started_at: started,
    project_path: scene.project,
  };
  scene.write(LOCK, JSON.stringify({ ...lock, milestone_id: 'M1' }));
  await scene.coord(['resume', '--clean-lock']);
  const [session] = scene.record().sessions;
  assert.deepEqual(
    [session?.session_id, session?.runtime, session?.ended_reason],
    ['sess-004', 'pi', 'crashed'],
  );
});

inProject(
  'resume: a task table that its agent was killed in keeps nobody from clearing the lock',
  async (scene) => {
    await crashed(scene);
    scene.write(
      'docs/TASKS.md',
      scene.read('docs/TASKS.md').replace('| T-1 | in-progress', '| T-1 | in-pro'),
    );
    const before = scene.picture();
    const told = await scene.coord(['resume'], 65);
    assert.match(told.stdout, /sess-001 .* is dead/);
    assert.doesNotMatch(told.stdout, /recovery prompt/);
    assert.match(told.stderr, /TASKS\.md:\d+:\d+: [^]*in-pro/);
    await scene.coord(['resume', 'T-2'], 65);
    assert.deepEqual(scene.picture(), before);
    await scene.coord(['resume', '--clean-lock'], 65);
    assert.equal(scene.lock(), undefined);
    assert.equal(scene.record().sessions[0]?.ended_reason, 'crashed');
    assert.equal(scene.read('docs/TASKS.md'), before['docs/TASKS.md']);
  },
);
