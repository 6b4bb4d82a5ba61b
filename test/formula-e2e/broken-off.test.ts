/** Runs that somebody or something breaks off. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { gateAt } from '../e2e/support/gate.ts';
import { openTerminal } from '../e2e/support/terminal.ts';
import { processesOf } from '../support/processes.ts';
import { phase } from '../support/stand-in/formula.ts';
import { hasEnded } from './support/ends.ts';
import { commandLine, forFormulas, inFormulas } from './support/scene.ts';

const NEVER = '/nonexistent/file';
/** Work that is in no commit, and then more of it that never ends. */
const HALF = [{ sh: 'echo half >half.txt' }, { file: NEVER }];
const isHalf = ({ deeds }: { deeds: (what: 'did') => unknown[] }): boolean => deeds('did').length > 0;

forFormulas(
  'SIGTERM, Ctrl-C and a closed window end the session; what is in the worktree is kept',
  async (scene) => {
    const { world } = scene;
    const dirty = scene.formula('dirty', { lives: [HALF] });
    const running = await dirty.begin(isHalf);
    running.signal('SIGTERM');
    const result = await running.ended;
    await hasEnded(scene, dirty, { exit: 130, reason: 'interrupted', phases: [], worktree: 'kept' }, result);

    const clean = scene.formula('clean', { lives: [[{ file: NEVER }]] });
    const terminal = await openTerminal(world);
    await terminal.type(`mosaic formula run ${clean.file}`);
    await world.until('it has begun', () => clean.agent.deeds('ready').length > 0, 60_000);
    await terminal.press('C-c');
    await world.until('it has ended', () => clean.history().length > 0, 60_000);
    assert.equal(await terminal.exitCode(), 130);
    const last = clean.last();
    assert.deepEqual([last.reason, last.exitCode, last.worktree?.end], ['interrupted', 130, 'removed']);
    assert.equal(existsSync(last.worktree?.path ?? ''), false);
    await clean.leavesNothing();

    const closed = scene.formula('closed', { lives: [HALF] });
    await terminal.type(`mosaic formula run ${closed.file}`);
    await world.until('its work has begun', () => isHalf(closed.agent), 60_000);
    await terminal.close();
    await world.until('it has ended', () => closed.history().length > 0, 60_000);
    assert.deepEqual([closed.last().reason, closed.last().worktree?.end], ['interrupted', 'kept']);
    await world.until('nothing of it is left', async () => closed.leavesNothing().then(() => true), 30_000);
    // An interruption of one says nothing of the other.
    assert.equal(existsSync(`${dirty.last().worktree?.path}/half.txt`), true);
  },
);

inFormulas(
  'a second SIGTERM leaves the run, and says what of it is left and what ends it',
  'none',
  async (scene) => {
    const formula = scene.formula('hasty', { lives: [HALF, [phase('PHASE:done')]] });
    // The end waits at its first look for the session.
    const gate = await gateAt(scene, 'tmux', 'kill-session');
    const hasty = scene.formula('hasty', { lives: [HALF, [phase('PHASE:done')]], env: gate.env });
    const running = await hasty.begin(isHalf);
    running.signal('SIGTERM');
    await scene.world.until('it is about to end', () => hasty.current()?.reason === 'interrupted', 60_000);
    running.signal('SIGTERM');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    const { id, worktree } = hasty.current() ?? {};
    const [left = '', again = ''] = stderr.trimEnd().split('\n').slice(-2);
    assert.ok(
      left.includes(`${id} is left as it is: its session _formula-hasty may work on, in ${worktree?.path},`),
      stderr,
    );
    assert.ok(again.endsWith(`: mosaic formula run ${formula.file}`), stderr);
    gate.open();
    const { code: next } = await formula.run(0);
    assert.equal(next, 0);
    await formula.leavesNothing();
  },
);

forFormulas('commands of the formula that never end are ended with the run', async (scene) => {
  const { world } = scene;
  const formula = scene.formula('patient', {
    lives: [
      [
        phase('PHASE:escalate\nwhat now?'),
        { heard: 'go on' },
        phase('PHASE:awaiting_ci'),
        { heard: 'never' },
      ],
    ],
    keys: { commands: { notify: ['sleep', '4321'], awaiting_ci: ['sleep', '4322'] } },
  });
  const running = await formula.begin();
  const runs = (seconds: string) => (): boolean =>
    processesOf(formula.places.runs).some(({ pid }) => commandLine(pid).includes(`sleep ${seconds}`));
  await world.until('a person is being told', runs('4321'), 60_000);
  // Nobody waits for that.
  await scene.mosaic(['formula', 'reply', 'patient', 'go on']);
  await world.until('the pipeline is waited for', runs('4322'), 60_000);
  running.signal('SIGTERM');
  const phases = ['escalate: what now?', 'awaiting_ci'];
  const result = await running.ended;
  await hasEnded(scene, formula, { exit: 130, reason: 'interrupted', phases, worktree: 'removed' }, result);
});

forFormulas(
  'SIGKILL of mosaic: the next run ends what is left, keeps the work and goes on',
  async (scene) => {
    const formula = scene.formula('killed', { lives: [HALF, [phase('PHASE:done')]], delivery: 'typed' });
    const running = await formula.begin(isHalf);
    const begun = await scene.world.until(
      'it is known to have begun',
      () => {
        const current = formula.current();
        return current?.begun === true ? current : undefined;
      },
      60_000,
    );
    running.signal('SIGKILL');
    await running.ended;
    const orphan = await formula.session();
    assert.ok(orphan, 'the session outlives mosaic');

    // Nobody is there to take it: it waits.
    const reply = await scene.mosaic(['formula', 'reply', 'killed', 'Leave the roses alone.']);
    assert.match(reply.stdout, /next/);

    const said = await formula.run(0);
    assert.match(formula.agent.start().promptFile ?? '', /Leave the roses alone\./);
    assert.equal(formula.agent.deeds('start').length, 2);
    const [first, second] = formula.history();
    assert.deepEqual([first?.id, first?.reason, first?.worktree?.end], [begun.id, 'interrupted', 'kept']);
    assert.deepEqual([second?.reason, second?.worktree?.end], ['done', 'removed']);
    const kept = begun.worktree?.path ?? '';
    assert.ok(said.stderr.includes(kept), said.stderr);
    assert.equal(existsSync(`${kept}/half.txt`), true);
    assert.notEqual(formula.agent.start().cwd, kept, 'the next one has a worktree of its own');
    await formula.leavesNothing();

    const ends = formula.events().filter(({ event }) => event === 'formula-end');
    assert.equal(ends.length, 2);
    assert.equal(ends[0]?.path, kept);
    // And it is not told again.
    const third = await formula.run(0);
    assert.ok(!third.stderr.includes(kept), third.stderr);
    assert.equal(existsSync(`${kept}/half.txt`), true);
  },
);

forFormulas('the session killed by a person, and the server: the run begins again there', async (scene) => {
  const { world } = scene;
  const lives = [HALF, HALF, [{ sh: 'cat half.txt' }, phase('PHASE:done')]];
  const formula = scene.formula('robbed', { lives, keys: { crash_retries: 2 }, delivery: 'typed' });
  const running = await formula.begin(isHalf);
  // As a person does it who takes it for something else.
  assert.equal((await world.tmux('kill-session', '-t', '=_formula-robbed')).code, 0);
  const started = (times: number) => () => formula.agent.deeds('did').length >= times;
  await world.until('it is back', started(2), 60_000);
  await scene.killServer();
  const result = await running.ended;
  await hasEnded(scene, formula, { exit: 0, reason: 'done', phases: ['done'], worktree: 'rescued' }, result);
  assert.equal(formula.last().retries, 2);
  assert.equal(new Set(formula.agent.deeds('start').map(({ cwd }) => cwd)).size, 1);
});

forFormulas('a repository that goes while the run lasts: what was done is kept', async (scene) => {
  const { world, repository } = scene;
  const formula = scene.formula('uprooted', {
    lives: [[...HALF.slice(0, 1), { file: 'go' }, phase('PHASE:done')]],
  });
  const running = await formula.begin(isHalf);
  renameSync(repository, `${repository}.elsewhere`);
  const { cwd = '' } = formula.agent.start();
  writeFileSync(`${cwd}/go`, '');
  const { code, stdout, stderr } = await running.ended;
  // Its agent is done, and that counts; the rest is for a person to see to.
  assert.equal(code, 0, stderr);
  const { reason, worktree } = formula.last();
  assert.deepEqual([reason, worktree?.end], ['done', 'kept']);
  assert.ok(`${stdout}${stderr}`.includes(cwd), stderr);
  assert.equal(readFileSync(`${cwd}/half.txt`, 'utf8'), 'half\n');
  await formula.leavesNothing();
  // Back again, it is as it was.
  renameSync(`${repository}.elsewhere`, repository);
  assert.match(await world.git(cwd, 'status', '--porcelain'), /half\.txt/);
});

forFormulas('a session of the name that is not ours; a repository that is none', async (scene) => {
  const { world } = scene;
  const quick = { lives: [[phase('PHASE:done')]] };
  await scene.formula('first', quick).run(0);
  await scene.foreigners.join('_formula-taken');
  const taken = scene.formula('taken', quick);
  const refused = await taken.run(1);
  assert.match(refused.stderr, /_formula-taken/);
  assert.deepEqual([taken.last().reason, taken.last().worktree?.end], ['not-started', 'removed']);
  assert.equal(taken.agent.deeds().length, 0);

  const nowhere = scene.formula('nowhere', { ...quick, keys: { repository: world.path('no-such-folder') } });
  const plain = scene.formula('plain', { ...quick, keys: { repository: world.cwd } });
  for (const formula of [nowhere, plain]) {
    const { stderr } = await formula.run(1);
    assert.ok(stderr.includes(formula === nowhere ? 'no-such-folder' : world.cwd), stderr);
    assert.equal(formula.last().reason, 'not-started');
    assert.equal(formula.last().worktree, undefined, 'there was none');
    assert.equal(formula.agent.deeds().length, 0);
    await formula.leavesNothing();
  }
  // Once the name is free, it runs.
  scene.foreigners.forgetFleetSocket();
  await world.tmux('kill-session', '-t', '=_formula-taken');
  await taken.run(0);
});
