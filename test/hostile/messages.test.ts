/** Messages that somewhere would be run, be keys, end the paste or become another text: each arrives as one message, byte for byte. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { openTalk, type Talk, told, type Told } from '../transport/support/talk.ts';
import { hostileNames, hostileTexts, requireNothingRan } from './hostile.ts';

const codes = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));
const controls = [...codes(0, 0x08), ...codes(0x0b, 0x1f), ...codes(0x7f, 0x9f)];

/** What the terminal is never given. */
const withoutControls = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

/** With such an end Enter would be taken for something else: it may get a space, and that is told. The stand-in shows whether it needed one. */
const ENDS_BADLY = /(?:\\\s*|(?:^|\s)[@$:]\S*)$/;

const speech: string[] = [
  ...[
    '\u001b[201~',
    '\u001b[201~\rtouch canary\r',
    '\u009b201~',
    '\u001b',
    '\r',
    '\u0003',
    '\u0004',
    '\u0015',
  ].map((keys) => `before${keys}after`),
  `all: ${controls.join(' ')}`,
  `ends with keys\u001b[201~\r`,
  '\n',
  '\n\n\n\n',
  ' ',
  '\t\ttabs\tin it\t',
  'lines\r\nof\r\nDOS\r\n',
  'old\rMac',
  'trailing\n\n\n',
  '\n\nleading',
  '/clear',
  '!touch canary',
  '#(touch canary)',
  '#{pid} #S #{?1,a,b} ##',
  'exit',
  'ends with \\',
  'ends with \\\\',
  'a\\\n',
  'look at @READ',
  '@',
  'me@example.org',
  '--help',
  '-m',
  '--',
  '=app',
  '1',
  'y',
  'e\u0301\u0327\u0301\u0301 combining',
  '\u202eright to left\u202c \u2066isolated\u2069 عربي עברית',
  '😀👩‍👩‍👧🏳️‍🌈 漢字 \u{10ffff}\u{e0001}\ufeff\u200b\u200d\u2028\u2029\u00a0\u00ad\ufffe',
  '> a quoted line\n> another',
  '─'.repeat(300),
  `─────────────\n> \n─────────────`,
  'Queued: nothing\n(3s · esc to interrupt)',
  'Enter to confirm · Esc to cancel',
  '[Pasted text #1 +40 lines]',
];

const AGENTS = ['app', 'app-2', 'ap', 'other'];
// Long enough to be seen at work, mostly: of some of these texts a screen shows nothing.
const roster = Object.fromEntries(AGENTS.map((name) => [name, { busyMs: 700 }]));

/** Has each agent told its share, all of them at once; each text is told with what came of it. */
async function tellAll<T>(all: readonly T[], tell: (one: T, agent: string) => Promise<void>): Promise<void> {
  const left = [...all];
  await Promise.all(
    AGENTS.map(async (agent) => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await tell(one, agent);
    }),
  );
}

type Send = (talk: Talk, agent: string, text: string) => Promise<Told>;

const byStdin: Send = async ({ agent }, to, text) =>
  told(await agent(['send', to, '--json', '--from', 'me'], { input: text }));
const byArgument: Send = async ({ agent }, to, text) =>
  told(await agent(['send', to, '--json', '--from', 'me', '-m', text]));

/** Sends it, and checks that exactly it arrived. Whether that could be seen is another matter with a text like `\n`. */
async function arrives(talk: Talk, agent: string, text: string, send: Send): Promise<void> {
  const before = talk.agents.taken(agent).length;
  const { result, detail, changes = [] } = await send(talk, agent, text);
  const said = JSON.stringify(text.slice(0, 100));
  const isKnown = /[a-z]{6}/i.test(text.slice(0, 20));
  assert.match(result, isKnown ? /^(?:sent|queued)$/ : /^(?:sent|queued|unverified)$/, `${said}: ${detail}`);
  const [last = '', ...more] = talk.agents.taken(agent).slice(before);
  assert.deepEqual(more, [], said);
  const at = last.indexOf(`:${agent}] `);
  assert.ok(last.startsWith('[me -> ') && at > 0, `${said}: ${last.slice(0, 100)}`);
  const arrived = last.slice(at + agent.length + 3);
  const clean = withoutControls(text);
  assert.equal(arrived, arrived === `${clean} ` && ENDS_BADLY.test(clean) ? arrived : clean);
  assert.equal(changes.length > 0, arrived !== text, changes.join());
}

/** Each message was one bracketed paste; no key was pressed but Enter; nothing ran. */
function requireOnlyMessages({ world, agents, deeds }: Talk): void {
  for (const agent of AGENTS) {
    const input = readFileSync(world.path('stand-ins', agent, 'input.bin'), 'latin1');
    const count = agents.taken(agent).length;
    assert.equal(input.split('\u001b[200~').length - 1, count);
    assert.equal(input.split('\u001b[201~').length - 1, count);
    assert.match(input.replace(/\u001b\[200~.*?\u001b\[201~/gs, ''), /^\r*$/);
    assert.deepEqual(deeds(agent), []);
  }
  requireNothingRan(world);
}

function inTalk(name: string, body: (talk: Talk, world: World) => Promise<void>): void {
  inWorld(
    name,
    'none',
    async (world) => {
      const talk = await openTalk(world, roster);
      await body(talk, world);
      requireOnlyMessages(talk);
    },
    { timeout: 240_000 },
  );
}

inTalk('hostile texts arrive, on standard input', async (talk, world) => {
  const texts = [...speech, ...hostileTexts(world)].filter((text) => text !== '');
  await tellAll(texts, (text, agent) => arrives(talk, agent, text, byStdin));
});

inTalk('hostile texts arrive, as arguments', async (talk, world) => {
  const texts = [...speech, ...hostileTexts(world)].filter((text) => text !== '' && !text.includes('\0'));
  await tellAll(texts, (text, agent) => arrives(talk, agent, text, byArgument));
});

inTalk('files of hostile names, and what is in them', async (talk, world) => {
  const names = hostileNames.map((name) => name.replaceAll('/', '_'));
  await tellAll(['plain', ...names], async (name, agent) => {
    const text = `${name}\n${controls.join('')} end`;
    writeFileSync(`${world.cwd}/${name}`, text);
    await arrives(talk, agent, text, async () =>
      told(await talk.agent(['send', agent, '--json', '--from', 'me', '-f', name])),
    );
  });
});

inTalk('who speaks may be anything, on one line', async (talk) => {
  const labels = [
    ...hostileNames,
    'a\nb',
    'a\u001b[201~\rb',
    '] /clear',
    '!',
    '-',
    controls.slice(1).join(''),
  ];
  await tellAll(labels, async (label, agent) => {
    const before = talk.agents.taken(agent).length;
    const { result, detail } = told(
      await talk.agent(['send', agent, '--json', '--from', label, '-m', 'text']),
    );
    assert.match(result, /^(?:sent|queued)$/, `${JSON.stringify(label)}: ${detail}`);
    const [last = '', ...more] = talk.agents.taken(agent).slice(before);
    assert.deepEqual(more, []);
    assert.match(last, /^\[.* -> [^\n]*\] text$/);
  });
});

inTalk('without a preamble it is still a message', async (talk) => {
  const lines = [
    '/clear',
    '!touch canary',
    'exit',
    ' /new',
    '\u0007!x',
    '\u001b/clear',
    '\ufeff/clear',
    '\u3000!x',
  ];
  await tellAll(lines, async (line, agent) => {
    const before = talk.agents.taken(agent).length;
    const { result, changes = [] } = await talk.send(agent, line, '--wait', 'idle');
    // Of so few letters nobody can tell them on a screen.
    assert.match(result, /^(?:sent|unverified)$/, JSON.stringify(line));
    assert.notDeepEqual(changes, []);
    const [last = '', ...more] = talk.agents.taken(agent).slice(before);
    assert.deepEqual(more, []);
    assert.ok(last.endsWith(withoutControls(line)), last);
  });
});

inTalk('nothing to say: nothing is typed', async (talk) => {
  for (const text of ['', '\n', ' \t\n', '\u001b', '\u0007\n\u0000']) {
    const { code, stderr } = await talk.agent(['send', 'app', '--no-preamble'], { input: text });
    assert.equal(code, 64, `${JSON.stringify(text)}: ${stderr}`);
    assert.match(stderr, /empty/);
  }
  assert.equal((await talk.agent(['send', 'app'], { input: '' })).code, 64);
  assert.equal((await talk.agent(['send', 'app', '-m', ''])).code, 64);
  assert.equal(talk.bytes(), 0);
  for (const agent of AGENTS) assert.equal((await talk.send(agent, 'something')).code, 0);
});

inTalk('bytes that are no UTF-8', async (talk, world) => {
  for (const agent of AGENTS) {
    const file = world.path('latin1');
    writeFileSync(file, Buffer.from('caf\u00e9 \u00ff\u00fe \u00c3( \u00ed\u00a0\u0080 end', 'latin1'));
    const { code } = told(await talk.agent(['send', agent, '--json', '--no-preamble', '-f', file]));
    assert.equal(code, 0);
    const shell = `exec "$0" "$1" agent send ${agent} --json --no-preamble <"$2"`;
    const mosaic = new URL('../../dist/mosaic.js', import.meta.url).pathname;
    const piped = await world.run('sh', ['-c', shell, process.execPath, mosaic, file]);
    assert.equal(piped.code, 0, piped.stdout + piped.stderr);
    const [one, two] = talk.agents.taken(agent);
    assert.match(one ?? '', /^caf\ufffd \ufffd+ \ufffd\( \ufffd+ end$/);
    assert.equal(two, one);
  }
});

inTalk('a megabyte, of one line and of many', async (talk) => {
  const texts = [
    'x'.repeat(1024 * 1024),
    `${'line of text, and more of it\n'.repeat(36_000)}end`,
    '漢😀e\u0301 '.repeat(80_000),
    'short, after it',
  ];
  await Promise.all(
    ['app', 'other'].map(async (agent) => {
      for (const text of texts) await arrives(talk, agent, text, byStdin);
    }),
  );
  for (const agent of ['app-2', 'ap']) await arrives(talk, agent, 'short', byStdin);
});

inTalk('any text at all', async (talk) => {
  const unit = fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...controls, '\n', '\\', '@', '\t', '#{pid}', '\u001b[201~', '\u001b[200~'),
    },
  );
  const text = fc.array(unit, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
  const batch = fc.array(
    text.filter((one) => withoutControls(one) !== ''),
    { minLength: 12, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(batch, (texts) => tellAll(texts, (one, agent) => arrives(talk, agent, one, byStdin))),
    { numRuns: 6, endOnFailure: true },
  );
});
