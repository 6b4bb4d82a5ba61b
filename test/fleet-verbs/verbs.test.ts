/** `fleet start`, `stop` and `restart`, against real tmux and systemd. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apply as validApply, plan as validPlan } from '../../src/generated/validators.js';
import { gateAt } from '../e2e/support/gate.ts';
import { forScenes, inScene, type Scene } from '../e2e/support/scene.ts';
import { reboot } from '../missions/support/reboot.ts';

const MOSAIC = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

/** Two agents, one's name the beginning of the other's, that run. */
async function two(scene: Scene): Promise<void> {
  scene.fleet([{ name: 'app' }, { name: 'app-2' }]);
  await scene.apply();
}

const fleet = (scene: Scene, args: string, code = 0) => scene.mosaic(['fleet', ...args.split(' ')], code);

const running = async (scene: Scene): Promise<string[]> => Object.keys(await scene.sessions()).sort();

forScenes('stop keeps one down until it is started, and touches no other', async (scene) => {
  await two(scene);
  const other = await scene.session('app-2');
  const { stdout, stderr } = await fleet(scene, 'stop app');
  assert.match(stdout, /Done: 1 stopped in /);
  assert.match(stderr, /^Kept down, over reboots too, until: mosaic fleet start app$/m);
  assert.deepEqual(await running(scene), ['app-2']);

  const row = await scene.status('app');
  assert.deepEqual([row.state, row.wanted], ['suspended', 'suspended']);
  const table = (await scene.mosaic(['status'])).stdout;
  assert.match(table, /app +suspended +(?:now|\d+s)/);
  assert.match(table, /mosaic fleet start app/);
  // Times and memory go on.
  const still = (text: string): string => text.replaceAll(/ *\d+s | *[\d.]+[KM]\b/g, ' ');
  assert.equal(still((await fleet(scene, 'status')).stdout), still(table));

  await scene.apply();
  await scene.inSync();
  assert.deepEqual(await running(scene), ['app-2']);

  await fleet(scene, 'start app');
  assert.deepEqual(await running(scene), ['app', 'app-2']);
  assert.equal((await scene.status('app')).state, 'running');
  assert.deepEqual(await scene.session('app-2'), other);
  await scene.inSync();
});

forScenes('without names all are stopped and started: no brake, nothing asked twice', async (scene) => {
  scene.fleet(['a', 'b', 'c', 'd'].map((name) => ({ name })));
  await scene.apply();
  const { stderr } = await fleet(scene, 'stop');
  assert.match(stderr, /until: mosaic fleet start$/m);
  assert.deepEqual(await running(scene), []);
  assert.match((await fleet(scene, 'stop')).stdout, /^Nothing to do/m);
  await fleet(scene, 'start');
  assert.deepEqual(await running(scene), ['a', 'b', 'c', 'd']);
});

forScenes('a stop holds over a reboot', async (scene) => {
  await two(scene);
  await fleet(scene, 'stop app');
  await reboot(scene, []);
  await scene.apply();
  assert.deepEqual(await running(scene), ['app-2']);
  assert.equal((await scene.status('app')).state, 'suspended');
});

forScenes('restart: of one that runs, and of one that is kept down', async (scene) => {
  await two(scene);
  const [app, other] = [await scene.session('app'), await scene.session('app-2')];
  await fleet(scene, 'restart app');
  assert.notEqual((await scene.session('app')).pid, app.pid);
  assert.deepEqual(await scene.session('app-2'), other);
  await fleet(scene, 'stop app');
  await fleet(scene, 'restart app');
  assert.equal((await scene.status('app')).state, 'running');
  assert.deepEqual(await scene.session('app-2'), other);
  await scene.inSync();
});

inScene(
  'a restart without names leaves down who was stopped by hand, and says who',
  'none',
  async (scene) => {
    await two(scene);
    const app = await scene.session('app');
    await fleet(scene, 'stop app-2');
    const { stderr } = await fleet(scene, 'restart');
    assert.match(stderr, /^Note: app-2 stays down, stopped by hand: mosaic fleet start app-2$/m);
    assert.deepEqual(await running(scene), ['app']);
    assert.notEqual((await scene.session('app')).pid, app.pid);
    assert.equal((await scene.status('app-2')).state, 'suspended');
  },
);

inScene('a restart without names lifts a crash-loop block', 'none', async (scene) => {
  scene.fleet([{ name: 'app', command: scene.puppet.command, restart: { max_restarts: 0 } }]);
  await scene.apply();
  await scene.exit('app', 1);
  await scene.apply();
  assert.equal((await scene.status('app')).state, 'blocked');
  await fleet(scene, 'restart');
  assert.equal((await scene.status('app')).state, 'running');
});

/** Runs a fleet verb in the session of app, and gives what it said. */
async function inside(scene: Scene, name: string, args: string): Promise<string> {
  const { world } = scene;
  const said = world.path(name);
  const line = `"${process.execPath}" "${MOSAIC}" fleet ${args} >${said} 2>&1; echo "exit $?" >>${said}`;
  const opened = await world.tmux('new-window', '-d', '-P', '-F', '#{window_id}', '-t', '=app:', line);
  const text = (): string => (existsSync(said) ? readFileSync(said, 'utf8') : '');
  await world.until('it has ended', () => /^exit \d+$/m.test(text()));
  await world.tmux('kill-window', '-t', opened.stdout.trim());
  return text();
}

forScenes('from within its own session: noted, told, and done by the next apply', async (scene) => {
  await two(scene);
  const before = await scene.session('app');
  const restart = await inside(scene, 'restart', 'restart app');
  assert.match(restart, /^Not restarted: app, .*this very command runs in its session/m);
  assert.match(restart, /^exit 1$/m);

  const stop = await inside(scene, 'stop', 'stop');
  assert.match(
    stop,
    /^Not stopped: app, .*this very command runs in its session.*The next apply from elsewhere/m,
  );
  assert.match(stop, /^Kept down, over reboots too, until: mosaic fleet start app-2$/m);
  assert.match(stop, /^exit 1$/m);
  assert.deepEqual(await scene.session('app'), before);

  await scene.apply();
  assert.deepEqual(await running(scene), []);
  assert.equal((await scene.status('app')).state, 'suspended');
});

inScene('a stop of one that the file stops promises no start', 'none', async (scene) => {
  scene.fleet([{ name: 'app' }, { name: 'rests', state: 'stopped' }]);
  await scene.apply();
  const { stderr } = await fleet(scene, 'stop rests');
  assert.match(stderr, /^Note: rests has state: stopped in .*fleet start rests lifts only that\.$/m);
  assert.doesNotMatch(stderr, /until:/);
  scene.fleet([{ name: 'app' }, { name: 'rests' }]);
  await scene.apply();
  assert.deepEqual(await running(scene), ['app']);
  assert.match((await fleet(scene, 'stop rests rests')).stderr, /until: mosaic fleet start rests$/m);
});

forScenes('start lifts a crash-loop block, a completion and a backoff', async (scene) => {
  scene.fleet([
    { name: 'blocked', command: scene.puppet.command, restart: { max_restarts: 0 } },
    { name: 'done', command: scene.puppet.command },
    { name: 'waits', command: scene.puppet.command, restart: { backoff: { initial: '1h', max: '1h' } } },
  ]);
  await scene.apply();
  await scene.exit('blocked', 1);
  await scene.apply();
  await scene.exit('done', 0);
  await scene.apply();
  // The first restart is immediate.
  for (let times = 0; times < 2; times++) {
    await scene.exit('waits', 1);
    await scene.apply();
  }
  const states = async () => {
    const rows = ['blocked', 'done', 'waits'].map(async (name) => (await scene.status(name)).state);
    return Promise.all(rows);
  };
  assert.deepEqual(await states(), ['blocked', 'completed', 'backoff']);
  await fleet(scene, 'start blocked done waits');
  assert.deepEqual(await states(), ['running', 'running', 'running']);
  await scene.inSync();
});

inScene('an agent that the file stops is not started, and that is said', 'none', async (scene) => {
  scene.fleet([{ name: 'app' }, { name: 'rests', state: 'stopped' }]);
  const all = await fleet(scene, 'start');
  assert.match(all.stderr, /^Note: rests is not started: it has state: stopped in .*fleet\.yaml\./m);
  assert.deepEqual(await running(scene), ['app']);
  const one = await fleet(scene, 'start rests', 1);
  assert.match(one.stderr, /rests is not started/);
  assert.match((await fleet(scene, 'restart rests', 1)).stderr, /rests is not started/);
  assert.deepEqual(await running(scene), ['app']);
});

inScene(
  'unknown agents, and those of other hosts, are refused before anything is done',
  'none',
  async (scene) => {
    scene.fleet([{ name: 'app' }, { name: 'far', host: 'elsewhere' }]);
    await scene.apply();
    const before = await scene.session('app');
    const unknown = await fleet(scene, 'stop app nobody', 64);
    assert.match(unknown.stderr, /the agent nobody is not in the fleet file\n +fix: It knows: app\./);
    assert.match(
      (await fleet(scene, 'restart far', 64)).stderr,
      /the agent far belongs to the host elsewhere/,
    );
    assert.deepEqual(await scene.session('app'), before);
  },
);

inScene('a dry run does nothing; --json is valid', 'none', async (scene) => {
  await two(scene);
  const before = await scene.sessions();
  const { stdout } = await fleet(scene, 'stop --dry-run app');
  assert.match(stdout, /^- stop +app +suspended by an operator/m);
  const dry: unknown = JSON.parse((await fleet(scene, 'restart -n --json')).stdout);
  assert.ok(validPlan(dry), JSON.stringify(validPlan.errors));
  assert.deepEqual(await scene.sessions(), before);
  const result: unknown = JSON.parse((await fleet(scene, 'stop --json app')).stdout);
  assert.ok(validApply(result), JSON.stringify(validApply.errors));
  assert.equal((result as { counts: { stop: number } }).counts.stop, 1);
});

inScene('another apply is waited for', 'none', async (scene) => {
  await two(scene);
  const repository = await scene.world.makeRepository('app');
  scene.fleet([{ name: 'app' }, { name: 'app-2' }, { name: 'new', worktree: { repository } }]);
  const gate = await gateAt(scene, 'git', 'worktree add');
  const apply = await scene.world.start(['apply'], gate);
  await gate.reached();
  const stop = await scene.world.start(['fleet', 'stop', 'app']);
  await scene.world.until('it waits', () =>
    stop.output().stderr.includes('Waits for another apply of this fleet (pid'),
  );
  gate.open();
  assert.equal((await apply.ended).code, 0);
  assert.equal((await stop.ended).code, 0);
  assert.deepEqual(await running(scene), ['app-2', 'new']);
});

inScene('one that is interrupted says to run it again', 'systemd', async (scene) => {
  scene.fleet([{ name: 'app' }, { name: 'app-2' }], { reconcile: { start_concurrency: 1 } });
  await scene.apply();
  await fleet(scene, 'stop');
  const gate = await gateAt(scene, 'systemctl', 'start mosaic-agent@app.service');
  const start = await scene.world.start(['fleet', 'start'], gate);
  await gate.reached();
  start.signal('SIGINT');
  gate.open();
  const { code, stdout } = await start.ended;
  assert.equal(code, 130);
  assert.match(stdout, /^\d+ left\. Run it again: [^\n]*\n(?: +[^\n]*\n)* +start app-2$/m);
  await fleet(scene, 'start');
  assert.deepEqual(await running(scene), ['app', 'app-2']);
});

inScene('names of agents are completed', 'none', async (scene) => {
  await two(scene);
  const { stdout } = await scene.mosaic(['completion', 'bash']);
  for (const verb of ['start', 'stop', 'restart'])
    assert.ok(stdout.includes(`'mosaic fleet ${verb} '*) _mosaic_values agent ;;`), verb);
});

inScene("plain systemctl restart of one agent's unit leaves all others alone", 'systemd', async (scene) => {
  await two(scene);
  const { world } = scene;
  const server = async () => (await world.tmux('display-message', '-p', '#{pid}')).stdout;
  const [app, other, pid] = [await scene.session('app'), await scene.session('app-2'), await server()];
  assert.equal((await world.systemctl('restart', 'mosaic-agent@app.service')).code, 0);
  const again = await scene.session('app');
  assert.notEqual(again.pid, app.pid);
  assert.deepEqual(await scene.session('app-2'), other);
  assert.equal(await server(), pid);
  await scene.apply();
  assert.deepEqual(await scene.session('app'), again);
  assert.deepEqual(scene.crashes('app'), []);
  assert.equal((await scene.status('app')).restarts, 0);
  await scene.inSync();
});
