import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { cleanLabel, withoutControls } from '../../src/message/clean.ts';
import { isShell } from '../../src/message/shell.ts';
import { composed } from '../../src/message/compose.ts';

void test('control characters go but newline and tab, and that is said', () => {
  const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
  const { text, changes } = withoutControls(all);
  assert.equal(
    text,
    Array.from({ length: 0xa0 }, (_, code) => code)
      .filter((code) => code === 9 || code === 10 || (code >= 0x20 && code < 0x7f))
      .map((code) => String.fromCharCode(code))
      .join(''),
  );
  assert.deepEqual(changes, ['63 control characters were removed']);
  assert.deepEqual(withoutControls('a\r\nb\r'), {
    text: 'a\nb',
    changes: ['CRLF became newlines', '1 control character was removed'],
  });
});

void test('whatever it is, nothing of it is a key, and cleaning twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (text, spoken) => {
      const { text: clean } = withoutControls(text);
      assert.doesNotMatch(clean, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      assert.deepEqual(withoutControls(clean), { text: clean, changes: [] });
      const whole = composed(spoken ? { text, from: 'a:b' } : { text }, 'c:d').text;
      assert.ok(whole.includes(clean));
      assert.doesNotMatch(whole, /^[!/]/);
      assert.doesNotMatch(whole, /\\$/);
    }),
    { numRuns: 2000 },
  );
});

void test('every other character stays as it is', () => {
  const kept =
    ' -x $(touch x) #{pid} #(touch x) ; "\' ` \\ %n ~!@ \t\n\n é e\u0301 \u202e \u200f 👩‍👩‍👧 \ufeff \u2028 ﷽ 你好';
  assert.deepEqual(composed({ text: `${kept} .`, from: 'web1:lead' }, 'web1:app'), {
    text: `[web1:lead -> web1:app] ${kept} .`,
    changes: [],
  });
});

void test('a speaker is one line', () => {
  assert.equal(cleanLabel('  a\n\u001b[31mb\u2028 c '), 'a [31mb c');
  assert.equal(cleanLabel('x'.repeat(500)).length, 200);
  assert.equal(composed({ text: 'hi', from: '\n\u0007' }, 'h:a').text, 'hi');
});

const asMessages: [string, string][] = [
  ['!ls', '> !ls'],
  ['  /clear', '>   /clear'],
  ['\u200b/clear', '> \u200b/clear'],
  ['exit', '> exit'],
  ['quit\n', '> quit\n'],
  ['exit the loop', 'exit the loop'],
  ['ends with \\', 'ends with \\ '],
  ['read @src/a.ts', 'read @src/a.ts '],
  ['look at $imag', 'look at $imag '],
  ['line one\n:heart', 'line one\n:heart '],
  [':100', ':100 '],
  ['std::hea', 'std::hea'],
  ['a@b.c', 'a@b.c'],
  ['costs 5$', 'costs 5$'],
];

for (const [given, typed] of asMessages) {
  void test(`without a preamble ${JSON.stringify(given)} stays a message`, () => {
    const { text, changes } = composed({ text: given }, 'h:a');
    assert.equal(text, typed);
    assert.equal(changes.length, given === typed ? 0 : 1);
  });
}

const shells: [string[], boolean][] = [
  [['sh'], true],
  [['/bin/bash', '-l', '-i'], true],
  [['bash', '--norc'], true],
  [['env', '-i', 'FOO=1', 'zsh'], true],
  [['nice', '-n5', 'fish'], true],
  [['bash', '-lc', 'exec claude'], false],
  [['sh', '-c', 'claude'], false],
  [['sh', 'agent.sh'], false],
  [['claude'], false],
  [['env', 'SHELL=sh', 'claude'], false],
];

for (const [command, expected] of shells)
  void test(`a shell at its prompt: ${command.join(' ')}`, () =>
    assert.equal(isShell({ command }), expected));
