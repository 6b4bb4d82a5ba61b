/** skills/mosaic-tools: a skill as runtimes read it, and every command line in it is one that mosaic takes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { realHost } from '../../src/host/real.ts';

const text = readFileSync(new URL('../../skills/mosaic-tools/SKILL.md', import.meta.url), 'utf8');

const program = (): Command => {
  const said: string[] = [];
  const terminal = {
    out: (line: string) => void said.push(line),
    err: (line: string) => void said.push(line),
    color: false,
    columns: 100,
    interactive: false,
  };
  const signal = new AbortController().signal;
  const made = createProgram({ host: realHost(), terminal, signal, version: 'test' }, () => {});
  const still = (command: Command): void => {
    command.action(() => {});
    for (const sub of command.commands) still(sub);
  };
  for (const sub of made.commands) still(sub);
  return made;
};

/** Words as a shell would part them, as far as the skill needs it. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** What stands in its code blocks, without comments and what comes before a pipe. */
const lines = [...text.matchAll(/^```sh\n([^]*?)^```/gm)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').replace(/^.*\| /, ''))
  .filter((line) => line !== '');

void test('each command line in it is taken as it is', async () => {
  assert.ok(lines.length >= 10);
  for (const line of lines) {
    const [name, ...args] = words(line);
    assert.equal(name, 'mosaic', line);
    await assert.doesNotReject(program().parseAsync(args, { from: 'user' }), line);
  }
  // A wrong one would be seen.
  for (const line of ['agent sent coder0', 'agent send', 'agent tail coder0 --lies', 'coord missions'])
    await assert.rejects(program().parseAsync(words(line), { from: 'user' }), line);
});

void test('each command that is named in its text is there, with its options', () => {
  const named = [...text.matchAll(/`mosaic ([^`]+)`/g)].map(([, line = '']) => words(line));
  assert.ok(named.length >= 5);
  for (const [first = '', ...rest] of named) {
    if (first === 'COMMAND') continue;
    let at = program();
    for (const word of [first, ...rest]) {
      const next = at.commands.find((command) => command.name() === word);
      assert.ok(next, `${first} ${rest.join(' ')}`);
      at = next;
    }
  }
});

void test('it is a skill: its name is that of its folder, its description fits (agentskills.io)', () => {
  const [, front = ''] = /^---\n([^]*?)\n---\n/.exec(text) ?? [];
  assert.match(front, /^name: mosaic-tools$/m);
  const description = /^description: (.+)$/m.exec(front)?.[1] ?? '';
  assert.ok(description.length > 50 && description.length <= 1024);
  assert.doesNotMatch(description, /: |^['"[{&*!|>%@`#]/);
});
