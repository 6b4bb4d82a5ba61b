import assert from 'node:assert/strict';
import { standInsOf, type StandIns } from '../support/stand-in/runtime.ts';
import { inWorld } from '../support/supervisors.ts';
import type { World } from '../support/world.ts';
import { runsIn, type Runs } from './support/calls.ts';

const NAME = '_formula-gardener';
const formula = { name: 'gardener', runtime: 'stand-in' };

async function scene(world: World): Promise<{ agents: StandIns; runs: Runs; command: string[] }> {
  const agents = standInsOf(world);
  world.writeFleet({ agents: [], runtimes: { 'stand-in': agents.runtime } });
  const runs = await runsIn(world);
  await runs.server();
  return { agents, runs, command: agents.runtime['command'] as string[] };
}

inWorld(
  'a prompt is typed once, when its program has started and what stands over it is gone',
  'none',
  async (world) => {
    const { agents, runs, command } = await scene(world);
    agents.behave(NAME, { startMs: 1500, dialog: true });
    await runs.start({ formula, command, workplace: world.cwd });
    setTimeout(() => agents.behave(NAME, {}), 4000);
    const prompt = `# Garden\n${'a line of it\n'.repeat(60)}the end\n`;
    assert.deepEqual(await runs.tell(prompt, { first: true }), { result: 'sent' });
    assert.deepEqual(agents.taken(NAME), [prompt.trimEnd()]);
  },
);

inWorld(
  'while it works a message queues; a question or a draft keeps it out, and nothing is typed',
  'none',
  async (world) => {
    const { agents, runs, command } = await scene(world);
    agents.behave(NAME, { busy: true });
    await runs.start({ formula, command, workplace: world.cwd });
    await agents.ready(NAME);
    await world.until('it works', async () => {
      const sight = await runs.look();
      return sight.kind === 'live' && sight.appearance.activity === 'busy';
    });
    assert.equal((await runs.tell('an answer')).result, 'queued');
    agents.behave(NAME, { dialog: true });
    await world.until('it asks', async () => {
      const sight = await runs.look();
      return sight.kind === 'live' && sight.appearance.activity === 'dialog';
    });
    const read = agents.bytesRead(NAME);
    assert.equal((await runs.tell('another')).result, 'dialog');
    agents.behave(NAME, {});
    await world.until('it is idle', async () => {
      const sight = await runs.look();
      return sight.kind === 'live' && sight.appearance.activity === 'idle';
    });
    assert.equal(agents.bytesRead(NAME), read);
    await world.tmux('send-keys', '-t', `=${NAME}:`, '-l', 'half a thought');
    await world.until('the draft is seen', async () => {
      const sight = await runs.look();
      return sight.kind === 'live' && sight.appearance.draft === 'half a thought';
    });
    assert.equal((await runs.tell('a third')).result, 'draft');
    assert.deepEqual(agents.taken(NAME), ['an answer']);
    await runs.end();
    assert.deepEqual(await runs.tell('too late'), {
      result: 'absent',
      detail: 'its program has ended; nothing was typed',
    });
  },
);

inWorld('nothing is typed into a shell, nor into what nobody knows to take input', 'none', async (world) => {
  const { runs } = await scene(world);
  const workplace = world.cwd;
  const shells = [
    { command: ['sh'], formula: { name: 'gardener', runtime: 'shell' } },
    { command: ['bash', '--norc'], formula },
    { command: ['cat'], formula: { name: 'gardener', runtime: 'shell' } },
  ];
  for (const wish of shells) {
    await runs.start({ ...wish, workplace });
    const { result, detail } = await runs.tell('touch typed', { first: true });
    assert.equal(result, 'failed');
    assert.match(detail ?? '', /nothing was typed/);
    const sight = await runs.look();
    assert.ok(sight.kind === 'live' && !sight.screen.includes('typed'));
    await runs.end();
  }
});
