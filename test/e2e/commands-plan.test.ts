/** mosaic plan and apply --dry-run: what they show, in every form, and that they only look. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { apply as isApply, plan as isPlan } from '../../src/generated/validators.js';
import { forScenes, inScene, type Scene } from './support/scene.ts';
import { snapshot } from './support/snapshot.ts';

interface PlanShown {
  in_sync: boolean;
  summary: string;
  counts: Record<string, number>;
  agents: { agent: string; change: string; status: string }[];
  actions: { id: string }[];
  refused?: { reason: string };
}

function parsePlan(text: string): PlanShown {
  const data: unknown = JSON.parse(text);
  assert.ok(isPlan(data), JSON.stringify(isPlan.errors));
  return data as PlanShown;
}

/** A fleet of which one is to start, one to restart, one to stop, one is held and one is as it should be. */
async function variedFleet(scene: Scene): Promise<void> {
  const repository = await scene.world.makeRepository('app');
  const coder = { name: 'coder', worktree: { repository, base: 'main' } };
  scene.fleet([{ name: 'held' }, { name: 'crashed' }, { name: 'leaving' }, { name: 'same' }]);
  await scene.apply();
  await scene.kill('crashed');
  scene.fleet([{ name: 'held', env: { MORE: 'yes' } }, { name: 'crashed' }, { name: 'same' }, coder]);
}

forScenes('a dry run writes nothing, anywhere, in any form', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const untouched = snapshot(scene.world);
  await scene.mosaic(['plan']);
  assert.deepEqual(snapshot(scene.world), untouched, 'on a fresh machine');

  await variedFleet(scene);
  const before = snapshot(scene.world);
  const sessions = await scene.sessions();
  for (const args of [
    ['plan'],
    ['apply', '--dry-run'],
    ['apply', '--dry-run', '-o', 'json'],
    ['plan', '-o', 'markdown'],
    ['down', '--dry-run'],
    ['worktree', 'gc', '--dry-run', '--older-than', '0s'],
    ['status'],
    ['events'],
    ['worktree', 'list'],
    ['validate'],
  ]) {
    await scene.mosaic(args);
    assert.deepEqual(snapshot(scene.world), before, args.join(' '));
  }
  assert.deepEqual(await scene.sessions(), sessions);
});

forScenes('text: a line for each agent that changes, diffs, and a summary', async (scene) => {
  await variedFleet(scene);
  const { stdout } = await scene.mosaic(['plan']);
  assert.match(stdout, /^# hold +held +pending restart: its definition changed/m);
  assert.match(stdout, /^~ restart +crashed +ended by SIGKILL: starts it again$/m);
  assert.match(stdout, /^\+ start +coder +no session/m);
  assert.match(stdout, /^- stop +leaving +gone from the fleet file$/m);
  assert.doesNotMatch(stdout, /^. \w+ +same /m);
  assert.match(stdout, /^\+\+\+ .*\/agents\/coder\.tmux/m);
  assert.match(stdout, /^--- .*\/agents\/leaving\.tmux/m);
  assert.match(stdout, /\nPlan: 1 to start, 1 to restart, 1 to stop, 1 held, 1 unchanged\.\n$/);
  const same = await scene.mosaic(['apply', '--dry-run']);
  assert.equal(same.stdout, stdout);
});

forScenes('JSON: as its schema says, and the same as the text', async (scene) => {
  await variedFleet(scene);
  const shown = parsePlan((await scene.mosaic(['plan', '-o', 'json'])).stdout);
  assert.equal(shown.summary, 'Plan: 1 to start, 1 to restart, 1 to stop, 1 held, 1 unchanged.');
  const changes = Object.fromEntries(shown.agents.map(({ agent, change }) => [agent, change]));
  assert.deepEqual(changes, {
    held: 'hold',
    crashed: 'restart',
    same: 'none',
    coder: 'start',
    leaving: 'stop',
  });
  await scene.apply();
  const after = parsePlan((await scene.mosaic(['plan', '--json'])).stdout);
  assert.deepEqual([after.actions, after.counts['hold']], [[], 1]);
});

forScenes('Markdown: a table for a pull request', async (scene) => {
  await variedFleet(scene);
  const { stdout } = await scene.mosaic(['apply', '--dry-run', '-o', 'markdown']);
  assert.match(stdout, /^\|.*`?coder`?.*\|.*$/m);
  assert.match(stdout, /^\| ?:?---/m);
  assert.match(stdout, /1 to start, 1 to restart, 1 to stop, 1 held, 1 unchanged/);
});

forScenes('--detailed-exitcode: 2 with changes, 0 without', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.mosaic(['plan', '--detailed-exitcode'], 2);
  await scene.mosaic(['plan']);
  await scene.apply();
  await scene.mosaic(['plan', '--detailed-exitcode']);
});

forScenes('apply --json: as its schema says', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'broken', command: ['sh', '-c', 'echo oh; sleep 0.05; exit 4'] }]);
  const { stdout } = await scene.apply(['--json'], 1);
  const data: unknown = JSON.parse(stdout);
  assert.ok(isApply(data), JSON.stringify(isApply.errors));
  const { result, outcomes } = data as {
    result: string;
    outcomes: { id: string; result: string; output?: string }[];
  };
  assert.equal(result, 'failed');
  const failure = outcomes.find(({ id }) => id === 'start-session:broken');
  assert.deepEqual([failure?.result, failure?.output], ['failed', 'oh']);
});

forScenes('--agent: only those, the others are left as they are', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'tester' }, { name: 'third' }]);
  await scene.apply(['--agent', 'coder', '--agent', 'third']);
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'third']);
  const { stderr } = await scene.mosaic(['apply', '--agent', 'codre'], 64);
  assert.match(
    stderr,
    /^mosaic: the agent codre is not in the fleet file\n {2}fix: It knows: coder, tester, third\.\n$/,
  );
  await scene.apply();
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['coder', 'tester', 'third']);
});

forScenes('a saved plan is carried out exactly', async (scene) => {
  await variedFleet(scene);
  const shown = (await scene.mosaic(['plan'])).stdout;
  const saving = await scene.mosaic(['plan', '--out', 'saved.json']);
  assert.equal(saving.stdout, shown);
  const before = await scene.sessions();
  await scene.mosaic(['apply', 'saved.json']);
  const after = await scene.sessions();
  assert.deepEqual(Object.keys(after).sort(), ['coder', 'crashed', 'held', 'same']);
  assert.deepEqual([after['held'], after['same']], [before['held'], before['same']]);
  // Its work is done: the host is another now.
  await scene.mosaic(['apply', 'saved.json'], 65);
});

forScenes('a saved plan is refused after an edit of the file', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.mosaic(['plan', '--out', 'saved.json']);
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  const { stderr } = await scene.mosaic(['apply', 'saved.json'], 65);
  assert.match(stderr, /the fleet file \S+ has changed since the plan saved\.json was made/);
  assert.match(stderr, /fix: Make a new one: mosaic plan --out FILE\./);
  assert.deepEqual(await scene.sessions(), {});
});

forScenes('a saved plan is refused after a change of the host', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  await scene.mosaic(['plan', '--out', 'saved.json']);
  await scene.kill('coder');
  const { stderr } = await scene.mosaic(['apply', 'saved.json'], 65);
  assert.match(stderr, /the host has changed since the plan saved\.json was made/);
  assert.deepEqual(Object.keys(await scene.sessions()), ['coder']);
});

inScene('what is no saved plan is refused', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const { stderr } = await scene.mosaic(['apply', 'fleet.yaml'], 65);
  assert.match(stderr, /fleet\.yaml is not a plan that mosaic saved/);
  await scene.mosaic(['apply', 'absent.json'], 65);
});

const roster = ['one', 'two', 'three', 'four'].map((name) => ({ name }));

forScenes(
  'a plan that stops most of the fleet is refused whole, until it is said to be meant',
  async (scene) => {
    scene.fleet(roster);
    await scene.apply();
    const before = await scene.sessions();
    scene.fleet([{ name: 'one' }, { name: 'new' }]);
    const { stdout } = await scene.apply([], 1);
    assert.match(
      stdout,
      /^Refused: would end 3 of 4 running sessions \(reconcile\.max_stop_fraction: 0\.5\)$/m,
    );
    assert.match(stdout, /fix: If that is meant, say so: mosaic apply --allow-mass-stop\./);
    assert.deepEqual(await scene.sessions(), before);
    assert.equal(parsePlan((await scene.mosaic(['plan', '--json'], 1)).stdout).actions.length, 0);
    await scene.apply(['--allow-mass-stop']);
    assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['new', 'one']);
  },
);

forScenes('an empty roster stops nothing, not even one', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  scene.fleet([]);
  const { stdout } = await scene.apply([], 1);
  assert.match(stdout, /^Refused: the roster is empty, and 1 session would be stopped$/m);
  assert.deepEqual(Object.keys(await scene.sessions()), ['coder']);
  await scene.apply(['--allow-mass-stop']);
  assert.deepEqual(await scene.sessions(), {});
});

forScenes('an invalid or empty file changes nothing', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  const valid = readFileSync(scene.world.fleetFile, 'utf8');
  for (const text of ['', 'agents: [', valid.replace('agents:', 'agent:')]) {
    scene.world.writeFleet(text);
    await scene.mosaic(['apply'], 65);
    await scene.mosaic(['down'], 65);
    assert.deepEqual(Object.keys(await scene.sessions()), ['coder']);
  }
});
