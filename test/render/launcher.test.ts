/** The shell before a program that may take its conversation up: run for real, by every shell here that could be `sh`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Conversation } from '../../src/render/conversation.ts';
import { launched, type Launch } from '../../src/render/launcher.ts';

const SHELLS = ['/bin/sh', '/bin/dash', '/bin/bash'].filter((path) => existsSync(path));

/** Tells what it is given, and ends as `$ENDS` says where it is to go on, else with 42. */
const PROGRAM = `#!/bin/sh
printf '%s\\0' "$#" "$@" >>"$TOLD"
[ "$1" = --go ] || exit 42
case $ENDS in
signal*) kill "-\${ENDS#signal }" "$$";;
late*) sleep 1.2; exit "\${ENDS#late }";;
*) exit "$ENDS";;
esac
`;

interface Ran {
  status: number | null;
  signal: string | null;
  /** The words of each start. */
  starts: string[][];
  marker: string | undefined;
  stdout: string;
}

const folder = mkdtempSync(join(tmpdir(), 'mosaic-launcher-'));
const program = join(folder, 'program');
writeFileSync(program, PROGRAM);
chmodSync(program, 0o755);
test.after(() => rmSync(folder, { recursive: true }));

const conversation: Conversation = {
  words: ['--go', 'on'],
  marker: join(folder, 'marker'),
  key: "run it's /a folder",
};

/** Each start as the number of its words, then those. */
function startsIn(told: string[]): string[][] {
  if (told.length === 0) return [];
  const end = 1 + Number(told[0]);
  return [told.slice(1, end), ...startsIn(told.slice(end))];
}

function run(
  shell: string,
  {
    ends = '0',
    noted = conversation.key,
    ...launch
  }: Partial<Launch> & { ends?: string; noted?: string | undefined },
): Ran {
  const told = join(folder, 'told');
  for (const path of [told, conversation.marker]) rmSync(path, { recursive: true, force: true });
  if (noted !== 'absent') writeFileSync(conversation.marker, `${noted}\n`);
  const [, ...words] = launched({ command: [program], ownPath: false, led: true, conversation, ...launch });
  const ran = spawnSync(shell, ends.startsWith('late') ? shortened(words) : words, {
    env: { PATH: process.env['PATH'], TOLD: told, ENDS: ends, MOSAIC_PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  return {
    status: ran.status,
    signal: ran.signal,
    stdout: ran.stdout,
    starts: existsSync(told) ? startsIn(readFileSync(told, 'utf8').split('\0').slice(0, -1)) : [],
    marker: existsSync(conversation.marker) ? readFileSync(conversation.marker, 'utf8') : undefined,
  };
}

/** With a limit of one second, since a test does not wait for fifteen. */
const shortened = (words: readonly string[]): string[] =>
  words.map((word, index) => {
    if (index !== 1) return word;
    const short = word.replace('-lt 15 ]', '-lt 1 ]');
    assert.notEqual(short, word, 'the limit stands in it');
    return short;
  });

for (const shell of SHELLS) {
  test(`${shell}: nothing is noted: it is, and the program begins`, () => {
    const ran = run(shell, { noted: 'absent', command: [program, 'a b'] });
    assert.deepEqual([ran.status, ran.starts], [42, [['a b']]]);
    assert.equal(ran.marker, `${conversation.key}\n`);
  });

  test(`${shell}: something else's conversation is left alone`, () => {
    const ran = run(shell, { noted: 'another /a folder' });
    assert.deepEqual([ran.status, ran.starts], [42, [[]]]);
    assert.equal(ran.marker, `${conversation.key}\n`);
  });

  test(`${shell}: it goes on, and ends as the program does`, () => {
    const on = [['--go', 'on', 'a b']];
    const command = [program, 'a b'];
    const ended = (ends: string): unknown[] => {
      const { status, signal, starts } = run(shell, { ends, command });
      return [status, signal, starts];
    };
    assert.deepEqual(ended('0'), [0, null, on]);
    for (const signal of ['HUP', 'INT', 'ABRT', 'KILL', 'USR1', 'SEGV', 'PIPE', 'TERM', 'XCPU']) {
      assert.deepEqual(ended(`signal ${signal}`), [null, `SIG${signal}`, on]);
    }
    // Also by a status that would mean a signal which ends nobody, or stops us.
    for (const status of [7, 146, 147, 255]) assert.deepEqual(ended(`late ${status}`), [status, null, on]);
  });

  test(`${shell}: refused at once, it begins a new one in its own process`, () => {
    for (const ends of ['1', '2', '127', '255']) {
      const ran = run(shell, { ends, command: [program, 'a b', ''] });
      assert.deepEqual([ran.status, ran.signal], [42, null]);
      assert.deepEqual(ran.starts, [
        ['--go', 'on', 'a b', ''],
        ['a b', ''],
      ]);
      assert.match(ran.stdout, new RegExp(`^mosaic: exit ${ends} instead of going on`, 'm'));
    }
  });

  test(`${shell}: where nothing can be noted, it begins, and says nothing of it`, () => {
    mkdirSync(join(folder, 'none'), { recursive: true });
    const ran = run(shell, {
      noted: 'absent',
      conversation: { ...conversation, marker: join(folder, 'none/such/place') },
    });
    assert.deepEqual([ran.status, ran.starts, ran.stdout], [42, [[]], '']);
  });

  test(`${shell}: a prompt and a PATH of its own come with both`, () => {
    const promptFile = join(folder, 'prompt');
    writeFileSync(promptFile, 'say "it\'s"\n$HOME');
    const ran = run(shell, {
      ends: '1',
      promptFile,
      ownPath: true,
      command: [program, '--say={prompt}!', 'x'],
    });
    const said = '--say=say "it\'s"\n$HOME!';
    assert.deepEqual(ran.starts, [
      ['--go', 'on', said, 'x'],
      [said, 'x'],
    ]);
  });
}

test('whatever stands in the words arrives, with the old conversation and with a new one', () => {
  const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
  const words = fc.array(word, { maxLength: 4 });
  fc.assert(
    fc.property(words, words, (others, on) => {
      const own = { ...conversation, words: ['--go', ...on] };
      const { starts } = run('/bin/sh', { ends: '1', command: [program, ...others], conversation: own });
      assert.deepEqual(starts, [['--go', ...on, ...others], others]);
    }),
    { numRuns: 25 },
  );
});
