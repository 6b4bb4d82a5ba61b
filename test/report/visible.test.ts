import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { jsonText, visible, visibleLines } from '../../src/base/visible.ts';

// What a terminal acts on, said apart from the code under test.
const raw =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}\ud800-\udfff]/u;

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001b[31m',
        '\u009b2J',
        '\u202e',
        '\u2066',
        '\n',
        '\r',
        '\t',
        '\u0000',
        '\ud800',
        '古',
        '\u{e0041}',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('visible', () => {
  const cases: [string, string][] = [
    ['plain text, with ünïcode 古 and 👩‍💻', 'plain text, with ünïcode 古 and 👩‍💻'],
    ['two\nlines\r\n\tmore', 'two\\nlines\\r\\n\\tmore'],
    ['\u001b[31mred\u0007', '\\x1b[31mred\\x07'],
    ['\u009b31m and \u007f', '\\x9b31m and \\x7f'],
    ['abc\u202etxt.exe', 'abc\\u{202e}txt.exe'],
    ['half \ud83d of a pair', 'half \\u{d83d} of a pair'],
    ['\ufff9read\ufffbthis', '\\u{fff9}read\\u{fffb}this'],
    ['unseen \u{e0041}', 'unseen \\u{e0041}'],
  ];
  for (const [text, expected] of cases)
    it(`shows ${JSON.stringify(text)}`, () => assert.equal(visible(text), expected));

  it('leaves nothing that a terminal acts on', () => {
    fc.assert(fc.property(hostile, (text) => !raw.test(visible(text))));
  });

  it('shows a block line by line, tabs as they are', () => {
    assert.deepEqual(visibleLines('a\tb\r\n\u001b[2J\n\nend'), ['a\tb\\r', '\\x1b[2J', '', 'end']);
    assert.deepEqual(visibleLines('one\n'), ['one']);
    assert.deepEqual(visibleLines(''), []);
  });
});

describe('jsonText', () => {
  it('means the same and is safe to print', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(undefined, 2), (text, indent) => {
        const value = { [text]: [text], list: [1, null] };
        const json = jsonText(value, indent);
        assert.deepEqual(JSON.parse(json), value);
        assert.ok(!raw.test(json.replaceAll('\n', '')));
        assert.equal(json.includes('\n'), indent !== undefined);
      }),
    );
  });
});
