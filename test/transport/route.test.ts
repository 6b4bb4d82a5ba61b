import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentListed } from '../../src/model/messaging.ts';
import { routed } from '../../src/transport/route.ts';
import { TransportError, type Transport } from '../../src/transport/transport.ts';
import { fakeTransport } from '../support/fake-transport.ts';
import { fakeCast, fleetOf } from './scene.ts';

const agents = [
  { name: 'a1', runtime: 'pi', host: 'far' },
  { name: 'app', runtime: 'pi' },
  { name: 'a2', runtime: 'pi', host: 'far' },
  { name: 'a3', runtime: 'pi', host: 'further' },
  { name: 'app-2', runtime: 'pi' },
  { name: 'a4', runtime: 'pi', host: 'far' },
];

function scene(): { way: Transport; asked: string[] } {
  const fleet = fleetOf({ agents });
  const asked: string[] = [];
  const refuse = async (): Promise<never> => {
    throw new TransportError('unavailable', 'no way');
  };
  const remote: Transport = {
    async listAgents() {
      return fleet.elsewhere.map(({ name, host, runtime, state }): AgentListed => ({
        agent: name,
        host,
        runtime,
        wanted: state,
      }));
    },
    async status(names) {
      asked.push(...names);
      return names.map((agent) => ({ agent: agent.replace('=', ''), host: 'far', presence: 'unreachable' }));
    },
    async send(agent) {
      asked.push(agent);
      return { agent, host: 'far', result: 'unverified', changes: [] };
    },
    reset: refuse,
    tail: refuse,
    attachment: async () => ({ command: ['ssh'], env: {} }),
    ownLabel: refuse,
  };
  return { way: routed(fleet, fakeTransport(fleet, fakeCast('here')), remote), asked };
}

test('agents are listed in the order of the file, wherever they are', async () => {
  const listed = await scene().way.listAgents();
  assert.deepEqual(
    listed.map(({ agent, host, presence }) => [agent, host, presence]),
    [
      ['a1', 'far', undefined],
      ['app', undefined, 'live'],
      ['a2', 'far', undefined],
      ['a3', 'further', undefined],
      ['app-2', undefined, 'live'],
      ['a4', 'far', undefined],
    ],
  );
});

test('a question about many is parted, and answered in its order', async () => {
  const { way, asked } = scene();
  const seen = await way.status(['a2', 'app-2', '=a1', '=app']);
  assert.deepEqual(
    seen.map(({ agent, presence }) => [agent, presence]),
    [
      ['a2', 'unreachable'],
      ['app-2', 'live'],
      ['a1', 'unreachable'],
      ['app', 'live'],
    ],
  );
  assert.deepEqual(asked, ['a2', '=a1']);
});

test('each agent has its own way, and who is unknown is asked of this host', async () => {
  const { way, asked } = scene();
  const plainly = { retries: 0, force: false };
  assert.equal((await way.send('app', { text: 'x' }, plainly)).result, 'sent');
  assert.equal((await way.send('=a4', { text: 'x' }, plainly)).result, 'unverified');
  assert.deepEqual(asked, ['=a4']);
  assert.deepEqual((await way.attachment('a1', { readOnly: true })).command, ['ssh']);
  assert.deepEqual((await way.attachment('app', { readOnly: false })).command, ['attach', 'app']);
  await assert.rejects(way.tail('a1', { lines: 1, ansi: false }), /no way/);
  await assert.rejects(way.send('a', { text: 'x' }, plainly), /there is no agent "a"/);
  await assert.rejects(way.status(['app', 'a']), /there is no agent "a"/);
});
