/**
 * 1,000 messages from 8 senders at once to 10 stand-in agents that lose Enters and end or forget all at random, while an apply
 * starts them again: what is told of each message is what happened to it.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StandInOptions } from '../support/stand-in/runtime.ts';
import { inWorld } from '../support/supervisors.ts';
import { makeMessages, randomOf, type StormMessage } from './support/messages.ts';
import { openTalk, told, type Talk, type Told } from './support/talk.ts';

const MESSAGES = Number(process.env['STORM_MESSAGES'] ?? 1000);
const SENDERS = 8;
const SEED = Number(process.env['STORM_SEED'] ?? 1);

const common: StandInOptions = {
  swallow: 0.1,
  startMs: 50,
  crash: { paste: 0.005, pasted: 0.015, enter: 0.015, taken: 0.015, later: 0.02 },
};

const ways: StandInOptions[] = [
  {},
  { alternate: false },
  { busyMs: 1500 },
  { busyMs: 20 },
  { enterGuardMs: 250 },
  { enterGuardMs: 350, earlyEnter: 'lost' },
  { pasteTakesMs: 300 },
  { readBytes: 256, readEveryMs: 2 },
  { flickerMs: 15 },
  { swallow: 0.3, busyMs: 600 },
];

const roster = Object.fromEntries(
  ways.map((way, index) => [`agent-${index}`, { ...common, ...way, seed: SEED * 100 + index }]),
);

/** By what is told of a message, how often it may have arrived. */
const truth: Record<string, [least: number, most: number, code: number]> = {
  sent: [1, 1, 0],
  queued: [1, 1, 0],
  unverified: [0, 1, 2],
  failed: [0, 0, 1],
  absent: [0, 0, 1],
  dialog: [0, 0, 3],
  draft: [0, 0, 3],
};

inWorld(
  `${MESSAGES} messages from ${SENDERS} senders: each is told truly`,
  'none',
  async (world, t) => {
    const talk = await openTalk(world, roster);
    const messages = makeMessages(MESSAGES, Object.keys(roster), SENDERS, SEED);
    const results = new Map<number, Told>();
    const reconciling = keepApplying(talk);
    const unsaid = [...messages];
    await Promise.all(
      Array.from({ length: SENDERS }, async (_, sender) => {
        const random = randomOf(SEED * 1000 + sender);
        for (let message = unsaid.shift(); message !== undefined; message = unsaid.shift()) {
          const result = await say(talk, message);
          results.set(message.id, result);
          // Only a new start frees an agent whose editor was left full.
          if (result.result === 'draft' || random() < 0.01) await killProgram(talk, message.to);
          if (result.result === 'absent') await sleep(300);
        }
      }),
    );
    await reconciling.stop();
    t.diagnostic(tally(talk, results));
    assert.deepEqual(untruths(talk, messages, results), []);
    // All of it has taken place.
    const good = [...results.values()].filter(({ code }) => code === 0).length;
    assert.ok(good > MESSAGES * 0.6, `only ${good} arrived`);
    for (const when of ['pasted', 'enter', 'taken', 'later'])
      assert.ok(MESSAGES < 1000 || crashes(talk).includes(when), `no program ended: ${when}`);
  },
  { timeout: 900_000 },
);

async function say({ world, agent }: Talk, { id, to, from, way, text }: StormMessage): Promise<Told> {
  const label = from === undefined ? ['--no-preamble'] : ['--from', from];
  const args = ['send', to, '--json', ...label];
  const options = { timeoutMs: 300_000 };
  if (way === 'stdin') return told(await agent(args, { ...options, input: text }));
  if (way === 'argument') return told(await agent([...args, '-m', text], options));
  const file = world.path(`message-${id}`);
  writeFileSync(file, text);
  return told(await agent([...args, '-f', file], options));
}

/** What was told otherwise than it was, or mixed; none where all is well. */
function untruths(talk: Talk, messages: readonly StormMessage[], results: Map<number, Told>): string[] {
  const found: string[] = [];
  const arrived = new Map<string, number>();
  for (const agent of Object.keys(roster)) {
    for (const text of talk.agents.taken(agent)) {
      const plain = text.replace(/^\[sender-\d -> [^\]]+\] /, '');
      const key = `${agent} ${plain}`;
      arrived.set(key, (arrived.get(key) ?? 0) + 1);
    }
    for (const deed of talk.deeds(agent)) if (deed !== 'crash') found.push(`${agent}: ${deed}`);
  }
  for (const { id, to, arrives } of messages) {
    const key = `${to} ${arrives}`;
    const times = arrived.get(key) ?? 0;
    arrived.delete(key);
    const { result = 'nothing', detail, code } = results.get(id) ?? {};
    const [least, most, exit] = truth[result] ?? [1, 0, -1];
    if (times < least || times > most || code !== exit)
      found.push(`m${id} to ${to}: told ${result} (exit ${code}, ${detail}), arrived ${times} times`);
  }
  for (const key of arrived.keys()) found.push(`nobody has said: ${JSON.stringify(key.slice(0, 200))}`);
  return found;
}

const crashes = ({ agents }: Talk): (string | undefined)[] =>
  Object.keys(roster).flatMap((agent) =>
    agents.records(agent).flatMap(({ what, when }) => (what === 'crash' ? [when] : [])),
  );

function tally(talk: Talk, results: Map<number, Told>): string {
  const counts = new Map<string, number>();
  for (const { agent, result, detail = '' } of results.values()) {
    const key =
      result === 'sent' || result === 'queued' ? result : `${result} (${detail.replaceAll(agent, 'it')})`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const starts = Object.keys(roster).reduce(
    (sum, agent) => sum + talk.agents.records(agent).filter(({ what }) => what === 'start').length,
    0,
  );
  const lines = [...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => `${count} ${what}`);
  return `${lines.join('; ')}; ${starts} starts, ${crashes(talk).length} of their own ends`;
}

/** Ends an agent's program, whatever it is doing. */
async function killProgram({ world }: Talk, agent: string): Promise<void> {
  const { stdout } = await world.tmux('list-panes', '-t', `=${agent}:`, '-F', '#{pane_dead} #{pane_pid}');
  const [dead, pid = ''] = stdout.trim().split(' ');
  if (dead === '0') await world.run('kill', ['-KILL', pid]);
}

function keepApplying({ world }: Talk): { stop: () => Promise<void> } {
  const over = new AbortController();
  const loop = (async () => {
    while (!over.signal.aborted) {
      await world.mosaic(['apply'], { timeoutMs: 120_000 });
      await sleep(300);
    }
  })();
  return {
    async stop() {
      over.abort();
      await loop;
    },
  };
}
