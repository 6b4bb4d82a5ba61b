/** A formula whose program takes no input: what it is promised, and where an answer goes. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inScene } from './scene.ts';

inScene('a program that nothing can be typed into: its answer is for the next run', async (scene) => {
  const { formula, path, replies, world } = scene;
  const repository = join(world.cwd, 'app');
  mkdirSync(repository);
  await world.git(repository, 'init', '-q');
  symlinkSync('.git/config', join(repository, 'remotes'));
  await world.git(repository, 'add', '.');
  await world.git(repository, 'commit', '-qm', 'A link');
  const go = join(world.cwd, 'go');
  const script = [
    `printf 'PHASE:escalate\\nwhich?\\n' >"$MOSAIC_PHASE_FILE"`,
    'until [ -e "$1" ]; do sleep 0.1; done',
    `printf 'PHASE:done\\n' >"$MOSAIC_PHASE_FILE"`,
    'sleep 60',
  ].join('\n');
  const keys = {
    name: 'deaf',
    runtime: 'shell',
    command: ['sh', '-c', script, 'sh', go],
    repository,
    context: ['remotes'],
    prompt: 'Ask.',
  };
  const file = join(world.cwd, 'deaf.toml');
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  writeFileSync(file, lines.join(''));

  const running = await world.start(['formula', 'run', file]);
  const current = path('deaf', 'current.json');
  const hasEscalated = (): boolean => existsSync(current) && /"escalate"/.test(readFileSync(current, 'utf8'));
  await world.until('it has escalated', hasEscalated, 30_000);
  const { stdout } = await formula(['reply', 'deaf', 'The second.']);
  assert.match(
    stdout,
    /^The program of the run \S+ of deaf takes no input: the next run has it in its prompt\.$/m,
  );
  writeFileSync(go, '');
  const { code, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(replies('deaf'), ['The second.']);

  const dry = (await formula(['run', file, '--dry-run'])).stdout;
  assert.match(dry, /The second\./);
  assert.match(dry, /Nothing can be typed to you/);
  assert.match(dry, /one of git's own files/);
});
