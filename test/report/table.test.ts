import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { table } from '../../src/report/table.ts';
import type { Cell, Column } from '../../src/report/table.ts';
import { cut, cutStart, wrap } from '../../src/report/text.ts';
import { visible } from '../../src/base/visible.ts';

const columns: Column[] = [
  { header: 'NAME', importance: 4, min: 6 },
  { header: 'COUNT', importance: 1, align: 'right' },
  { header: 'EMPTY', importance: 2 },
  { header: 'REASON', importance: 3, min: 10, overflow: 'wrap' },
];
const rows: Cell[][] = [
  ['coder0', '7', '', 'all is well'],
  ['a-much-longer-name', '12345', '', { text: 'the session ended and nobody knows why', style: 'red' }],
  ['古池や', '1', '', ''],
];
const drawn = (width: number, color = false): string =>
  `\n${table(columns, rows, { columns: width, color })}`;

describe('table', () => {
  it('is as wide as it needs where there is room, without columns that hold nothing', () => {
    assert.equal(
      drawn(Number.POSITIVE_INFINITY),
      `
NAME                COUNT  REASON
coder0                  7  all is well
a-much-longer-name  12345  the session ended and nobody knows why
古池や                  1
`,
    );
  });

  it('wraps before it cuts, and leaves out last', () => {
    assert.equal(
      drawn(45),
      `
NAME                COUNT  REASON
coder0                  7  all is well
a-much-longer-name  12345  the session ended
                           and nobody knows
                           why
古池や                  1
`,
    );
    assert.equal(
      drawn(25),
      `
NAME    COUNT  REASON
coder0      7  all is
               well
a-muc…  12345  the
               session
               ended and
               nobody
               knows why
古池や      1
`,
    );
  });

  it('wraps long text before it cuts other columns', () => {
    const reason = 'a reason that is told in rather more words than fit on the line';
    const wide = table(columns, [['a-much-longer-name', '1', '', reason]], { columns: 70, color: false });
    assert.equal(
      wide,
      `NAME                COUNT  REASON
a-much-longer-name      1  a reason that is told in rather more words
                           than fit on the line
`,
    );
  });

  it('keeps the most important column, cut, where nothing else fits', () => {
    assert.equal(drawn(5), '\nNAME\ncode…\na-mu…\n古池…\n');
  });

  it('colours text alone, never what lies between', () => {
    assert.match(drawn(45, true), /\u001b\[31mthe session ended\u001b\[39m\n/);
    assert.equal(drawn(45, true).replace(/\u001b\[\d+m/g, ''), drawn(45));
  });

  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.lorem({ maxCount: 12 }),
    fc.constantFrom('古池や蛙飛びこむ水の音', '👩‍👩‍👧‍👦👩‍👩‍👧‍👦', '\u001b[31mred', 'a\u0301\u0301\u0301', '\t\n'),
  );

  it('never exceeds its width, emits a control character or ends a line in spaces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text, text, text), { maxLength: 6 }),
        fc.integer({ min: 2, max: 160 }),
        (cells, width) => {
          const lines = table(columns, cells, { columns: width, color: false }).split('\n');
          assert.equal(lines.pop(), '');
          for (const line of lines) {
            assert.ok(stringWidth(line) <= width, `${stringWidth(line)} > ${width}: ${line}`);
            assert.doesNotMatch(line, /\p{Cc}/u);
            assert.doesNotMatch(line, / $/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('loses no word by wrapping', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 30 }), fc.integer({ min: 1, max: 60 }), (words, width) => {
        assert.equal(wrap(words, width).join('').replaceAll(' ', ''), words.replaceAll(' ', ''));
      }),
    );
  });

  it('cuts to the width and tells it', () => {
    fc.assert(
      fc.property(text.map(visible), fc.integer({ min: 1, max: 50 }), (words, width) => {
        const short = cut(words, width);
        assert.ok(stringWidth(short) <= width);
        assert.ok(short === words || short.endsWith('…'));
        const end = cutStart(words, width);
        assert.ok(stringWidth(end) <= width);
        assert.ok(end === words || (end.startsWith('…') && words.endsWith(end.slice(1))));
      }),
    );
  });
});
