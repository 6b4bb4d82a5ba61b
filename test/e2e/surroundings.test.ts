/** Where mosaic is run from, by whom, and who reads what it says. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from '../support/command.ts';
import { inScene, type Scene } from './support/scene.ts';
import { gateAt } from './support/gate.ts';
import { openTerminal } from './support/terminal.ts';

const mosaicFile = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

/** Runs a line of bash in which `mosaic` is the built command. */
const inShell = (
  { world }: Scene,
  line: string,
  env: Record<string, string | undefined> = {},
): Promise<CommandResult> =>
  world.run('bash', ['-c', `mosaic() { "$NODE" "$MAIN" "$@"; }\n${line}`], {
    env: { NODE: process.execPath, MAIN: mosaicFile, ...env },
  });

inScene('a folder that was removed: only relative paths fail', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  mkdirSync(scene.world.path('gone'));
  const file = scene.world.fleetFile;
  const from = (line: string): Promise<CommandResult> =>
    inShell(scene, `cd '${scene.world.path('gone')}' && rmdir "$PWD" && ${line}`).finally(() =>
      mkdirSync(scene.world.path('gone')),
    );
  assert.equal((await from(`mosaic apply --file '${file}'`)).code, 0);
  assert.deepEqual(Object.keys(await scene.sessions()), ['coder']);
  const relative = await from('mosaic plan --file fleet.yaml');
  assert.equal(relative.code, 69);
  assert.match(
    relative.stderr,
    /^mosaic: fleet\.yaml cannot be found: the folder that this command works in was removed\n/,
  );
  const searched = await from('mosaic plan');
  assert.equal(searched.code, 65);
  assert.match(searched.stderr, /^mosaic: there is no fleet file: the folder .* was removed, and /);
});

inScene('a user whom the user database does not know', 'none', async (scene, t) => {
  const stranger = 'unshare --user --map-user=54321 --map-group=54321';
  if ((await inShell(scene, `${stranger} true`)).code !== 0 && process.env['CI'] === undefined) {
    return t.skip('no user namespace can be made');
  }
  scene.fleet([{ name: 'coder' }]);
  const at = (env: string): Promise<CommandResult> =>
    inShell(scene, `${stranger} env ${env} "$NODE" "$MAIN" validate`);
  const known = await at(`HOME='${scene.world.home}'`);
  assert.deepEqual([known.code, known.stderr], [0, '']);
  const homeless = await at('-u HOME');
  assert.equal(homeless.code, 69);
  assert.equal(homeless.stderr, 'mosaic: nothing says where the home folder of user 54321 is: set HOME\n');
});

inScene('the fleet file may come through a pipe', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  for (const line of ['cat fleet.yaml | mosaic plan -f /dev/stdin', 'mosaic plan -f <(cat fleet.yaml)']) {
    const { code, stdout } = await inShell(scene, line);
    assert.equal(code, 0);
    assert.match(stdout, /^Plan: 1 to start/m);
  }
});

inScene('Ctrl-C is heard while a pipe is waited for', 'none', async (scene) => {
  const pipe = scene.world.path('pipe');
  await scene.world.run('mkfifo', [pipe]);
  const running = await scene.world.start(['validate', pipe]);
  const folder = `/proc/${running.pid}/fd`;
  await scene.world.until('it has the pipe open', () =>
    readdirSync(folder).some((fd) => readlinkSync(join(folder, fd)) === pipe),
  );
  running.signal('SIGINT');
  const { code, stderr } = await running.ended;
  assert.equal(code, 130);
  assert.equal(stderr, `mosaic: interrupted while reading ${pipe}\n`);
});

inScene('a reader that has enough ends a command that only shows something', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  await scene.apply();
  const entry = readFileSync(scene.state('events.jsonl'), 'utf8').split('\n', 1)[0] ?? '';
  // More than a pipe holds, so that head ends before mosaic does.
  writeFileSync(scene.state('events.jsonl'), `${entry}\n`.repeat(5_000));
  const log = await inShell(scene, 'mosaic events | head -1; exit "${PIPESTATUS[0]}"');
  assert.deepEqual([log.code, log.stderr], [0, '']);
  assert.equal(log.stdout.split('\n').length, 2);
  const follow = 'mosaic events --follow | head -1; exit "${PIPESTATUS[0]}"';
  const followed = await inShell(scene, follow);
  assert.deepEqual([followed.code, followed.stderr], [0, '']);
});

inScene('a full disk under the output: a sentence, and exit 1', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }]);
  const full = await inShell(scene, 'mosaic plan >/dev/full');
  assert.equal(full.code, 1);
  assert.equal(full.stderr, 'mosaic: cannot write to standard output: no space is left on the device\n');
  assert.equal((await inShell(scene, 'mosaic plan --detailed-exitcode >/dev/full 2>&1')).code, 1);
});

inScene('an apply that nobody reads does all its work, and ends with its own code', 'none', async (scene) => {
  scene.fleet([{ name: 'coder' }, { name: 'broken', command: ['false'] }, { name: 'tester' }]);
  // A program that has ended already reads nothing: both streams are closed from the start.
  const line = 'mosaic apply --verbose > >(:) 2> >(:)';
  const { code } = await inShell(scene, `sleep 0.2; ${line}`, { MOSAIC_LOG: 'debug' });
  assert.equal(code, 1);
  assert.deepEqual(Object.keys(await scene.sessions()).sort(), ['broken', 'coder', 'tester']);
  scene.fleet([{ name: 'coder' }, { name: 'tester' }]);
  assert.equal((await inShell(scene, `${line}; code=$?; exit "$code"`)).code, 0);
  assert.equal((await inShell(scene, `mosaic apply --status >/dev/full 2>/dev/full`)).code, 1);
});

inScene(
  'a window that is closed interrupts: what is in hand is finished, exit 130',
  'none',
  async (scene) => {
    const { world } = scene;
    scene.fleet([{ name: 'coder' }]);
    await scene.apply();
    const gate = await gateAt(scene, 'tmux', 'source-file -');
    const terminal = await openTerminal(world, gate.env);
    const told = world.path('exit-code');
    // A shell that outlives the window, and tells how the command ended.
    const script = world.path('window.sh');
    writeFileSync(script, `trap : HUP; "$1" "$2" apply --restart coder; echo $? >"$3"\n`);
    await terminal.type(`sh '${script}' '${process.execPath}' '${mosaicFile}' '${told}'`);
    await gate.reached();
    const before = await scene.session('coder');
    await terminal.close();
    gate.open();
    await world.until('mosaic has ended', () => existsSync(told) && readFileSync(told, 'utf8') !== '');
    assert.equal(readFileSync(told, 'utf8'), '130\n');
    const after = await scene.session('coder');
    assert.notEqual(after.pid, before.pid);
    assert.equal(after.dead, false);
  },
);
