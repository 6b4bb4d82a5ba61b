import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { completionScript } from '../../src/report/completion.ts';
import type { CompletionSpec, Shell } from '../../src/report/completion.ts';

const help = { flags: ['-h', '--help'], description: "show a command's help" };
const spec: CompletionSpec = {
  name: 'mosaic',
  description: 'keeps a fleet',
  options: [{ flags: ['--file'], description: 'the fleet file', argument: 'file' }, help],
  commands: [
    {
      name: 'apply',
      description: 'make it so: [now]',
      options: [
        { flags: ['-o', '--output'], description: 'how to print', argument: ['text', 'json', 'markdown'] },
        { flags: ['--agent'], description: 'only this one', argument: 'agent' },
        { flags: ['--formula'], description: 'only its runs', argument: 'formula' },
        { flags: ['--interval'], description: 'how often', argument: 'none' },
        { flags: ['--dry-run'], description: 'do nothing' },
      ],
      commands: [],
      arguments: ['file'],
    },
    {
      name: 'agent',
      description: 'one agent',
      options: [],
      commands: [
        { name: 'stop', description: 'stop it', options: [], commands: [], arguments: ['agent'] },
        { name: 'start', description: 'start it', options: [], commands: [], arguments: ['agent'] },
        {
          name: 'send',
          description: 'send to it',
          options: [],
          commands: [],
          arguments: ['agent', ['now', 'later'], 'none'],
        },
      ],
    },
  ],
};

// A line as typed, with the cursor at its end, and what is offered for its last word.
const cases: { typed: string; offered: string[]; why: string }[] = [
  { typed: 'mosaic ', offered: ['agent', 'apply'], why: 'commands' },
  { typed: 'mosaic ap', offered: ['apply'], why: 'a command begun' },
  { typed: 'mosaic agent ', offered: ['send', 'start', 'stop'], why: 'subcommands' },
  { typed: 'mosaic agent st', offered: ['start', 'stop'], why: 'a subcommand begun' },
  { typed: 'mosaic agent stop c', offered: ['coder0', 'coder1'], why: 'agents' },
  { typed: 'mosaic agent stop coder0 r', offered: ['reviewer'], why: 'the last argument may be repeated' },
  { typed: 'mosaic agent send coder0 ', offered: ['later', 'now'], why: 'the second argument' },
  { typed: 'mosaic apply --out', offered: ['--output'], why: 'an option begun' },
  { typed: 'mosaic apply --output ', offered: ['json', 'markdown', 'text'], why: "an option's value" },
  { typed: 'mosaic apply -o j', offered: ['json'], why: 'the same by its short name' },
  { typed: 'mosaic --file x apply --agent r', offered: ['reviewer'], why: 'options before the command' },
  { typed: 'mosaic apply --fi', offered: ['--file'], why: 'options of the program within a command' },
  { typed: 'mosaic apply --formula g', offered: ['gardener'], why: 'formulas' },
  { typed: 'mosaic apply fl', offered: ['fleet.yaml'], why: 'files' },
  { typed: 'mosaic --file fl', offered: ['fleet.yaml'], why: "files as an option's value" },
  { typed: 'mosaic apply --interval x', offered: [], why: 'what nobody can know' },
];

// Of the command itself.
const real: { typed: string; offered: string[]; why: string }[] = [
  {
    typed: 'mosaic agent ',
    offered: ['attach', 'broadcast', 'reset', 'roster', 'send', 'status', 'tail'],
    why: 'what can be done with agents',
  },
  { typed: 'mosaic agent send c', offered: ['coder0', 'coder1'], why: 'whom to tell' },
  { typed: 'mosaic agent status r', offered: ['reviewer'], why: 'whom to look at' },
  { typed: 'mosaic agent tail --follow c', offered: ['coder0', 'coder1'], why: 'whose screen' },
  { typed: 'mosaic agent attach --read-only co', offered: ['coder0', 'coder1'], why: 'whose session' },
  { typed: 'mosaic agent reset --clear c', offered: ['coder0', 'coder1'], why: 'whom to reset' },
  { typed: 'mosaic agent send coder0 --wait ', offered: ['idle'], why: 'what to wait for' },
  { typed: 'mosaic agent send coder0 -f fl', offered: ['fleet.yaml'], why: 'what to send' },
  {
    typed: 'mosaic formula ',
    offered: ['check', 'history', 'install', 'list', 'reply', 'run', 'uninstall'],
    why: 'what can be done with formulas',
  },
  { typed: 'mosaic formula history g', offered: ['gardener'], why: 'whose runs' },
  { typed: 'mosaic formula reply p', offered: ['planner'], why: 'whom to answer' },
  { typed: 'mosaic formula reply planner y', offered: [], why: 'what only a person knows' },
  { typed: 'mosaic agent broadcast --class c', offered: [], why: 'what nobody can know' },
];

const ask: Record<Shell, (script: string, typed: string) => string[]> = {
  bash(script, typed) {
    const words = typed.split(' ');
    const program = `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mosaic
      for reply in "\${COMPREPLY[@]}"; do printf '%s\\n' "$reply"; done`;
    return run('bash', ['--norc', '-c', program, 'bash', ...words]);
  },
  fish(script, typed) {
    const program = `source ${script}; complete -C $argv[1]`;
    return run('fish', ['--no-config', '-c', program, typed]).map((line) => line.split('\t')[0] ?? '');
  },
  zsh(script, typed) {
    // The completion system runs only within the line editor, so that needs a terminal of its own.
    return run('zsh', ['-f', join(import.meta.dirname, 'zsh-complete.zsh'), script, typed]);
  },
};

let folder = '';

function run(file: string, args: string[]): string[] {
  const env = {
    PATH: `${folder}/bin:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
  };
  const result = spawnSync(file, args, { cwd: `${folder}/work`, encoding: 'utf8', timeout: 20_000, env });
  assert.equal(result.stderr, '', result.stderr);
  return result.stdout.split('\n').filter((line) => line !== '');
}

const mosaicFile = fileURLToPath(new URL('../../dist/mosaic.js', import.meta.url));

const ofCommand = (shell: Shell): string =>
  spawnSync(process.execPath, [mosaicFile, 'completion', shell], { encoding: 'utf8' }).stdout;

const present = (shell: Shell): boolean => spawnSync(shell, ['-c', ':']).status === 0;

describe('completion scripts', () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mosaic-completion-'));
    mkdirSync(`${folder}/bin`);
    mkdirSync(`${folder}/work`);
    writeFileSync(`${folder}/work/fleet.yaml`, '');
    const names = ['coder0', 'coder1', 'reviewer', '$(touch${IFS}HACKED)', '`touch HACKED`'];
    const agents = names.map((name) => `'${name}'`).join(' ');
    writeFileSync(
      `${folder}/bin/mosaic`,
      `#!/bin/sh
case "$*" in
  '__complete agents') printf '%s\\n' ${agents} ;;
  '__complete formulas') printf '%s\\n' gardener planner '$(touch\${IFS}HACKED)' ;;
esac
`,
    );
    chmodSync(`${folder}/bin/mosaic`, 0o755);
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      writeFileSync(`${folder}/script.${shell}`, completionScript(shell, spec));
      writeFileSync(`${folder}/real.${shell}`, ofCommand(shell));
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    // bash is needed by the tests anyway; the others are used where there are.
    const must = shell === 'bash' || (process.env['CI'] ?? '') !== '';
    const skip = !must && !present(shell) ? `no ${shell} on this machine` : false;
    describe(shell, { skip }, () => {
      for (const { typed, offered, why } of cases)
        it(`${why}: ${JSON.stringify(typed)}`, () => {
          assert.deepEqual(ask[shell](`${folder}/script.${shell}`, typed).toSorted(), offered);
        });
      for (const { typed, offered, why } of real)
        it(`${why}: ${JSON.stringify(typed)}`, () => {
          assert.deepEqual(ask[shell](`${folder}/real.${shell}`, typed).toSorted(), offered);
        });
      it('expands neither what is typed nor the name of an agent', () => {
        ask[shell](`${folder}/script.${shell}`, 'mosaic apply --agent $(touch${IFS}HACKED) --agent ');
        ask[shell](`${folder}/script.${shell}`, 'mosaic agent stop `touch${IFS}HACKED`');
        assert.deepEqual(run('ls', []), ['fleet.yaml']);
      });
    });
  }

  it('takes the value after an equals sign, which is a word of its own in bash', () => {
    const script = `${folder}/script.bash`;
    assert.deepEqual(ask.bash(script, 'mosaic apply --output = j'), ['json']);
    assert.deepEqual(ask.bash(script, 'mosaic apply --output ='), ['text', 'json', 'markdown']);
  });

  it('refuses a word that would mean something to a shell', () => {
    const bad = { ...spec, name: 'mo$(x)saic' };
    assert.throws(() => completionScript('bash', bad), /not a plain word: "mo\$\(x\)saic"/);
  });
});
