import assert from 'node:assert/strict';
import test from 'node:test';
import { appearanceOf } from '../../src/message/appearance.ts';
import { solidText, withColours, plainText } from '../../src/message/escapes.ts';
import { isDraftOf, sightOf, takenAs, traceOf, type Sight } from '../../src/message/evidence.ts';
import type { Runtime } from '../../src/model/fleet.ts';

const runtime: Runtime = {
  command: ['demo'],
  ready: '^> ',
  busy: '^working$',
  queued: '^Queued: ',
  dialog: '^Enter to confirm$',
  draft: '^> (.*)$',
  fresh: '^Welcome$',
};

const text = '[web1:lead -> web1:app] Look at the build\nand at the tests';

function see(...lines: string[]): Sight {
  const screen = lines.join('\n');
  return sightOf(appearanceOf(runtime, { text: screen, title: '' }), screen, traceOf(text), runtime.queued);
}

const shown = '> [web1:lead -> web1:app] Look at the build';

const table: [string, Sight, Sight, 'sent' | 'queued' | undefined][] = [
  ['it works now', see('> '), see('working', '> '), 'sent'],
  ['it is in the conversation', see('working', '> '), see(shown, 'working', '> '), 'sent'],
  [
    'wrapped and indented, it is in the conversation',
    see('> '),
    see('│ [web1:lead -> web1:', '│ app] Look at the build', '> '),
    'sent',
  ],
  ['it waits', see('working', '> '), see('working', `Queued: ${shown}`, '> '), 'queued'],
  [
    'another one waits',
    see('working', 'Queued: a', '> '),
    see('working', 'Queued: a', 'Queued: b', '> '),
    'queued',
  ],
  ['the same once more', see(shown, '> '), see(shown, shown, '> '), 'sent'],
  [
    'only its end is left on the screen',
    see('working', '> '),
    see('  and at the tests', 'working', '> '),
    undefined,
  ],
  [
    'its end is on the screen',
    see('working', '> '),
    see('  lead -> web1:app] Look at the build', '  and at the tests', 'working', '> '),
    'sent',
  ],
  ['it worked already, and nothing shows', see('working', '> '), see('working', '> '), undefined],
  ['it was there before', see(shown, '> '), see(shown, '> '), undefined],
  ['it began anew', see('a', '> '), see('Welcome', '> '), undefined],
  [
    'what waited before is no proof',
    see('working', 'Queued: a', '> '),
    see('working', 'Queued: a', '> '),
    undefined,
  ],
];

for (const [name, before, now, expected] of table) {
  void test(`evidence: ${name}`, () => assert.equal(takenAs(before, now), expected));
}

void test('a text is known by the beginning of its first line and by its end; a short one by nothing', () => {
  const both = (head: string, tail: string) => ({ head, tail, ascii: { head, tail } });
  assert.deepEqual(traceOf('\n\n first line\nsecond line\n'), both('firstline', 'firstlinesecondline'));
  assert.deepEqual(traceOf(' \n'), both('', ''));
  assert.deepEqual(traceOf('ok'), both('', ''));
  const long = traceOf(`${'x'.repeat(1000)}\n${'y'.repeat(1000)}`);
  assert.deepEqual(long, both('x'.repeat(40), 'y'.repeat(40)));
  assert.deepEqual(traceOf('cafe\u0301 _|😀 漢字 x'), {
    head: 'café漢字x',
    tail: 'café漢字x',
    ascii: { head: '', tail: '' },
  });
});

void test('what stands in an editor is told from what somebody else has typed', () => {
  const trace = traceOf('[web1:lead -> web1:app] Look at the build\nand at the tests, all of them, please');
  for (const draft of [
    '[web1:lead -> web1:app] Look at\n  the build\n  and at the tests, all of them, please',
    '[web1:lead -> web1:app] Look at the build and at',
    'at the build\n  and at the tests, all of them, please',
    '[web1',
    '[Pasted text #1 +40 lines]',
    '[Pasted Content 200000 chars]',
    '[paste #1 +41 lines]',
  ])
    assert.equal(isDraftOf(trace, draft), true, draft);
  for (const draft of [
    'half a thought',
    'half a thought [web1:lead -> web1:app] Look at the build',
    '/clear',
  ])
    assert.equal(isDraftOf(trace, draft), false, draft);
  assert.equal(isDraftOf(traceOf('漢字'), 'anything'), true);
});

void test('what is printed faint is not in the editor; what comes after it is', () => {
  assert.equal(
    solidText('> \u001b[2mTry this\u001b[22m and \u001b[38;2;2;2;2mthat\u001b[0m'),
    '>          and that',
  );
  const faint = appearanceOf(runtime, { text: '> \u001b[2mTry this\u001b[0m', title: '' });
  assert.equal(faint.draft, '');
  assert.equal(appearanceOf(runtime, { text: '> \u001b[1mmine\u001b[0m  ', title: '' }).draft, 'mine');
});

void test('an appearance in every state', () => {
  const of = (screen: string, title = ''): string =>
    appearanceOf({ ...runtime, busyTitle: '^⠙' }, { text: screen, title }).activity;
  assert.equal(of('loading'), 'starting');
  assert.equal(of('> '), 'idle');
  assert.equal(of('working\n> '), 'busy');
  assert.equal(of('> ', '⠙ demo'), 'busy');
  assert.equal(of('working\nRun it?\nEnter to confirm'), 'dialog');
  assert.equal(appearanceOf({ command: ['x'], ready: '^> ' }, { text: '> ', title: '' }).activity, 'unknown');
  assert.equal(appearanceOf(undefined, { text: 'x', title: '' }).activity, 'unknown');
});

void test('colours stay, and nothing else that a terminal acts on', () => {
  const text2 = '\u001b[31mred\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\\u001b[2J\nplain';
  assert.equal(withColours(text2), '\u001b[31mredlink\u001b[0m\nplain');
  assert.equal(plainText(text2), 'redlink\nplain');
});
