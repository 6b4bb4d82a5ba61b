/** mosaic coord continue, and --send to an agent that runs in tmux. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { nextTask as isCapsule } from '../../src/generated/validators.js';
import { begun, bootId, inProject, startTime, type Scene } from './scene.ts';

const CAPSULE = '.mosaic/orchestrator/next-task.json';

inProject(
  'continue: the prompt names all that a session needs; only the capsule is written',
  async (scene) => {
    await scene.init(
      [
        '| T-1 | done | M1 | Make the tables | #4 | |',
        '| T-2 | not-started | M1 | Fill them | | |',
        '| T-3 | cancelled | M2 | No | | |',
      ],
      ['--quality-gates', 'npm run lint && npm test'],
    );
    const before = scene.picture();
    const { stdout, stderr } = await scene.coord(['continue', '--runtime', 'codex']);
    assert.equal(stderr, '');
    for (const part of [
      `Project:       ${scene.project}`,
      `State:         ${scene.path('.mosaic/orchestrator/mission.json')}`,
      `Tasks:         ${scene.path('docs/TASKS.md')} (1 of 2 done)`,
      `Manifest:      ${scene.path('docs/MISSION-MANIFEST.md')}`,
      `Scratchpad:    ${scene.path('docs/scratchpads/checkout-v2.md')}`,
      'Quality gates: npm run lint && npm test',
      'Runtime:       codex',
      'Current milestone: M1 (Schema)',
      'Next task:         T-2: Fill them [not-started]',
      'Progress:          50%',
      'Branch:            main',
      'none: this is the first',
    ])
      assert.ok(stdout.includes(part), `${part}\n${stdout}`);
    const guide = /Protocol: +(.*)$/m.exec(stdout)?.[1] ?? '';
    assert.ok(existsSync(guide), guide);
    const steps = stdout.slice(stdout.indexOf('What to do'));
    assert.ok(steps.indexOf('manifest') < steps.indexOf('scratchpad'));
    assert.ok(steps.indexOf('scratchpad') < steps.indexOf('docs/TASKS.md'));
    assert.match(steps, /2\. Bring the branch main up to date/);
    assert.match(steps, /You alone write .*docs\/TASKS\.md/);
    const capsule = JSON.parse(scene.read(CAPSULE)) as Record<string, unknown>;
    assert.ok(isCapsule(capsule), JSON.stringify(isCapsule.errors));
    assert.deepEqual(
      [capsule['runtime'], capsule['next_task'], capsule['progress'], capsule['current_branch']],
      ['codex', 'T-2', { tasks_done: 1, tasks_total: 2, pct: 50 }, 'main'],
    );
    const after = scene.picture();
    delete after[CAPSULE];
    assert.deepEqual(after, before);
    const json = await scene.json(['continue', '--runtime', 'codex']);
    assert.equal(json['prompt'], stdout);
  },
);

inProject('continue: without tasks, the milestone is broken into some first', async (scene) => {
  await scene.init([]);
  const { stdout } = await scene.coord(['continue']);
  assert.match(stdout, /^Begin the mission "Checkout v2"/);
  assert.match(stdout, /Break the milestone M1 \(Schema\) into tasks/);
  assert.match(stdout, /Runtime: +claude$/m);
});

inProject('continue: how the previous session ended, and its runtime again', async (scene) => {
  await scene.init();
  await scene.coord(['run', 'T-1', '--runtime', 'pi', '--', 'true']);
  const { stdout } = await scene.coord(['continue']);
  assert.match(stdout, /^Go on with the mission/);
  assert.match(stdout, /sess-001 stopped early \(premature\) after \S+; its last task was T-1/);
  assert.match(stdout, /Runtime: +pi$/m);
});

inProject(
  'continue: --task must be there and open; a finished mission has no next session',
  async (scene) => {
    await scene.init([
      '| T-1 | done | M1 | One | | |',
      '| T-2 | not-started | M1 | Two | | |',
      '| T-3 | not-started | M2 | Three | | |',
    ]);
    const { stdout } = await scene.coord(['continue', '--task', 'T-3']);
    assert.match(stdout, /Next task: +T-3: Three/);
    assert.match(stdout, /Current milestone: M2 \(API\)/);
    const before = scene.picture();
    assert.match((await scene.coord(['continue', '--task', 'T-9'], 65)).stderr, /there is no task "T-9"/);
    assert.match(
      (await scene.coord(['continue', '--task', 'T-1'], 1)).stderr,
      /the task T-1 is done already/,
    );
    const record = scene.record();
    scene.write('.mosaic/orchestrator/mission.json', JSON.stringify({ ...record, status: 'completed' }));
    assert.match((await scene.coord(['continue'], 1)).stderr, /the mission checkout-v2 is completed/);
    assert.equal(scene.read(CAPSULE), before[CAPSULE]);
  },
);

inProject('continue: a session that is at work, or dead, is told of', async (scene) => {
  await scene.init();
  begun(scene, { pid: process.pid, pid_start_time: startTime(process.pid), boot_id: bootId });
  assert.match((await scene.coord(['continue'])).stderr, /sess-001 .* is running/);
  begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
  const { stderr, stdout } = await scene.coord(['continue']);
  assert.match(stderr, /is dead: .*Recover first: mosaic coord resume$/m);
  assert.match(stdout, /^Recover the mission/);
});

inProject('continue: what stands in the files cannot act on a terminal', async (scene) => {
  await scene.init(['| T-1 | not-started | M1 | Say \u001b]0;owned\u0007 and \u202eback | | |']);
  const { stdout } = await scene.coord(['continue']);
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  assert.match(stdout, /Say \\x1b\]0;owned\\x07 and \\u\{202e\}back/);
});

/** An agent that keeps what is typed to it, and is ready when it says so. */
async function withAgent(scene: Scene, more: Record<string, unknown> = {}): Promise<string> {
  const got = scene.world.path('got');
  const program = scene.script('agent', `echo 'ready> '\nexec cat >>'${got}'`);
  scene.world.writeFleet({
    runtimes: { keeper: { command: [program], ready: '^ready>' } },
    agents: [{ name: 'coder', runtime: 'keeper', working_directory: scene.project, ...more }],
  });
  await apply(scene);
  return got;
}

async function apply(scene: Scene): Promise<void> {
  const { code, stdout, stderr } = await scene.world.mosaic(['apply']);
  assert.equal(code, 0, stdout + stderr);
}

const send = (scene: Scene): string[] => ['continue', '--send', 'coder', '-f', scene.world.fleetFile];

inProject('continue --send: types it to the running agent and records a session of it', async (scene) => {
  await scene.init();
  const got = await withAgent(scene);
  const { stdout } = await scene.coord(send(scene));
  assert.equal(stdout, 'The prompt was typed to coder, as sess-001.\n');
  const typed = await scene.world.until('it was typed', () => {
    const text = existsSync(got) ? readFileSync(got, 'utf8') : '';
    return text.includes('You alone write') ? text : undefined;
  });
  assert.match(typed, /Begin the mission "Checkout v2"/);
  assert.match(typed, /Runtime: +keeper/);
  const pid = Number((await scene.world.tmux('list-panes', '-t', '=coder:', '-F', '#{pane_pid}')).stdout);
  const [session] = scene.record().sessions;
  assert.deepEqual([session?.agent, session?.pid, session?.ended_at], ['coder', pid, '']);
  assert.match(session?.run ?? '', /^\d+\.\d+\.\d+$/);
  assert.deepEqual([scene.lock()?.pid, scene.lock()?.agent], [pid, 'coder']);
  assert.equal((await scene.json(['status']))['state'], 'running');
  assert.match(scene.read('docs/TASKS.md'), /\| T-1 \| in-progress \| M1/);

  // It is at work: told again what comes next, it goes on in the same session.
  const again = await scene.json(send(scene));
  assert.deepEqual(again['sent'], { agent: 'coder' });
  assert.equal(scene.record().sessions.length, 1);
});

inProject('continue --send: an agent that is absent, dead or not ours gets nothing', async (scene) => {
  await scene.init();
  const got = await withAgent(scene);
  const before = scene.picture();
  const refused = async (told: RegExp, ...args: string[]): Promise<void> => {
    const { stderr } = await scene.coord([...send(scene), ...args], 1);
    assert.match(stderr, told);
    assert.deepEqual(scene.picture(), before);
    assert.ok(!existsSync(got) || readFileSync(got, 'utf8') === '');
  };
  await refused(/there is no agent "nobody"/, '--send', 'nobody');
  const pid = Number((await scene.world.tmux('list-panes', '-t', '=coder:', '-F', '#{pane_pid}')).stdout);
  process.kill(pid, 'SIGKILL');
  await scene.world.until('the agent is dead', async () => {
    const { stdout } = await scene.world.tmux('list-panes', '-t', '=coder:', '-F', '#{pane_dead}');
    return stdout.trim() === '1';
  });
  await refused(/the agent coder is dead/);
  await scene.world.tmux('kill-session', '-t', '=coder');
  await refused(/the agent coder does not run/);
  await scene.world.tmux('new-session', '-d', '-s', 'coder', 'cat');
  await refused(/the session coder is not of the fleet test/);
});

inProject(
  'continue --send: while another session is at work, or one is dead, nothing is typed',
  async (scene) => {
    await scene.init();
    const got = await withAgent(scene);
    begun(scene, { pid: process.pid, pid_start_time: startTime(process.pid), boot_id: bootId });
    assert.match((await scene.coord(send(scene), 1)).stderr, /the session sess-001 is at work/);
    begun(scene, { pid: process.pid, pid_start_time: 1, boot_id: bootId });
    assert.match((await scene.coord(send(scene), 1)).stderr, /its end was never written down/);
    assert.equal(existsSync(got) ? readFileSync(got, 'utf8') : '', '');
  },
);

inProject('continue --send: nothing is typed into a shell, nor where nobody knows when', async (scene) => {
  const ran = scene.world.path('ran');
  await scene.init([`| T-1 | not-started | M1 | $(touch '${ran}') | | |`]);
  scene.world.writeFleet({
    runtimes: { blind: { command: ['cat'] } },
    agents: [
      { name: 'plain', runtime: 'shell', working_directory: scene.project },
      { name: 'unnamed', command: ['sh'], working_directory: scene.project },
      { name: 'blind', runtime: 'blind', working_directory: scene.project },
    ],
  });
  await apply(scene);
  const cases: [string, RegExp][] = [
    [
      'plain',
      /the agent plain is of the runtime shell, .*; nothing was typed[^]*fix: .*mosaic coord continue$/m,
    ],
    ['unnamed', /the agent unnamed is of the runtime shell/],
    ['blind', /the runtime blind of the agent blind has no ready pattern/],
  ];
  const screens = (): Promise<string[]> =>
    Promise.all(
      cases.map(async ([name]) => (await scene.world.tmux('capture-pane', '-p', '-t', `=${name}:`)).stdout),
    );
  await scene.world.until('the shells have prompts', async () =>
    (await screens()).slice(0, 2).every((screen) => /[$#]/.test(screen)),
  );
  const [before, shown] = [scene.picture(), await screens()];
  const refuseAll = async (): Promise<void> => {
    for (const [name, told] of cases) {
      const args = ['continue', '--send', name, '-f', scene.world.fleetFile];
      assert.match((await scene.coord(args, 1)).stderr, told);
    }
    assert.deepEqual(await screens(), shown);
    assert.equal(existsSync(ran), false);
  };
  await refuseAll();
  assert.deepEqual(scene.picture(), before);
  // Also where the agent is at work on the mission, by a session of its own.
  for (const [name] of cases) {
    const pane = await scene.world.tmux('list-panes', '-t', `=${name}:`, '-F', '#{pane_pid}');
    const pid = Number(pane.stdout);
    begun(scene, { pid, pid_start_time: startTime(pid), boot_id: bootId, agent: name });
    await refuseAll();
  }
});

inProject('continue: a fleet file that is not valid is shown, where --send needs it', async (scene) => {
  await scene.init();
  writeFileSync(scene.world.fleetFile, 'version: 1\nagents: nothing\n');
  assert.match((await scene.coord(send(scene), 65)).stderr, /fleet\.yaml:2:9: /);
});
