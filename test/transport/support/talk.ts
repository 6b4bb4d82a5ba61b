/** Stand-in agents of a fleet that runs, and `mosaic agent send` to them. */
import assert from 'node:assert/strict';
import type { TestOptions } from 'node:test';
import type { CommandResult, RunOptions } from '../../support/command.ts';
import { type StandInOptions, type StandIns, standInsOf } from '../../support/stand-in/runtime.ts';
import { inWorld } from '../../support/supervisors.ts';
import type { World } from '../../support/world.ts';

/** What the command says of one message. */
export interface Told {
  agent: string;
  result: string;
  detail?: string;
  in_the_way?: string[];
  changes?: string[];
  code: number | null;
}

export interface Talk {
  world: World;
  agents: StandIns;
  /** `mosaic agent send` with the text on standard input and no preamble; gives what it tells. */
  send: (agent: string, text: string, ...flags: string[]) => Promise<Told>;
  /** `mosaic agent …` as it is. */
  agent: (args: readonly string[], options?: RunOptions) => Promise<CommandResult>;
  apply: (...args: string[]) => Promise<void>;
  /** What stands in the log besides messages, without what belongs to each start. */
  deeds: (agent: string) => string[];
  /** How many bytes have come from the terminals of all of them. */
  bytes: () => number;
  /** Every pane of every server of the world: its screen, and how much has scrolled off it. */
  panes: () => Promise<string>;
}

/** @param roster how each agent behaves, by name */
export function inTalk(
  name: string,
  roster: Record<string, StandInOptions>,
  body: (talk: Talk) => Promise<void>,
  options: TestOptions = {},
): void {
  inWorld(name, 'none', async (world) => body(await openTalk(world, roster)), options);
}

/** Starts the fleet, and waits until each agent reads its terminal. */
export async function openTalk(world: World, roster: Record<string, StandInOptions>): Promise<Talk> {
  const agents = standInsOf(world);
  const names = Object.keys(roster);
  for (const [name, options] of Object.entries(roster)) agents.behave(name, options);
  world.writeFleet({
    runtimes: { 'stand-in': agents.runtime },
    defaults: {
      runtime: 'stand-in',
      working_directory: world.cwd,
      restart: { policy: 'always', max_restarts: 1000, backoff: { initial: '0s', max: '0s' } },
      on_restart: 'fresh',
    },
    agents: names.map((one) => ({ name: one })),
  });
  const apply = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await world.mosaic(['apply', ...args], { timeoutMs: 60_000 });
    assert.equal(code, 0, stdout + stderr);
  };
  await apply();
  for (const one of names) await agents.ready(one);
  const agent = (args: readonly string[], options: RunOptions = {}) =>
    world.mosaic(['agent', ...args], { timeoutMs: 60_000, ...options });
  return {
    world,
    agents,
    agent,
    apply,
    send: async (to, text, ...flags) =>
      told(await agent(['send', to, '--no-preamble', '--json', ...flags], { input: text })),
    deeds: (one) =>
      agents.records(one).flatMap(({ what }) => (['start', 'ready', 'taken'].includes(what) ? [] : [what])),
    bytes: () => names.reduce((sum, one) => sum + agents.bytesRead(one), 0),
    panes: async () => (await Promise.all(SOCKETS.map((socket) => screens(world, socket)))).join('\n'),
  };
}

/** @throws where it printed no result */
export function told({ code, stdout, stderr }: CommandResult): Told {
  try {
    return { ...(JSON.parse(stdout) as Told), code };
  } catch {
    throw new Error(`no result, exit ${code}: ${stdout}${stderr}`);
  }
}

/** A second server of the world's; the fleet's own is `undefined`. */
export const OTHER_SOCKET = 'test-other';
const SOCKETS = [undefined, 'default', OTHER_SOCKET];

async function screens(world: World, socket = world.socket): Promise<string> {
  const tmux = async (...args: string[]) => (await world.run('tmux', ['-L', socket, ...args])).stdout;
  const list = await tmux(
    'list-panes',
    '-a',
    '-F',
    '#{pane_id} #{session_name} #{history_size} #{pane_in_mode}',
  );
  const texts = [];
  for (const line of list.split('\n').filter(Boolean)) {
    const screen = await tmux('capture-pane', '-p', '-t', line.split(' ')[0] ?? '');
    texts.push(`${socket} ${line}\n${screen.trimEnd()}`);
  }
  return texts.join('\n');
}
