/** Says something to an agent of this host. */
import { isShell, screenRuntime } from '../../message/shell.ts';
import { composed } from '../../message/compose.ts';
import type { Agent } from '../../model/fleet.ts';
import type { Delivery, Message, SendOptions } from '../../model/messaging.ts';
import { TransportError } from '../transport.ts';
import { deliver, obstacleOf, type Delivered } from './deliver.ts';
import type { Local } from './local.ts';
import { makeRoom } from './room.ts';
import { absence, recipientOf, sessionsOf, type Addressee, type Recipient } from './target.ts';
import { lookAtProgram, type Way } from './way.ts';

const POLL_MS = 250;
/** How long a program that starts may take until it takes input. */
const START_MS = 30_000;
/** How long others may be typing to the same agent. */
const TURN_MS = 15 * 60_000;

/** Throws TransportError where tmux does not answer. */
export async function send(
  local: Local,
  agent: Agent,
  message: Message,
  options: SendOptions,
): Promise<Delivery> {
  const here = local.host.facts.hostname;
  const { text, changes } = composed(message, `${here}:${agent.name}`);
  const delivered =
    isShell(agent) && !options.force ? notToShell(agent) : await inTurn(local, agent, text, options);
  return { agent: agent.name, host: here, ...delivered, changes };
}

const notToShell = ({ command }: Agent): Delivered => ({
  result: 'failed',
  detail: `its program, ${command[0] ?? ''}, is a shell, and would run the message; nothing was typed`,
  fix: 'Send it all the same with --force.',
});

/**
 * Types a text as it is. Waits without keeping others from their turn, and looks again once it is ours. Throws TransportError where tmux
 * does not answer.
 */
export async function inTurn(
  local: Local,
  agent: Addressee,
  text: string,
  options: SendOptions,
): Promise<Delivered> {
  const { host } = local;
  const until = host.clock.now() + (options.waitMs ?? Infinity);
  const first = await wayTo(local, agent);
  if ('result' in first) return first;
  await makeRoom(first);
  for (;;) {
    const free = await untilFree(local, agent, options, until);
    if ('result' in free) return free;
    const delivered: Delivered | 'again' | undefined = await withTurn(local, agent.name, async () => {
      const way = await wayTo(local, agent);
      if ('result' in way) return way;
      // Who had the turn before us may have made it busy.
      const again = await obstacleNow(way, options);
      if (again !== undefined && 'until' in again) return 'again';
      return again ?? deliver(way, text, options);
    });
    if (delivered === undefined) return interrupted;
    if (delivered !== 'again') return delivered;
  }
}

/**
 * Does something while nobody else types to that agent; undefined when we were interrupted before it was our turn. Throws
 * TransportError where others do not end.
 */
export async function withTurn<T>(
  { host, places, signal }: Pick<Local, 'host' | 'places' | 'signal'>,
  agent: string,
  task: () => Promise<T>,
): Promise<T | undefined> {
  host.files.mkdir(places.typing);
  const lock = await host.files.lock(places.typingLock(agent), { waitMs: TURN_MS, signal });
  if (lock === undefined) {
    if (signal.aborted) return undefined;
    const minutes = TURN_MS / 60_000;
    throw new TransportError(
      'failed',
      `others have been typing to ${agent} for ${minutes} minutes; nothing was typed`,
    );
  }
  try {
    return signal.aborted ? undefined : await task();
  } finally {
    lock.release();
  }
}

export async function wayTo(local: Local, agent: Addressee): Promise<Way | Delivered> {
  const { host, fleet } = local;
  const found = recipientOf(await sessionsOf(host, fleet), fleet, agent);
  if (!isRecipient(found)) {
    const { detail, fix } = absence(found, fleet, agent.name);
    return { result: 'absent', detail: `${detail}; nothing was typed`, fix };
  }
  return {
    host,
    socket: fleet.tmux.socketName,
    look: local.look,
    runtime: screenRuntime(fleet, agent),
    recipient: found,
  };
}

const isRecipient = (found: Recipient | object): found is Recipient => 'target' in found;

/** Something that passes by itself: what it comes to where it does not. */
interface Passing {
  until: 'idle' | 'started' | 'gone';
  late: Delivered;
}

/** What keeps a message from being typed; undefined where nothing does. */
async function obstacleNow(
  way: Way,
  options: Pick<SendOptions, 'wait' | 'force'>,
): Promise<Delivered | Passing | undefined> {
  const seen = await lookAtProgram(way);
  if (seen === undefined) return { until: 'gone', late: gone };
  const { appearance } = seen;
  if (appearance.activity === 'starting') return { until: 'started', late: notStarted };
  const obstacle = obstacleOf(seen, options, way.recipient.agent.name);
  if (options.wait !== 'idle') return obstacle;
  if (obstacle?.result === 'dialog') return { until: 'idle', late: obstacle };
  if (appearance.activity === 'busy' || appearance.queued) return { until: 'idle', late: notIdle };
  return obstacle;
}

export const interrupted: Delivered = { result: 'failed', detail: 'interrupted; nothing was typed' };
const gone: Delivered = { result: 'absent', detail: 'its program has ended; nothing was typed' };
const notIdle: Delivered = { result: 'failed', detail: 'it has been busy all the time; nothing was typed' };
const notStarted: Delivered = {
  result: 'failed',
  detail: `it did not show within ${START_MS / 1000} s that it takes input; nothing was typed`,
};

/** Waits for what passes by itself. A draft may be the message of another who has the turn: it is judged when it is ours. */
async function untilFree(
  local: Local,
  agent: Addressee,
  options: SendOptions,
  until: number,
): Promise<Delivered | { free: true }> {
  const { clock } = local.host;
  const began = clock.now();
  for (;;) {
    const way = await wayTo(local, agent);
    if ('result' in way) return way;
    const obstacle = await obstacleNow(way, options);
    if (obstacle === undefined) return { free: true };
    if ('result' in obstacle) return obstacle.result === 'draft' ? { free: true } : obstacle;
    if (local.signal.aborted) return interrupted;
    const isLate = obstacle.until === 'started' && options.wait !== 'idle' && clock.now() >= began + START_MS;
    if (isLate || clock.now() >= until) return obstacle.late;
    await clock.sleep(POLL_MS, local.signal);
  }
}
