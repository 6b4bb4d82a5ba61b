/** How the prompt of a session reaches its program, whatever stands in it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { forMissions, inMission, table, type MissionScene } from './support/mission.ts';

/** All that a shell, tmux, printf or a terminal could take for its own. */
const NASTY = `"it's" $HOME $(id) \`id\` \\ {prompt} %s #{pane_id} #(id) ; & * ~ ! \${PATH%%:*}`;

const KICKSTART = `Read this:\n  - "first"\n  - $HOME and \`id\`\n\n\ttabbed 'text' \\n {prompt}`;

function nastyTasks({ project }: MissionScene): void {
  const text = table('T1 M1', 'T2 M2').replace('do T1', NASTY.replaceAll('|', '\\|'));
  project.write(text);
}

forMissions(
  '{prompt} in a command: the whole text, as exactly one argument, anew for each session',
  async (scene) => {
    const { project, workers } = scene;
    nastyTasks(scene);
    workers.order('coder', { hangOn: ['T1'] }, {});
    const command = [
      ...workers.command,
      'before',
      '{prompt}',
      `after ${NASTY.replace('{prompt}', '')}`,
      '--text={prompt}',
      '',
    ];
    scene.missionFleet({ agent: { command, kickstart: KICKSTART } });
    await scene.apply();
    await workers.half('T1');
    const requireArguments = (index: number): void => {
      const prompt = project.prompt().replace(/\n+$/, '');
      const args = [command[3], prompt, command[5], `--text=${prompt}`, ''];
      assert.deepEqual(workers.deeds('up')[index]?.args, args);
      assert.ok(prompt.startsWith(`${KICKSTART}\n\n`), prompt);
      assert.ok(prompt.includes(`T1: ${NASTY}`), prompt);
    };
    requireArguments(0);
    assert.match(project.prompt(), /^Begin the mission/m);
    await scene.inSync();
    // It was given: it is not typed too.
    const screen = await scene.world.tmux('capture-pane', '-p', '-t', '=coder:');
    assert.doesNotMatch(screen.stdout, /Begin the mission|Read this/);

    await scene.kill('coder');
    await scene.apply();
    await scene.world.until('the next session is up', () => workers.deeds('up').length === 2);
    assert.match(project.prompt(), /^Recover the mission/m);
    requireArguments(1);
    await scene.untilDead('coder');
    await scene.apply();
    assert.equal(project.record().status, 'completed');
  },
);

forMissions('MOSAIC_ variables lead a session to its mission', async (scene) => {
  const { project, workers } = scene;
  project.write(table('T1 M1', 'T2 M2'));
  workers.order('coder', {});
  scene.missionFleet({ agent: { env: { OWN: 'kept' } } });
  await scene.carry(2);
  const [up] = workers.deeds('up');
  assert.deepEqual(
    [
      up?.env?.['MOSAIC_MISSION'],
      up?.env?.['MOSAIC_PROJECT'],
      up?.env?.['MOSAIC_PROMPT_FILE'],
      up?.env?.['MOSAIC_AGENT'],
    ],
    ['checkout', project.folder, project.path('.mosaic/orchestrator/prompt.md'), 'coder'],
  );
  assert.equal(up?.cwd, scene.worktree());
  assert.deepEqual(up.args, []);
});

/** Shows that it is ready once it may, and writes down each line that it is told. */
const LISTENER = `
until [ -e "$1" ]; do sleep 0.05; done
echo READY
while IFS= read -r line; do printf '%s\\n' "$line" >>"$2"; done`;

inMission(
  'a runtime that shows when it is ready: the prompt is typed then, once for each session',
  'none',
  async (scene) => {
    const { project, world } = scene;
    nastyTasks(scene);
    const [ready, heard] = [world.path('ready'), world.path('heard')];
    scene.missionFleet({
      agent: { runtime: 'listener', command: ['sh', '-c', LISTENER, 'sh', ready, heard] },
      rest: { runtimes: { listener: { command: ['true'], ready: '^READY' } } },
    });
    const applying = await world.start(['apply']);
    await world.until('the session has begun', () =>
      existsSync(project.path('.mosaic/orchestrator/prompt.md')),
    );
    assert.equal(existsSync(heard), false);
    writeFileSync(ready, '');
    const { code, stderr } = await applying.ended;
    assert.equal(code, 0, stderr);
    const heardAll = (text: string): Promise<unknown> =>
      world.until('it has heard all', () => existsSync(heard) && readFileSync(heard, 'utf8') === text);
    const first = project.prompt();
    assert.match(first, /^Begin the mission/);
    assert.ok(first.includes(NASTY));
    await heardAll(first);
    await scene.apply();
    await scene.apply();
    await heardAll(first);
    await scene.inSync();

    await scene.kill('coder');
    await scene.apply();
    const second = project.prompt();
    assert.match(second, /^Recover the mission/);
    await heardAll(first + second);
    await scene.apply();
    await heardAll(first + second);
  },
);

inMission('killed before it was typed: the next apply types it', 'none', async (scene) => {
  const { project, world } = scene;
  project.write(table('T1 M1', 'T2 M2'));
  const [ready, heard] = [world.path('ready'), world.path('heard')];
  scene.missionFleet({
    agent: { runtime: 'listener', command: ['sh', '-c', LISTENER, 'sh', ready, heard] },
    rest: { runtimes: { listener: { command: ['true'], ready: '^READY' } } },
  });
  const applying = await world.start(['apply']);
  await world.until('the session is in the lock', () => (project.lock()?.pid ?? 0) > 0);
  applying.signal('SIGKILL');
  await applying.ended;
  writeFileSync(ready, '');
  await scene.apply();
  await world.until('it has heard all', () => readFileSync(heard, 'utf8') === project.prompt());
  await scene.apply();
  assert.equal(readFileSync(heard, 'utf8'), project.prompt());
  assert.deepEqual(project.ends(), ['sess-001 open']);
});

inMission('a shell with a kickstart of its own: only that is typed', 'none', async (scene) => {
  const { project, world } = scene;
  nastyTasks(scene);
  scene.missionFleet({ agent: { runtime: 'shell', command: ['sh'], kickstart: 'echo kick$((40 + 2))' } });
  await scene.apply();
  const screen = await world.until('it has answered', async () => {
    const { stdout } = await world.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', '=coder:');
    return stdout.includes('kick42') ? stdout : undefined;
  });
  assert.doesNotMatch(screen, /Begin the mission|not found/);
  await scene.apply();
  await scene.inSync();
  assert.match(project.prompt(), /Begin the mission/);
});

inMission(
  'a shell: nothing is typed to it, it finds the prompt by its environment',
  'none',
  async (scene) => {
    const { project, world } = scene;
    nastyTasks(scene);
    scene.missionFleet({ agent: { runtime: 'shell', command: ['sh'] } });
    await scene.apply();
    await scene.apply();
    await world.tmux(
      'send-keys',
      '-t',
      '=coder:',
      '-l',
      'echo "$MOSAIC_PROMPT_FILE" of "$MOSAIC_MISSION", $((40 + 2))',
    );
    await world.tmux('send-keys', '-t', '=coder:', 'Enter');
    const screen = await world.until('it has answered', async () => {
      const { stdout } = await world.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', '=coder:');
      return stdout.includes(', 42') ? stdout : undefined;
    });
    assert.ok(screen.includes(`${project.path('.mosaic/orchestrator/prompt.md')} of checkout, 42`), screen);
    assert.doesNotMatch(screen, /Begin the mission|not found/);
    assert.deepEqual(project.ends(), ['sess-001 open']);
    assert.match(project.prompt(), /^Begin the mission/);
  },
);
