/** Nothing of an agent outlives its stop, and none takes more than its share. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { forScenes, inScene, type Scene } from './support/scene.ts';

const FAMILY = `#!/bin/sh
# Writes down its pid as AGENT-KIND; the kind "parent" has a child of every kind that would outlive a terminal.
pids=$1 kind=$2
case $kind in
  nohup | orphan | deaf) trap '' HUP ;;
  stubborn) trap '' HUP TERM ;;
esac
echo $$ >"$pids/$MOSAIC_AGENT-$kind"
if [ "$kind" = parent ]; then
  "$0" "$pids" plain &
  "$0" "$pids" nohup &
  setsid "$0" "$pids" setsid &
  (setsid "$0" "$pids" orphan &)
fi
while :; do sleep 0.1; done
`;

type Kind = 'parent' | 'deaf' | 'stubborn';

/** An agent whose program is of that kind. */
function member(scene: Scene, name: string, kind: Kind): { name: string; command: string[] } {
  const [program, pids] = [scene.world.path('family'), scene.world.path('pids')];
  mkdirSync(pids, { recursive: true });
  if (!existsSync(program)) writeFileSync(program, FAMILY, { mode: 0o755 });
  return { name, command: [program, pids, kind] };
}

/** Pids that the agent's processes wrote down, by their kind. */
async function notedPids(scene: Scene, agent: string, count: number): Promise<number[]> {
  const folder = scene.world.path('pids');
  const names = await scene.world.until(
    `${count} processes of ${agent} run`,
    () => readdirSync(folder).filter((name) => name.startsWith(`${agent}-`)),
    10_000,
    (found) =>
      found.length === count && found.every((name) => readFileSync(`${folder}/${name}`, 'utf8') !== ''),
  );
  return names.map((name) => Number(readFileSync(`${folder}/${name}`, 'utf8')));
}

/** Those of the pids that run; what has ended and waits for its parent to notice does not (proc(5), State). */
async function aliveOf(scene: Scene, pids: readonly number[]): Promise<number[]> {
  const files = pids.map((pid) => `/proc/${pid}/status`);
  const { stdout } = await scene.world.run('grep', ['-Hs', '^State:', ...files]);
  return pids.filter((pid) => new RegExp(`^/proc/${pid}/status:State:\\s+[^ZX]`, 'm').test(stdout));
}

forScenes('stopped: no child is left, whatever it did to stay', async (scene) => {
  const [coder, coder2] = [member(scene, 'coder', 'parent'), member(scene, 'coder2', 'parent')];
  scene.fleet([coder, coder2]);
  await scene.apply();
  const pids = await notedPids(scene, 'coder', 5);
  const others = await notedPids(scene, 'coder2', 5);
  assert.deepEqual(await aliveOf(scene, pids), pids);
  scene.fleet([{ ...coder, state: 'stopped' }, coder2]);
  await scene.apply();
  assert.deepEqual(await aliveOf(scene, pids), []);
  assert.deepEqual(await aliveOf(scene, others), others);
  await scene.inSync();
});

forScenes('crashed and started again: no child of the former run is left', async (scene) => {
  scene.fleet([member(scene, 'coder', 'parent'), { name: 'tester' }]);
  await scene.apply();
  const pids = await notedPids(scene, 'coder', 5);
  await scene.kill('coder');
  await scene.apply();
  assert.deepEqual(await aliveOf(scene, pids), []);
  const fresh = await scene.world.until('the new family is complete', async () => {
    const noted = await notedPids(scene, 'coder', 5);
    return noted.some((pid) => pids.includes(pid)) ? undefined : noted;
  });
  assert.deepEqual(await aliveOf(scene, fresh), fresh);
  await scene.inSync();
});

for (const [kind, words] of [
  ['deaf', 'SIGHUP'],
  ['stubborn', 'SIGHUP and SIGTERM'],
] as const) {
  forScenes(`a program that ignores ${words} ends all the same`, async (scene) => {
    scene.fleet([member(scene, 'coder', kind), { name: 'tester' }]);
    await scene.apply();
    const pids = await notedPids(scene, 'coder', 1);
    scene.fleet([{ name: 'tester' }]);
    await scene.apply();
    assert.deepEqual(await aliveOf(scene, pids), []);
    await scene.inSync();
  });
}

inScene('a child that forgot its environment ends with the scope', 'systemd', async (scene) => {
  const pids = scene.world.path('pids');
  mkdirSync(pids);
  const child = `echo $$ >'${pids}/coder-bare'; while :; do sleep 0.1; done`;
  const script = `setsid env -i PATH="$PATH" sh -c "$0" & exec sleep infinity`;
  scene.fleet([{ name: 'coder', command: ['sh', '-c', script, child] }, { name: 'tester' }]);
  await scene.apply();
  const noted = await notedPids(scene, 'coder', 1);
  scene.fleet([{ name: 'tester' }]);
  await scene.apply();
  assert.deepEqual(await aliveOf(scene, noted), []);
});

inScene('memory_max: who takes more is killed, and only that one', 'systemd', async (scene) => {
  const { world } = scene;
  const mayTake = world.path('may-take');
  const greedy = 'for (const all = []; all.length < 300;) all.push(Buffer.alloc(1e6, 1)); process.exit(7)';
  const script = `while [ ! -e '${mayTake}' ]; do sleep 0.05; done; exec '${process.execPath}' -e '${greedy}'`;
  const command = ['sh', '-c', script, 'sh'];
  scene.fleet([
    { name: 'limited', command, resources: { memory_max: '80M' }, restart: { policy: 'never' } },
    { name: 'free', command, restart: { policy: 'never' } },
    { name: 'tester' },
  ]);
  await scene.apply();
  const before = await scene.session('tester');
  await world.run('touch', [mayTake]);
  await Promise.all([scene.untilDead('limited'), scene.untilDead('free')]);
  await scene.apply();
  const { agents } = scene.readState();
  assert.equal(agents['limited']?.ended?.signal, 9, 'killed at its limit');
  assert.equal(agents['free']?.ended?.status, 7, 'came to its own end');
  assert.deepEqual(await scene.session('tester'), before);
});

inScene('tasks_max: no more processes than allowed', 'systemd', async (scene) => {
  const { world } = scene;
  const forks = (name: string): string[] => [
    'sh',
    '-c',
    `for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done 2>'${world.path(name)}'; exec sleep infinity`,
    'sh',
  ];
  scene.fleet([
    { name: 'limited', command: forks('limited'), resources: { tasks_max: 4 }, restart: { policy: 'never' } },
    { name: 'free', command: forks('free') },
  ]);
  await world.mosaic(['apply']);
  await world.until('the shell is told', () => /fork/i.test(readFileSync(world.path('limited'), 'utf8')));
  assert.equal(existsSync(world.path('free')) && readFileSync(world.path('free'), 'utf8'), '');
  assert.equal((await scene.session('free')).dead, false);
});
