import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  answerLine,
  formatRequest,
  hear,
  helloLine,
  parseRequest,
} from '../../../src/transport/remote/protocol.ts';
import { serveRequest } from '../../../src/transport/remote/serve.ts';
import { fakeTransport } from '../../support/fake-transport.ts';
import { fakeCast, fleetOf, sceneAgents } from '../scene.ts';

const id = '0123456789abcdef';
const options = { retries: 3, force: false };
const anyText = fc.string({ unit: 'binary' });

test('whatever a message says, it is what the other side reads', () => {
  fc.assert(
    fc.property(anyText, fc.option(anyText, { nil: undefined }), (text, from) => {
      const message = { text, ...(from === undefined ? {} : { from }) };
      const request = { op: 'send', id, agent: 'app', message, options } as const;
      assert.deepEqual(parseRequest(formatRequest(request)), { request });
    }),
  );
});

test('an answer is found among whatever a login prints, and no terminal acts on its line', () => {
  const lastLine = fc.array(anyText, { maxLength: 3 });
  fc.assert(
    fc.property(lastLine, anyText, anyText, (lines, before, after) => {
      const tail = { agent: 'app', host: 'far', presence: 'live', lines, run: '1-1-$1' } as const;
      const line = answerLine({ id, tail });
      assert.doesNotMatch(line, /[^\n\P{Cc}]/u);
      const heard = hear(`${before}${helloLine}\n\n${line}${after}`, id);
      assert.deepEqual(heard, { hello: true, answer: { id, tail } });
    }),
  );
});

test('an answer that was cut off, or is to another question, is none', () => {
  const line = answerLine({ id, list: [] });
  for (let length = 0; length < line.length - 1; length++)
    assert.equal(hear(line.slice(0, length), id).answer, undefined);
  assert.deepEqual(hear(line, id).answer, { id, list: [] });
  assert.equal(hear(line, 'fedcba9876543210').answer, undefined);
});

test('an answer of another form is said to be that', () => {
  const bad = '\nmosaic-serve answer {"format_version":2,"id":"x"}\n';
  assert.match(hear(bad, id).wrong ?? '', /format_version/);
  assert.match(hear('\nmosaic-serve answer {\n', id).wrong ?? '', /not JSON/);
});

const served = (text: string, host = 'far') =>
  serveRequest(text, async () => {
    const fleet = fleetOf({ agents: [...sceneAgents(), { name: 'roamer', runtime: 'pi', host: 'third' }] });
    return { fleet, local: fakeTransport(fleet, fakeCast(host)) };
  });

test('what is no request is answered with what is wrong, and nothing is done', async () => {
  const wrong: [string, RegExp][] = [
    ['', /it is empty/],
    ['{', /not JSON/],
    ['[]', /must be object/],
    ['{"format_version":2,"id":"0123456789abcdef","op":"list"}', /of format 2, and this mosaic knows 1/],
    [`{"format_version":1,"id":"${id}","op":"kill"}`, /op must be/],
    [
      `{"format_version":1,"id":"${id}","op":"tail","agent":"-x","options":{"lines":1,"ansi":true}}`,
      /pattern|match/,
    ],
    [`{"format_version":1,"id":"${id}","op":"send","agent":"app","message":{},"options":{}}`, /required/],
  ];
  for (const [text, words] of wrong) {
    const { error } = await served(text);
    assert.equal(error?.kind, 'failed');
    assert.match(error.message, words);
  }
});

test('an agent that is of another host there is not reached through it', async () => {
  const { error } = await served(
    formatRequest({ op: 'send', id, agent: 'roamer', message: { text: 'x' }, options }),
  );
  assert.equal(error?.kind, 'absent');
  assert.match(error.message, /gives the agent "roamer" to the host "third".*not passed on/);
  const { status } = await served(formatRequest({ op: 'status', id, agents: ['roamer', 'app', 'nobody'] }));
  assert.deepEqual(
    status?.map(({ agent, presence }) => [agent, presence]),
    [
      ['roamer', 'unreachable'],
      ['app', 'live'],
      ['nobody', 'unreachable'],
    ],
  );
  assert.match(status[2]?.detail ?? '', /has no agent "nobody"/);
  const { list } = await served(formatRequest({ op: 'list', id }));
  assert.ok(list?.length === 8 && list.every(({ agent }) => agent !== 'roamer'));
});

test('a mistake of ours is no answer', async () => {
  const request = formatRequest({ op: 'list', id });
  await assert.rejects(
    serveRequest(request, () => Promise.reject(new RangeError('x'))),
    RangeError,
  );
});
