/** A secret reaches the agent, and nothing else. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesWith } from '../e2e/support/snapshot.ts';
import { digestOf, phase } from '../support/stand-in/formula.ts';
import { forFormulas } from './support/scene.ts';

/** What both have in them, however the rest may be quoted; another one in each run, as others may look for it just now. */
const CORE = `Zq7X${randomBytes(6).toString('hex')}`;
const TOKEN = `${CORE}'"$(id)\`id\` #{pane_id} %n %% \\ {prompt};`;
const FROM_FILE = `${CORE}=a"b$HOME~ü`;

forFormulas('a token with an odd value, and one in a file', async (scene, t) => {
  const { world, repository } = scene;
  const envFile = world.path('secret.env');
  writeFileSync(envFile, `GARDEN_KEY=${FROM_FILE}\n`, { mode: 0o600 });
  // Somebody has let it get into the repository too.
  writeFileSync(`${repository}/NOTES.md`, `The token is ${TOKEN}, mind.\n`);
  await world.git(repository, 'add', 'NOTES.md');
  await world.git(repository, 'commit', '-qm', 'Notes');
  const said: string[] = [];
  const escalate = `printf 'PHASE:escalate\\nis %s right?\\n' "$FORGE_TOKEN" >"$MOSAIC_PHASE_FILE"`;
  const formula = scene.formula('secret', {
    lives: [
      [
        { show: 'I was given ${FORGE_TOKEN} and ${GARDEN_KEY}.' },
        { sh: escalate, heard: 'go on' },
        phase('PHASE:awaiting_ci'),
        { heard: 'pipeline' },
        { exit: 5 },
      ],
      [{ show: 'Again ${GARDEN_KEY}' }, phase('PHASE:failed\nenough')],
    ],
    keys: {
      context: ['NOTES.md'],
      env_file: envFile,
      forge: { api: 'https://git.example/api', token_env: 'FORGE_TOKEN' },
      commands: {
        awaiting_ci: ['sh', '-c', 'echo "pipeline of $FORGE_TOKEN"; echo "$GARDEN_KEY" >&2; exit 1'],
        report: ['sh', '-c', 'echo "a report by $FORGE_TOKEN"; echo "$GARDEN_KEY" >&2'],
        notify: ['sh', '-c', 'echo "told with $FORGE_TOKEN $GARDEN_KEY"; exit 1'],
      },
    },
    env: { FORGE_TOKEN: TOKEN, MOSAIC_LOG: 'trace' },
  });

  const processes = watchCommandLines();
  t.after(() => processes.end());
  const running = await formula.begin();
  await world.until('it has escalated', () => (formula.current()?.phases.length ?? 0) > 0, 30_000);
  // What anybody may list while it runs.
  for (const about of ['list-sessions', 'list-panes', 'list-windows', 'list-clients']) {
    said.push((await world.tmux(about, ...(/panes|windows/.test(about) ? ['-a'] : []))).stdout);
  }
  const format = '#{pane_start_command} #{pane_current_command} #{pane_title} #{@mosaic} #{session_path}';
  said.push((await world.tmux('list-panes', '-a', '-F', format)).stdout);
  said.push((await world.tmux('show-environment', '-g')).stdout);
  said.push((await world.tmux('show-buffer')).stdout, (await world.tmux('show-messages')).stdout);
  if (world.supervisor === 'systemd') {
    said.push((await world.systemctl('show', 'mosaic-*', '--all')).stdout);
    said.push((await world.systemctl('show-environment')).stdout);
  }
  for (const args of [['formula', 'list'], ['formula', 'list', '--json'], ['status'], ['plan']]) {
    const { stdout, stderr } = await world.mosaic(args);
    said.push(stdout, stderr);
  }
  assert.deepEqual(
    filesWith(formula.places.folder, CORE).filter((path) => !path.endsWith('/phase')),
    [],
  );

  assert.equal((await world.mosaic(['formula', 'reply', 'secret', 'go on'])).code, 0);
  const result = await running.ended;
  assert.equal(result.code, 1, result.stderr);
  said.push(result.stdout, result.stderr);
  for (const args of [
    ['history', 'secret'],
    ['history', 'secret', '--json'],
    ['list', '--json'],
  ]) {
    const { stdout, stderr, code } = await world.mosaic(['formula', ...args]);
    assert.equal(code, 0, stderr);
    said.push(stdout, stderr);
  }
  said.push((await world.mosaic(['events', '--json'])).stdout);
  const seen = await processes.end();
  assert.ok(
    seen.some((line) => line.includes('formula-agent.mjs')),
    'the command lines were seen at all',
  );
  for (const text of [...said, ...seen]) assert.ok(!text.includes(CORE), `a secret is told: ${text}`);

  // It has had both, as they are, in each of its lives; and neither is anywhere else.
  for (const { digests } of formula.agent.deeds('start')) {
    assert.deepEqual(
      [digests?.['FORGE_TOKEN'], digests?.['GARDEN_KEY']],
      [digestOf(TOKEN), digestOf(FROM_FILE)],
    );
  }
  assert.equal(formula.agent.deeds('start').length, 2);
  assert.match(formula.agent.deeds('taken').at(-1)?.text ?? '', /pipeline of /);
  for (const folder of [world.home, world.path('run'), world.path('tmp'), world.cwd, formula.agent.folder])
    assert.deepEqual(filesWith(folder, CORE), []);
  assert.match(readFileSync(`${formula.last().folder}/screen.txt`, 'utf8'), /Again/);
  const prompt = formula.agent.deeds('start')[0]?.promptFile ?? '';
  assert.match(prompt, /FORGE_TOKEN/, 'it is told by name');
  assert.match(prompt, /The token is \(secret\), mind\./);
  assert.match(prompt, /a report by \(secret\)/);
  await formula.leavesNothing();
});

forFormulas(
  'a token that is not set, and a damaged file of them, are told without a value',
  async (scene) => {
    const { world } = scene;
    const lives = [[phase('PHASE:done')]];
    const keys = { forge: { api: 'https://git.example/api', token_env: 'FORGE_TOKEN' } };
    const missing = scene.formula('missing', { lives, keys });
    assert.match((await missing.run(69)).stderr, /FORGE_TOKEN/);

    const damaged = world.path('damaged.env');
    writeFileSync(damaged, `GARDEN_KEY=fine\n${CORE} is no assignment\n`, { mode: 0o600 });
    const broken = scene.formula('broken', { lives, keys: { env_file: damaged } });
    const absent = scene.formula('absent', { lives, keys: { env_file: world.path('absent.env') } });
    for (const formula of [broken, absent]) {
      const running = await formula.start();
      const { code, stdout, stderr } = await running.ended;
      assert.ok(code === 65 || code === 69, `exit ${code}: ${stderr}`);
      assert.ok(!`${stdout}${stderr}`.includes(CORE), stderr);
      assert.match(stderr, /\.env/);
    }
    assert.deepEqual(filesWith(world.home, CORE), []);
    for (const formula of [missing, broken, absent]) assert.deepEqual(formula.agent.deeds(), []);
  },
);

/** All command lines of this machine, as often as they can be read, until `end` is called. */
function watchCommandLines(): { end: () => Promise<string[]> } {
  const seen = new Set<string>();
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
          // This very test's own.
          if (Number(pid) !== process.pid) seen.add(words.join(' '));
        } catch {
          // It has ended by now.
        }
      }
      await sleep(50);
    }
  })();
  return {
    async end() {
      over.abort();
      await watching;
      return [...seen];
    },
  };
}
