/** A program in the foreground runs only once what has to come first is done. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';

const runner = [
  '--import',
  import.meta.resolve('tsx'),
  fileURLToPath(new URL('run-foreground.ts', import.meta.url)),
];

/** A program that leaves a file behind when it runs, and where that is. */
function program(world: World, body = ''): { file: string; ran: string } {
  const [file, ran] = [world.path('program'), world.path('ran')];
  writeFileSync(file, `#!/bin/sh\necho $$ "$@" >'${ran}'\n${body}\n`);
  chmodSync(file, 0o755);
  return { file, ran };
}

const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

inWorld(
  'the program has the pid that was told, its arguments, our streams and not the one that held it',
  'none',
  async (world) => {
    const { file, ran } = program(world, 'cat; ls /proc/$$/fd; exit 7');
    const args = [file, 'a b', '', '$(id)', '-x'];
    const { stdout } = await world.run(process.execPath, [...runner, 'nothing', ...args], {
      input: 'typed\n',
    });
    const [pid = '', typed, ...descriptors] = stdout.split('\n');
    assert.equal(readFileSync(ran, 'utf8'), `${pid} a b  $(id) -x\n`);
    assert.equal(typed, 'typed');
    assert.deepEqual(lastLine(stdout), { code: 7 });
    assert.ok(descriptors.includes('2') && !descriptors.includes('3'), stdout);
  },
);

inWorld('killed before that is done: the program never runs', 'none', async (world) => {
  const { file, ran } = program(world);
  const running = await world.spawn(process.execPath, [...runner, 'hang', file]);
  const pid = await world.until('it was told', () => /^(\d+)\n/.exec(running.output().stdout)?.[1]);
  assert.ok(existsSync(`/proc/${pid}`));
  running.signal('SIGKILL');
  await world.until('nothing of it is left', () => !existsSync(`/proc/${pid}`));
  assert.equal(existsSync(ran), false);
});

inWorld('what cannot be done first keeps the program from running', 'none', async (world) => {
  const { file, ran } = program(world);
  const { stdout } = await world.run(process.execPath, [...runner, 'throw', file]);
  assert.deepEqual(lastLine(stdout), { thrown: 'not written down' });
  assert.equal(existsSync(ran), false);
  assert.equal(existsSync(`/proc/${stdout.split('\n')[0]}`), false);
});

for (const moment of ['interrupt', 'interrupt-late'])
  inWorld(`Ctrl-C that comes before the program runs is its end (${moment})`, 'none', async (world) => {
    const { file, ran } = program(world);
    const { stdout } = await world.run(process.execPath, [...runner, moment, file]);
    assert.deepEqual(lastLine(stdout), { signal: 'SIGINT' });
    assert.equal(existsSync(ran), false);
  });

inWorld(
  'a program that cannot be executed is a failure in words, and nothing is told',
  'none',
  async (world) => {
    const { file } = program(world);
    const [noted, folder, orphan] = [world.path('noted'), world.path('folder'), world.path('orphan')];
    writeFileSync(noted, '');
    mkdirSync(folder);
    writeFileSync(orphan, '#! /no/such/interpreter -x\n');
    chmodSync(orphan, 0o755);
    const cases: [string, string][] = [
      ['no-such-program', 'it is not installed or not on the PATH'],
      [`${file}/below`, 'it is not installed or not on the PATH'],
      [noted, 'permission denied'],
      [folder, 'it is no file'],
      [orphan, 'its interpreter /no/such/interpreter: it is not there'],
    ];
    for (const [given, why] of cases) {
      const { stdout } = await world.run(process.execPath, [...runner, 'nothing', given]);
      assert.equal(stdout, `${JSON.stringify({ failure: `${given} could not be started: ${why}` })}\n`);
    }
  },
);
