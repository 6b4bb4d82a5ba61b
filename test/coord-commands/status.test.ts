/** mosaic coord status: is a session at work? With real processes. */
import assert from 'node:assert/strict';
import { rmSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { begun, bootId, inProject, startTime, type Scene } from './scene.ts';

const state = async (scene: Scene, code: number, ...args: string[]): Promise<unknown> =>
  (await scene.json(['status', ...args], code))['state'];

inProject('status: none, running, stale, dead by its exit code', async (scene) => {
  await scene.init();
  assert.equal(await state(scene, 4), 'none');
  const program = await scene.world.spawn('sleep', ['60']);
  begun(scene, {
    pid: program.pid,
    pid_start_time: startTime(program.pid),
    boot_id: bootId,
    host: hostname(),
  });
  const running = await scene.coord(['status']);
  assert.match(
    running.stdout,
    new RegExp(
      `^sess-001 \\(claude, pid ${program.pid}\\) is running, begun 10m ago, last change \\S+( ago)?\\.\n$`,
    ),
  );
  assert.equal(await state(scene, 0), 'running');
  backdate(scene, 2 * 3_600_000);
  assert.equal(await state(scene, 5), 'stale');
  const stale = await scene.coord(['status', '--stale-after', '90m'], 5);
  assert.match(stale.stdout, /is stale: it lives, but nothing has changed for 2h \(more than 1h30m\)/);
  assert.equal(await state(scene, 0, '--stale-after', '3h'), 'running');
  // The agent writes a task: it is at work after all.
  scene.write('docs/TASKS.md', scene.read('docs/TASKS.md'));
  assert.equal(await state(scene, 0), 'running');
  program.signal('SIGKILL');
  await program.ended;
  assert.equal(await state(scene, 3), 'dead');
  assert.match((await scene.coord(['status'], 3)).stdout, /is dead: its process is gone/);
});

/** As if everything that tells of work had last been touched so long ago. */
function backdate(scene: Scene, ms: number): void {
  const then = new Date(Date.now() - ms);
  const files = [
    '.mosaic/orchestrator/session.lock',
    'docs/TASKS.md',
    'docs/scratchpads/checkout-v2.md',
    '.git/HEAD',
    '.git/index',
    '.git/logs/HEAD',
  ];
  for (const file of files) utimesSync(scene.path(file), then, then);
}

inProject('status: a pid that another process bears now, a boot before this one', async (scene) => {
  await scene.init();
  begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
  assert.match((await scene.coord(['status'], 3)).stdout, /another one bears its pid/);
  begun(scene, { pid: process.pid, pid_start_time: startTime(process.pid), boot_id: 'another-boot' });
  assert.match((await scene.coord(['status'], 3)).stdout, /the machine was started anew since/);
});

inProject('status: the lock of an older tool: by its pid alone', async (scene) => {
  const program = await scene.world.spawn('sleep', ['60']);
  await scene.init();
  const lock = {
    session_id: 'sess-007',
    runtime: 'codex',
    pid: program.pid,
    started_at: new Date().toISOString(),
    project_path: scene.project,
    milestone_id: 'M1',
  };
  scene.write('.mosaic/orchestrator/session.lock', JSON.stringify(lock));
  const told = await scene.json(['status']);
  assert.deepEqual([told['state'], told['session_id'], told['runtime']], ['running', 'sess-007', 'codex']);
  program.signal('SIGTERM');
  await program.ended;
  assert.equal(await state(scene, 3), 'dead');
});

inProject('status: of another machine it cannot be told', async (scene) => {
  await scene.init();
  begun(scene, { pid: 1, boot_id: 'their-boot', host: 'their-host' });
  const told = await scene.json(['status']);
  assert.deepEqual([told['state'], told['host']], ['running', 'their-host']);
  assert.match(
    String(told['explanation']),
    /runs on their-host, where alone it can be told whether it lives/,
  );
});

inProject(
  'status: a lock that is empty, half written, or no lock at all is not taken for none',
  async (scene) => {
    await scene.init();
    for (const text of ['', '{"session_id": "sess-0', '[]', '{}', '\u0000']) {
      scene.write('.mosaic/orchestrator/session.lock', text);
      const told = await scene.json(['status'], 65);
      assert.equal(told['state'], 'unknown', text);
      assert.match(String(told['explanation']), /session\.lock cannot be read: /);
      assert.equal(scene.read('.mosaic/orchestrator/session.lock'), text);
    }
  },
);

inProject('status: a session without an end and without a lock is told of', async (scene) => {
  await scene.init();
  begun(scene, { pid: 1 });
  rmSync(scene.path('.mosaic/orchestrator/session.lock'));
  assert.match(
    (await scene.coord(['status'], 4)).stdout,
    /sess-001 has no end written down, and its lock is gone/,
  );
});

inProject('status: a wrong duration is a wrong command line', async (scene) => {
  const { stderr } = await scene.coord(['status', '--stale-after', 'soon'], 64);
  assert.match(stderr, /It is a duration such as 30s/);
});

inProject('command lines to copy mean just what they say, whatever a task is called', async (scene) => {
  await scene.init([
    '| T1;touch${IFS}failed | failed | M1 | One | | |',
    "| T2;touch it's | not-started | M1 | Two | | |",
  ]);
  const quoted = `'T2;touch it'\\''s'`;
  const told = await scene.json(['mission', '--project', scene.project]);
  const commands = (told['next'] as { command: string }[]).map(({ command }) => command);
  assert.ok(commands.includes(`mosaic coord run ${quoted} --project ${scene.project}`), commands.join('\n'));
  assert.match(
    (await scene.coord(['mission'])).stdout,
    /mosaic coord run 'T1;touch\$\{IFS\}failed' retries it/,
  );
  begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
  assert.ok((await scene.coord(['resume'])).stdout.includes(`  mosaic coord resume ${quoted}\n`));
  assert.ok(
    (await scene.coord(['resume', '--clean-lock'])).stdout.includes(`  mosaic coord run ${quoted}\n`),
  );
});
