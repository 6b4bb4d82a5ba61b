/** What holds of every way to agents: the same assertions for the fake, for tmux, and for both over ssh. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { SendOptions } from '../../src/model/messaging.ts';
import { TransportError, type Transport } from '../../src/transport/transport.ts';
import { until } from '../support/until.ts';

/** The agents of the scene, in the order of its fleet file, and how they are before anything is said. */
export const cast = {
  app: 'live, idle',
  'app-2': 'live, idle',
  worker: 'live, busy, queues what comes',
  asks: 'live, shows a question that Enter would answer',
  drafted: 'live, with "half a thought" in its editor',
  ended: 'dead',
  gone: 'absent, and "gone-2" is a live session of somebody else',
  theirs: 'foreign: a live session of that name that is not ours',
} as const;

export type Cast = keyof typeof cast;

export interface ContractScene {
  transport: Transport;
  /** What an agent's program has taken since the scene began, in order. */
  taken: (agent: Cast) => string[] | Promise<string[]>;
  /** Everything that has been typed anywhere, also into sessions that are not ours: any measure that changes with it. */
  typed: () => unknown;
  /** The kickstart of `app`, as the fleet file has it. */
  kickstart: string;
}

/** A test of the kind, made of a scene of its own: `inWorld`, or plain `test`. */
export type ForScene = (name: string, body: (scene: ContractScene, t: TestContext) => Promise<void>) => void;

const plainly: SendOptions = { retries: 3, force: false };

export function transportContract(forScene: ForScene): void {
  forScene(
    'lists the agents of the fleet file in its order, with what is seen of them',
    async ({ transport }) => {
      const listed = await transport.listAgents();
      assert.deepEqual(
        listed.map(({ agent, presence }) => [agent, presence]),
        [
          ['app', 'live'],
          ['app-2', 'live'],
          ['worker', 'live'],
          ['asks', 'live'],
          ['drafted', 'live'],
          ['ended', 'dead'],
          ['gone', 'absent'],
          ['theirs', 'foreign'],
        ],
      );
      for (const { runtime, wanted } of listed) assert.ok(runtime !== '' && wanted === 'running');
    },
  );

  forScene('tells what each agent does, in the order asked', async ({ transport }) => {
    const names = ['worker', 'asks', 'app', 'drafted', 'ended', 'gone', 'theirs'];
    const seen = await transport.status(names);
    assert.deepEqual(
      seen.map(({ agent, presence, activity }) => [agent, presence, activity]),
      [
        ['worker', 'live', 'busy'],
        ['asks', 'live', 'dialog'],
        ['app', 'live', 'idle'],
        ['drafted', 'live', 'idle'],
        ['ended', 'dead', undefined],
        ['gone', 'absent', undefined],
        ['theirs', 'foreign', undefined],
      ],
    );
    assert.equal(seen.find(({ agent }) => agent === 'drafted')?.draft, 'half a thought');
    assert.equal(seen.find(({ agent }) => agent === 'app')?.draft, '');
    assert.match((seen.find(({ agent }) => agent === 'asks')?.dialog ?? []).join('\n'), /Enter to confirm/);
  });

  forScene('what is sent arrives once, at exactly that agent, with who speaks', async (scene) => {
    const { transport, taken } = scene;
    const text = 'Look at $(touch x) `touch x` "a" \'b\' #{pid} %n\n\n\tGrüße 😀 \\ end.';
    for (const name of ['app', '=app']) {
      await idle(transport, 'app');
      const before = await taken('app');
      const delivery = await transport.send(name, { text, from: 'web1:lead' }, plainly);
      assert.equal(delivery.result, 'sent', delivery.detail);
      assert.equal(delivery.agent, 'app');
      assert.deepEqual(delivery.changes, []);
      const now = await taken('app');
      assert.equal(now.length, before.length + 1);
      assert.match(now.at(-1) ?? '', /^\[web1:lead -> [\w.-]+:app\] Look at /);
      assert.ok(now.at(-1)?.endsWith(text));
    }
    assert.deepEqual(await taken('app-2'), []);
    const second = await transport.send('app-2', { text: 'only you' }, plainly);
    assert.equal(second.result, 'sent', second.detail);
    assert.deepEqual(await taken('app-2'), ['only you']);
    assert.equal((await taken('app')).length, 2);
  });

  forScene('control characters are taken out, and that is said', async ({ transport, taken }) => {
    const delivery = await transport.send(
      'app',
      { text: 'a\u001b[201~b\u0007\u009bc\u007f', from: '' },
      plainly,
    );
    assert.equal(delivery.result, 'sent', delivery.detail);
    assert.match(delivery.changes.join(), /control characters were removed/);
    assert.deepEqual(await taken('app'), ['a[201~bc']);
  });

  forScene('a busy agent queues what comes', async ({ transport, taken }) => {
    const delivery = await transport.send('worker', { text: 'next, please' }, plainly);
    assert.equal(delivery.result, 'queued', delivery.detail);
    assert.deepEqual(await taken('worker'), ['next, please']);
  });

  for (const [name, result, inTheWay] of [
    ['asks', 'dialog', /Enter to confirm/],
    ['drafted', 'draft', /half a thought/],
  ] as const) {
    forScene(`with a ${result} in the way nothing is typed`, async ({ transport, typed }) => {
      const before = await typed();
      const delivery = await transport.send(name, { text: 'hello' }, plainly);
      assert.equal(delivery.result, result);
      assert.match((delivery.inTheWay ?? []).join('\n'), inTheWay);
      assert.deepEqual(await typed(), before);
    });
  }

  for (const name of ['ended', 'gone', 'theirs'] as const) {
    forScene(`where an agent is ${cast[name]}, nothing is typed anywhere`, async ({ transport, typed }) => {
      const before = await typed();
      const delivery = await transport.send(name, { text: 'hello' }, { ...plainly, force: true });
      assert.equal(delivery.result, 'absent');
      assert.ok(delivery.detail !== undefined && delivery.fix !== undefined);
      assert.deepEqual(await typed(), before);
    });
  }

  forScene('the end of a screen is shown, also of a program that has ended', async ({ transport }) => {
    await transport.send('app', { text: 'one\ntwo\nthree' }, plainly);
    await idle(transport, 'app');
    const whole = await transport.tail('app', { lines: 80, ansi: false });
    assert.equal(whole.agent, 'app');
    assert.equal(whole.presence, 'live');
    assert.notEqual(whole.run, '');
    assert.match(whole.lines.join('\n'), /one\n.*two\n.*three/);
    assert.notEqual(whole.lines.at(-1), '');
    const last = await transport.tail('app', { lines: 2, ansi: false });
    assert.deepEqual(last.lines, whole.lines.slice(-2));
    assert.equal((await transport.tail('ended', { lines: 80, ansi: false })).presence, 'dead');
    for (const name of ['gone', 'theirs'])
      await assert.rejects(transport.tail(name, { lines: 80, ansi: false }), { kind: 'absent' });
  });

  forScene('a session that is there can be attached to, and no other', async ({ transport }) => {
    const { command } = await transport.attachment('app', { readOnly: true });
    assert.ok(command.length > 1);
    for (const name of ['gone', 'theirs'])
      await assert.rejects(transport.attachment(name, { readOnly: true }), { kind: 'absent' });
  });

  forScene('a reset empties the conversation and is followed by the kickstart', async (scene) => {
    const { transport, taken, kickstart } = scene;
    await transport.send('app', { text: 'remember this' }, plainly);
    const reset = await transport.reset('app', {
      mode: 'clear',
      wait: 'idle',
      force: false,
      kickstart: true,
    });
    assert.equal(reset.result, 'cleared', reset.detail);
    assert.equal(reset.kickstart, 'sent', reset.detail);
    assert.equal((await taken('app')).at(-1), kickstart);
    const without = await transport.reset('app-2', { mode: 'new', force: false, kickstart: false });
    assert.equal(without.result, 'cleared', without.detail);
    assert.equal(without.kickstart, undefined);
  });

  for (const name of ['worker', 'asks', 'drafted'] as const) {
    forScene(`an agent that is ${cast[name]} is not reset`, async ({ transport, typed }) => {
      const before = await typed();
      const reset = await transport.reset(name, { mode: 'clear', force: false, kickstart: true });
      assert.equal(reset.result, 'refused');
      assert.notEqual(reset.detail, undefined);
      assert.deepEqual(await typed(), before);
    });
  }

  forScene('an agent that is in no fleet file is said to be that', async ({ transport, typed }) => {
    const before = await typed();
    const absent = (error: unknown): boolean =>
      error instanceof TransportError && error.kind === 'absent' && /"ap"/.test(error.message);
    await assert.rejects(transport.send('ap', { text: 'hello' }, plainly), absent);
    await assert.rejects(transport.status(['ap']), absent);
    await assert.rejects(transport.tail('ap', { lines: 1, ansi: false }), absent);
    await assert.rejects(transport.attachment('ap', { readOnly: true }), absent);
    await assert.rejects(transport.reset('ap', { mode: 'new', force: true, kickstart: true }), absent);
    assert.deepEqual(await typed(), before);
  });
}

/** A screen changes while its program works. */
const idle = (transport: Transport, agent: Cast): Promise<unknown> =>
  until(`${agent} is idle`, async () => (await transport.status([agent]))[0]?.activity === 'idle');

/** One scene for all, where it takes long to set up: each test says what it needs to be so, and no more. */
export function inOneScene(
  t: TestContext,
  make: () => Promise<ContractScene> | ContractScene,
): Promise<void> {
  const tests: [string, (scene: ContractScene, t: TestContext) => Promise<void>][] = [];
  transportContract((name, body) => void tests.push([name, body]));
  return tests.reduce(async (before, [name, body]) => {
    await before;
    await t.test(name, async (inner) => {
      const scene = await make();
      for (const agent of ['app', 'app-2'] as const) await idle(scene.transport, agent);
      return body(scene, inner);
    });
  }, Promise.resolve());
}

/** For what needs no world. */
export const plainTest =
  (make: () => ContractScene): ForScene =>
  (name, body) =>
    void test(name, async (t) => body(make(), t));
