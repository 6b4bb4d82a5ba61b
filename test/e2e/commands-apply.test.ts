/** mosaic apply: watching, typing the first words, keeping secrets. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { forScenes, type Scene } from './support/scene.ts';
import { filesWith } from './support/snapshot.ts';
import { logCalls } from './support/stand-in.ts';

forScenes(
  '--watch: takes up edits, lives through a broken file and a crash, ends on SIGINT',
  async (scene) => {
    const { world } = scene;
    const alive = async (...names: string[]): Promise<void> => {
      await world.until(`exactly ${names.join(', ')} live`, async () => {
        const sessions = Object.entries(await scene.sessions());
        assert.deepEqual(sessions.map(([name, { dead }]) => (dead ? `dead ${name}` : name)).sort(), names);
        return true;
      });
    };
    scene.fleet([{ name: 'coder' }]);
    const running = await world.start(['apply', '--watch', '--interval', '1s']);
    await alive('coder');
    const { pid } = await scene.session('coder');
    scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
    await alive('coder', 'tester');

    world.writeFleet('agents: [');
    await world.until('it complains', () => /is not valid .*; tries again/.test(running.output().stderr));
    assert.equal((await scene.session('coder')).pid, pid);
    scene.fleet([{ name: 'coder' }, { name: 'tester' }, { name: 'third' }]);
    await alive('coder', 'tester', 'third');
    assert.equal((await scene.session('coder')).pid, pid);

    await world.run('kill', ['-KILL', String(pid)]);
    await world.until('coder is back', async () => {
      const { pid: now, dead } = await scene.session('coder');
      return now !== pid && !dead;
    });
    running.signal('SIGINT');
    const { code, stdout } = await running.ended;
    assert.equal(code, 130);
    // A round without change says nothing.
    assert.ok((stdout.match(/^Nothing to do/gm) ?? []).length <= 4, stdout);
  },
);

/** An agent that writes down what is typed to it, once the test lets it be ready. */
function listener(scene: Scene): {
  agent: { name: string; runtime: string };
  runtimes: object;
  heard: string;
  ready: string;
} {
  const [heard, ready] = [scene.world.path('heard'), scene.world.path('ready')];
  const script = 'while [ ! -e "$0" ]; do sleep 0.05; done; echo READY; exec cat >"$1"';
  return {
    agent: { name: 'coder', runtime: 'listener' },
    runtimes: { listener: { command: ['sh', '-c', script, ready, heard], ready: '^READY' } },
    heard,
    ready,
  };
}

const kickstart = 'Read AGENTS.md.\nThen say "hello" to $HOME; #{pid} \\ done\n';

forScenes('kickstart: typed once the agent is ready, byte for byte, and never again', async (scene) => {
  const { agent, runtimes, heard, ready } = listener(scene);
  scene.fleet([{ ...agent, kickstart }, { name: 'tester' }], { runtimes });
  const running = await scene.world.start(['apply']);
  await scene.world.until('both are started', async () => Object.keys(await scene.sessions()).length === 2);
  assert.equal(existsSync(heard), false);
  writeFileSync(ready, '');
  assert.equal((await running.ended).code, 0);
  await scene.world.until('it has heard', () => readFileSync(heard, 'utf8') !== '');
  await scene.apply();
  await scene.inSync();
  assert.equal(readFileSync(heard, 'utf8'), kickstart);
});

forScenes('kickstart: pending where the agent was not ready, delivered by the next apply', async (scene) => {
  const { agent, runtimes, heard, ready } = listener(scene);
  scene.fleet([{ ...agent, kickstart }, { name: 'tester' }], { runtimes });
  const running = await scene.world.start(['apply']);
  await scene.world.until('both are started', async () => Object.keys(await scene.sessions()).length === 2);
  await scene.world.until('it is written down', () => scene.lock('tester') !== undefined);
  running.signal('SIGINT');
  assert.equal((await running.ended).code, 130);
  const { stdout } = await scene.mosaic(['plan', '--detailed-exitcode'], 2);
  assert.match(stdout, /coder +kickstart pending: delivers it/);
  writeFileSync(ready, '');
  await scene.apply();
  await scene.world.until('it has heard', () => readFileSync(heard, 'utf8') === kickstart);
  await scene.inSync();
});

forScenes('env_file: its values reach the agent, and nothing else', async (scene) => {
  const { world } = scene;
  const secret = 'hunter2-"\'$(id)-\\-#{pid}-%n';
  const file = world.path('coder.env');
  writeFileSync(file, `TOKEN='${secret.replaceAll("'", '')}'\nPLAIN=word\n`, { mode: 0o600 });
  const value = secret.replaceAll("'", '');
  const [tmux, systemctl] = [await logCalls(world, 'tmux'), await logCalls(world, 'systemctl')];
  const env = { PATH: `${tmux.env.PATH}:${systemctl.env.PATH}` };
  scene.fleet([{ name: 'coder', env_file: file, env: { OPEN: 'yes' } }, { name: 'tester' }]);

  const shown: string[] = [];
  const run = async (...args: string[]): Promise<void> => {
    const { stdout, stderr } = await world.mosaic(args, { env });
    shown.push(stdout, stderr);
  };
  await run('plan');
  await run('plan', '-o', 'json');
  await run('plan', '-o', 'markdown');
  await run('plan', '--out', 'saved.json');
  await run('apply', '--verbose');
  const { pid } = await scene.session('coder');
  const environ = await world.run('cat', [`/proc/${pid}/environ`]);
  assert.ok(environ.stdout.split('\0').includes(`TOKEN=${value}`));
  assert.ok(environ.stdout.split('\0').includes('PLAIN=word'));
  const processes = await world.run('sh', ['-c', 'cat /proc/[0-9]*/cmdline']);

  // Another value is a change, and is shown as one without being shown.
  writeFileSync(file, `TOKEN='${value}-2'\nPLAIN=word\n`);
  await run('plan');
  assert.match(shown.at(-2) ?? '', /pending restart/);
  assert.match(shown.at(-2) ?? '', /another value/);
  await run('plan', '-o', 'json');
  await run('status');
  await run('status', '--json');
  await run('events', '--json');
  await run('down');

  const outside = [...shown, processes.stdout, ...tmux.made(), ...systemctl.made()];
  for (const text of outside) assert.equal(text.includes('hunter2'), false, text);
  assert.ok(
    outside.some((text) => text.includes('TOKEN')),
    'its name is no secret',
  );
});

forScenes(
  'env_file: on disk its values are in the agent file alone, which only we can read',
  async (scene) => {
    const { world } = scene;
    const file = world.path('coder.env');
    writeFileSync(file, 'TOKEN=hunter2\n', { mode: 0o600 });
    scene.fleet([{ name: 'coder', env_file: file }, { name: 'tester' }]);
    await scene.apply();
    await scene.kill('coder');
    await scene.apply();
    assert.deepEqual(filesWith(world.home, 'hunter2'), [
      `${world.env['XDG_CONFIG_HOME']}/mosaic/fleet/test/agents/coder.tmux`,
    ]);
  },
);

forScenes('env_file that is missing: only its agent waits', async (scene) => {
  scene.fleet([{ name: 'coder', env_file: scene.world.path('absent.env') }, { name: 'tester' }]);
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /! conflict +coder .*env_file cannot be used: \S+absent\.env is not there/);
  assert.deepEqual(Object.keys(await scene.sessions()), ['tester']);
});

forScenes('env: what the file says reaches the agent byte for byte, PATH too', async (scene) => {
  const env = { PATH: `/nowhere:${scene.world.env['PATH']}`, ODD: 'a\nb\t"c" \'d\' $(id) #{pid} %n \\' };
  scene.fleet([{ name: 'coder', env }]);
  await scene.apply();
  const { pid } = await scene.session('coder');
  const { stdout } = await scene.world.run('cat', [`/proc/${pid}/environ`]);
  for (const [name, value] of Object.entries(env)) {
    assert.ok(stdout.split('\0').includes(`${name}=${value}`), `${name} is not ${JSON.stringify(value)}`);
  }
});
