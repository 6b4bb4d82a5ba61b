/** Each way in which a program loses or doubles what is typed to it, by itself: what is told is what happened. */
import assert from 'node:assert/strict';
import type { StandInOptions } from '../support/stand-in/runtime.ts';
import { inTalk } from './support/talk.ts';

const MANY_LINES = Array.from({ length: 40 }, (_, index) => `line ${index}: ${'x'.repeat(index)}`).join('\n');
const TEXTS = ['one line', 'two\nlines', MANY_LINES, `long ${'words '.repeat(500)}`];

/** They are slow or lossy, and everything arrives all the same. */
const coped: Record<string, StandInOptions> = {
  'behaves well': {},
  'has no screen of its own': { alternate: false },
  'reads a byte at a time': { readBytes: 16, readEveryMs: 4 },
  'shows a paste late, and loses Enter meanwhile': { pasteTakesMs: 1200, earlyEnter: 'lost' },
  'shows a paste late, and takes Enter for a newline meanwhile': {
    pasteTakesMs: 1200,
    earlyEnter: 'newline',
  },
  'takes Enter right after a paste for a newline': { enterGuardMs: 1500, earlyEnter: 'newline' },
  'loses Enter right after a paste': { enterGuardMs: 1500, earlyEnter: 'lost' },
  'loses the first Enter': { swallowFirst: 1 },
  'blanks its screen before it draws': { flickerMs: 25 },
  'is quick': { busyMs: 1 },
  'tells by its title that it works': { busyByTitle: true, busyMs: 600 },
  'answers at length': { busyMs: 2500 },
};

for (const [how, options] of Object.entries(coped)) {
  inTalk(`a program that ${how}`, { app: options }, async ({ agents, send, deeds, world }) => {
    for (const [index, text] of TEXTS.entries()) {
      const { result, code, detail } = await send('app', text);
      assert.deepEqual([code, agents.taken('app').at(-1)], [0, text], `${result}: ${detail}`);
      assert.match(result, /^(?:sent|queued)$/);
      assert.equal(agents.taken('app').length, index + 1);
    }
    // Nothing of it comes later.
    await world.until(
      'it is idle',
      async () => (await send('app', 'the last one', '--wait', 'idle')).result === 'sent',
    );
    assert.deepEqual(agents.taken('app'), [...TEXTS, 'the last one']);
    assert.deepEqual(deeds('app'), []);
  });
}

inTalk('more Enters lost than there are retries', { app: { swallowFirst: 3 } }, async (talk) => {
  const { agents, send } = talk;
  const { result, code, detail } = await send('app', 'text', '--retries', '1');
  assert.deepEqual([result, code], ['unverified', 2]);
  assert.match(detail ?? '', /still stands in the editor/);
  assert.deepEqual(agents.taken('app'), []);
});

inTalk('as many retries as there are Enters lost', { app: { swallowFirst: 2 } }, async ({ agents, send }) => {
  assert.deepEqual((await send('app', 'text', '--retries', '2')).code, 0);
  assert.deepEqual(agents.taken('app'), ['text']);
});

inTalk(
  'while it works, messages queue in order',
  { app: { busy: true } },
  async ({ agents, send, world }) => {
    await world.until('it works', async () =>
      (await world.tmux('capture-pane', '-p', '-t', '=app:')).stdout.includes('esc to interrupt'),
    );
    for (const text of ['first', MANY_LINES, 'third']) {
      const { result, code } = await send('app', text);
      assert.deepEqual([result, code], ['queued', 0]);
    }
    assert.deepEqual(agents.taken('app'), ['first', MANY_LINES, 'third']);
    assert.deepEqual(
      agents.records('app').flatMap(({ queued }) => queued ?? []),
      [true, true, true],
    );
  },
);

inTalk('--wait idle waits until it is', { app: { busy: true } }, async ({ agents, send, world, bytes }) => {
  await world.until('it works', async () =>
    (await world.tmux('capture-pane', '-p', '-t', '=app:')).stdout.includes('esc to interrupt'),
  );
  const sending = send('app', 'later', '--wait', 'idle');
  const first = await Promise.race([sending, world.until('a second is over', after(1000))]);
  assert.equal(first, true);
  assert.equal(bytes(), 0);
  agents.behave('app', {});
  assert.equal((await sending).result, 'sent');
  assert.deepEqual(
    agents.records('app').flatMap(({ queued }) => queued ?? []),
    [false],
  );
});

inTalk(
  'a dialog: nothing is typed',
  { app: { dialog: true } },
  async ({ send, agents, bytes, deeds, world }) => {
    const { result, code, in_the_way: lines = [] } = await send('app', 'text');
    assert.deepEqual([result, code, bytes()], ['dialog', 3, 0]);
    assert.deepEqual(lines.slice(-5), [
      'Run this command?',
      '  touch approved',
      '❯ 1. Yes',
      '  2. No',
      'Enter to confirm · Esc to cancel',
    ]);
    assert.equal((await send('app', 'text', '--force')).code, 3);
    assert.equal(bytes(), 0);
    const sending = send('app', 'after it', '--wait', 'idle');
    assert.equal(await Promise.race([sending, world.until('a second is over', after(1000))]), true);
    assert.equal(bytes(), 0);
    agents.behave('app', {});
    assert.equal((await sending).result, 'sent');
    assert.deepEqual(agents.taken('app'), ['after it']);
    assert.deepEqual(deeds('app'), []);
  },
);

inTalk(
  'a dialog that a paste brings up: Enter is kept back',
  { app: { dialogOnPaste: true } },
  async (talk) => {
    const { result, code } = await talk.send('app', 'text');
    assert.deepEqual([result, code], ['unverified', 2]);
    assert.deepEqual(talk.deeds('app'), []);
    assert.deepEqual(talk.agents.taken('app'), []);
  },
);

inTalk("somebody's draft is neither sent nor lost", { app: {} }, async ({ send, agents, bytes, world }) => {
  await world.tmux('send-keys', '-t', '=app:', '-l', 'half a thought');
  await world.until('it stands there', async () =>
    (await world.tmux('capture-pane', '-p', '-t', '=app:')).stdout.includes('> half a thought'),
  );
  const before = bytes();
  const { result, code, in_the_way: lines } = await send('app', 'text');
  assert.deepEqual([result, code, lines], ['draft', 3, ['half a thought']]);
  assert.equal(bytes(), before);
  assert.equal((await send('app', ' and text', '--force')).result, 'sent');
  assert.deepEqual(agents.taken('app'), ['half a thought and text']);
});

/** It loses all at one of the moments where that matters: what is told may be less than what happened, never more. */
const ends: [when: string, options: StandInOptions, results: string[], arrives: boolean][] = [
  ['as the paste begins', { crash: { paste: 1 } }, ['failed', 'unverified'], false],
  ['when the paste has come', { crash: { pasted: 1 } }, ['failed', 'unverified'], false],
  ['in place of what Enter does', { crash: { enter: 1 } }, ['unverified'], false],
  ['when it has taken the message', { crash: { taken: 1 } }, ['unverified'], true],
  ['soon after it has taken the message', { crash: { later: 1 }, laterMs: 50 }, ['unverified', 'sent'], true],
];

for (const crashHow of ['exit', 'reload'] as const) {
  for (const [when, options, results, arrives] of ends) {
    const behaviour = { ...options, crashHow, startMs: 300 };
    inTalk(
      `a program that ${crashHow}s ${when}`,
      { app: behaviour },
      async ({ agents, send, apply, deeds, world }) => {
        const { result, code, detail } = await send('app', 'text');
        assert.ok(results.includes(result), `${result}: ${detail}`);
        assert.notEqual(code, 3);
        assert.equal(code === 0, result === 'sent');
        assert.deepEqual(agents.taken('app'), arrives ? ['text'] : []);
        await world.until('it has ended or forgotten all', () => deeds('app').length > 0);
        assert.deepEqual(deeds('app'), ['crash']);
        agents.behave('app', {});
        await apply();
        await agents.ready('app', 2);
        assert.equal((await send('app', 'next', '--wait', 'idle')).result, 'sent');
        assert.deepEqual(agents.taken('app'), arrives ? ['text', 'next'] : ['next']);
      },
    );
  }
}

function after(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() > end;
}
