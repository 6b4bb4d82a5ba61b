/** Help and completion of mosaic coord. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { inProject } from './scene.ts';

const names = ['init', 'mission', 'status', 'continue', 'run', 'resume'];

inProject('help: every command has its text, options and examples', async (scene) => {
  const { stdout } = await scene.coord(['--help']);
  for (const name of names) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
  assert.match(stdout, /From beginning to end:/);
  for (const name of names) {
    const help = (await scene.coord([name, '--help'])).stdout;
    assert.match(help, /--project <dir>/);
    assert.match(help, new RegExp(`--json .*schemas/coord-${name}\\.schema\\.json`));
    assert.match(help, new RegExp(`Examples:\n[^]*mosaic coord ${name}`));
    for (const line of help.split('\n')) assert.ok(line.length <= 130, line);
  }
  const status = (await scene.coord(['status', '--help'])).stdout;
  for (const line of [
    '0    a session is running',
    '5    it is stale',
    '3    it is dead',
    '4    there is none',
  ])
    assert.ok(status.includes(line), line);
  assert.match((await scene.coord(['staus'], 64)).stderr, /Did you mean status\?/);
});

inProject('completion: commands, options, agents to send to, files', async (scene) => {
  const script = scene.world.path('completion.bash');
  writeFileSync(script, (await scene.world.mosaic(['completion', 'bash'])).stdout);
  writeFileSync(scene.path('goal.md'), '');
  const offered = async (typed: string): Promise<string[]> => {
    const program = `mosaic() { [ "$*" = '__complete agents' ] && echo coder0; }
      source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mosaic
      for reply in "\${COMPREPLY[@]}"; do printf '%s\\n' "$reply"; done`;
    const args = ['--norc', '-c', program, 'bash', ...typed.split(' ')];
    const { stdout } = await scene.world.run('bash', args, { cwd: scene.project });
    return stdout.split('\n').filter(Boolean).sort();
  };
  const commands = await offered('mosaic coord ');
  for (const name of names) assert.ok(commands.includes(name), commands.join(' '));
  assert.deepEqual(await offered('mosaic coord con'), ['continue']);
  assert.deepEqual(await offered('mosaic coord run T-1 --mode '), ['interactive', 'print-only']);
  assert.deepEqual(await offered('mosaic coord continue --send c'), ['coder0']);
  assert.deepEqual(await offered('mosaic coord init --prompt go'), ['goal.md']);
  assert.deepEqual(await offered('mosaic coord resume --cl'), ['--clean-lock']);
  assert.deepEqual(await offered('mosaic coord run g'), []);
});
