/** Formulas that come by the clock, on a real user manager. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { inFormulas, type FormulaScene } from '../formula-e2e/support/scene.ts';
import { phase } from '../support/stand-in/formula.ts';
import { standInsOf } from '../support/stand-in/runtime.ts';
import { property } from '../triggers/scene.ts';
import { comesAtOnce, serviceOf, stands, timerOf, verified } from './support.ts';

const done = [{ idle: true }, phase('PHASE:done')];

inFormulas(
  'installed, its timer comes; installed again, nothing is done; then it goes away',
  'systemd',
  async (scene) => {
    const { world } = scene;
    const gardener = scene.formula('gardener', { lives: [done] });
    const dry = await scene.mosaic(['formula', 'install', gardener.file, '--every', '6h', '--dry-run']);
    assert.match(dry.stdout, /start +timer of gardener +every 6h/);
    assert.deepEqual(stands(scene, 'gardener'), [false, false, false]);
    assert.ok(!existsSync(scene.state('formulas.json')), 'a dry run writes nothing');

    comesAtOnce(scene, 'gardener');
    const { stdout } = await scene.mosaic(['formula', 'install', gardener.file, '--every', '6h']);
    assert.match(stdout, /gardener is run every 6h: /);
    assert.deepEqual(stands(scene, 'gardener'), [true, true, true]);
    // No server ran, nor any agent: the run has it started.
    await world.until('the run has ended', () => gardener.history().length === 1, 60_000);
    assert.equal(gardener.last().reason, 'done');
    await world.until(
      'its service has ended',
      async () => (await property(scene, serviceOf('gardener'), 'ActiveState')) === 'inactive',
    );
    assert.equal(await property(scene, serviceOf('gardener'), 'Result'), 'success');
    await gardener.leavesNothing();
    await verified(scene, 'gardener');
    assert.deepEqual(await world.sessions(), ['_holder'], 'the server outlives the service that began it');

    const again = await scene.mosaic(['formula', 'install', gardener.file, '--every', '6h']);
    assert.match(again.stdout, /Nothing to do/);
    await scene.inSync();
    assert.equal(gardener.history().length, 1);

    await scene.mosaic(['formula', 'uninstall', 'gardener']);
    assert.deepEqual(stands(scene, 'gardener'), [false, false, false]);
    assert.equal(await property(scene, timerOf('gardener'), 'ActiveState'), 'inactive');
    assert.match((await scene.mosaic(['formula', 'uninstall', 'gardener'])).stdout, /No formula "gardener"/);
    await scene.inSync();
  },
);

inFormulas('the fleet file names them: made, changed, gone', 'systemd', async (scene) => {
  const { world } = scene;
  const gardener = scene.formula('gardener', { lives: [done] });
  const planner = scene.formula('planner', { lives: [done] });
  names(scene, [
    { file: 'gardener.toml', every: '6h' },
    { file: planner.file, every: '7d', name: 'weekly' },
  ]);
  await scene.mosaic(['apply']);
  assert.deepEqual(stands(scene, 'gardener'), [true, true, true]);
  assert.deepEqual(stands(scene, 'weekly'), [true, true, true]);
  await verified(scene, 'weekly');
  await scene.inSync();
  assert.match(await calendar(scene, 'gardener'), /OnCalendar=\*-\*-\* 00\/6:00:00/);
  assert.match(await calendar(scene, 'weekly'), /OnCalendar=Mon \*-\*-\* 00:00:00/);
  assert.equal(await property(scene, timerOf('gardener'), 'Persistent'), 'yes');

  const began = (name: string) => property(scene, timerOf(name), 'ActiveEnterTimestampMonotonic');
  const before = [await began('gardener'), await began('weekly')];
  names(scene, [
    { file: 'gardener.toml', every: '1h' },
    { file: planner.file, every: '7d', name: 'weekly' },
  ]);
  await scene.mosaic(['apply']);
  assert.match(await calendar(scene, 'gardener'), /OnCalendar=\*-\*-\* 00\/1:00:00/);
  const after = [await began('gardener'), await began('weekly')];
  assert.notEqual(after[0], before[0]);
  assert.equal(after[1], before[1], 'the other one was left alone');

  await world.systemctl('disable', timerOf('gardener'));
  await world.systemctl('stop', timerOf('weekly'));
  assert.match((await scene.mosaic(['apply'])).stderr, /timer of gardener/);
  await scene.inSync();

  names(scene, [{ file: 'gardener.toml', every: '1h' }]);
  await scene.mosaic(['apply']);
  assert.deepEqual(stands(scene, 'weekly'), [false, false, false]);
  await scene.inSync();
  assert.equal(gardener.history().length + planner.history().length, 0);
});

inFormulas(
  'gone from the file while a run lasts: that goes on to its end, and applies leave it alone',
  'systemd',
  async (scene) => {
    const { world } = scene;
    const go = world.path('go-on');
    const gardener = scene.formula('gardener', {
      lives: [[{ file: go }, phase('PHASE:done')]],
    });
    names(scene, [{ file: 'gardener.toml', every: '6h' }]);
    await scene.mosaic(['apply']);
    await world.systemctl('start', '--no-block', serviceOf('gardener'));
    await world.until('its agent works', () => gardener.agent.deeds('ready').length === 1, 60_000);
    const session = await gardener.session();
    assert.ok(session !== undefined);
    // Its session, its scope and its worktree are no agent's that is gone.
    await scene.inSync();

    names(scene, []);
    await scene.mosaic(['apply']);
    await scene.inSync();
    assert.deepEqual(stands(scene, 'gardener'), [false, false, false]);
    assert.equal(await gardener.session(), session);
    assert.equal(await property(scene, serviceOf('gardener'), 'ActiveState'), 'activating');
    writeFileSync(go, '');
    await world.until('the run has ended', () => gardener.history().length === 1, 60_000);
    assert.equal(gardener.last().reason, 'done');
    await gardener.leavesNothing();
  },
);

inFormulas(
  'taken down: the timers go, runs of theirs and by hand end, and nothing of them stays',
  'systemd',
  async (scene) => {
    const { world } = scene;
    const lives = [[{ file: world.path('never') }]];
    const gardener = scene.formula('gardener', { lives });
    const planner = scene.formula('planner', { lives });
    names(scene, [{ file: 'gardener.toml', every: '6h' }]);
    await scene.mosaic(['apply']);
    await world.systemctl('start', '--no-block', serviceOf('gardener'));
    const byHand = await planner.begin();
    await world.until('both agents work', () => gardener.agent.deeds('ready').length === 1, 60_000);
    const { stdout } = await scene.mosaic(['down', '--dry-run']);
    assert.match(stdout, /stop +timer of gardener/);
    await scene.mosaic(['down', '--purge']);
    assert.equal((await byHand.ended).code, 130);
    assert.deepEqual(await world.sessions(), []);
    assert.deepEqual(stands(scene, 'gardener'), [false, false, false]);
    assert.ok(!existsSync(scene.state()), 'its state is gone');
    assert.equal(
      await world.git(scene.repository, 'worktree', 'list').then((list) => list.split('\n').length),
      1,
    );
  },
);

inFormulas(
  'without a user manager install says the line for cron, and apply holds it',
  'none',
  async (scene) => {
    const gardener = scene.formula('gardener', { lives: [done] });
    const line = /0 \*\/6 \* \* \* .* formula run .*gardener\.toml --file .*fleet\.yaml/;
    const { stderr } = await scene.mosaic(['formula', 'install', gardener.file, '--every', '6h'], 69);
    assert.match(stderr, line);
    names(scene, [{ file: 'gardener.toml', every: '6h' }]);
    const { stdout } = await scene.mosaic(['apply']);
    assert.match(stdout, line);
    // What is told is what cron would hand to its shell.
    const command =
      line
        .exec(stdout)?.[0]
        .replace(/^(?:\S+ ){5}/, '')
        .replaceAll('\\%', '%') ?? '';
    const ran = await scene.world.run('sh', ['-c', command], { timeoutMs: 60_000 });
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(gardener.last().reason, 'done');
  },
);

function names(scene: FormulaScene, formulas: Record<string, string>[]): void {
  const { command: _, ...patterns } = standInsOf(scene.world).runtime;
  scene.fleet([], { runtimes: { stand: { ...patterns, command: ['false'] } }, formulas });
}

const calendar = (scene: FormulaScene, name: string): Promise<string> =>
  property(scene, timerOf(name), 'TimersCalendar');
