/** Has an agent of this host forget its conversation. */
import { appearanceOf } from '../../message/appearance.ts';
import type { Agent } from '../../model/fleet.ts';
import type { Appearance, Reset, ResetOptions } from '../../model/messaging.ts';
import { obstacleOf, type Way } from './deliver.ts';
import type { Local } from './local.ts';
import { wayTo, withTurn } from './send.ts';
import { pressEnter, typeKeys } from './typing.ts';

const POLL_MS = 150;
const WAIT_MS = 500;
const SHOWN_MS = 3_000;
const CLEARED_MS = 10_000;

type Outcome = Pick<Reset, 'result' | 'detail' | 'fix' | 'inTheWay'>;

/** What the program itself can do: `restart` where only a new one would help, with the reason. */
export type Cleared = Outcome | { restart: string };

/** Throws TransportError where tmux does not answer. */
export async function clear(local: Local, agent: Agent, options: ResetOptions): Promise<Cleared> {
  const { clock } = local.host;
  for (;;) {
    const cleared = await withTurn(local, agent.name, () => clearNow(local, agent, options));
    if (cleared !== undefined && cleared !== 'wait') return cleared;
    if (local.signal.aborted) return interrupted;
    await clock.sleep(WAIT_MS, local.signal);
  }
}

async function clearNow(local: Local, agent: Agent, options: ResetOptions): Promise<Cleared | 'wait'> {
  const way = await wayTo(local, agent);
  if ('result' in way) return { restart: 'it did not run' };
  const { runtime, recipient } = way;
  const look = await way.look(recipient.pane.id);
  if (look === undefined || look.dead) return { restart: 'its program had ended' };
  const appearance = appearanceOf(runtime, look);
  const obstacle =
    appearance.activity === 'busy' || appearance.queued
      ? busy
      : obstacleOf({ appearance, look }, { force: false });
  if (obstacle !== undefined) {
    const { detail = '', inTheWay } = obstacle;
    if (options.wait === 'idle' && obstacle.result !== 'draft') return 'wait';
    if (options.force) return { restart: forced[obstacle.result] ?? detail };
    return { result: 'refused', detail, fix, ...(inTheWay === undefined ? {} : { inTheWay }) };
  }
  const command =
    options.mode === 'new' ? (runtime?.newCommand ?? runtime?.resetCommand) : runtime?.resetCommand;
  if (command === undefined) return { restart: `the runtime ${agent.runtime} has no reset command` };
  if (runtime?.fresh === undefined || runtime.draft === undefined)
    return { restart: `the runtime ${agent.runtime} has no patterns that tell whether a reset has worked` };
  return typeCommand(way, command);
}

const interrupted: Cleared = { result: 'refused', detail: 'interrupted; nothing was done' };
const forced: Record<string, string> = {
  busy: 'it was busy',
  dialog: 'it asked something',
  draft: 'a draft stood in its editor',
};

const fix = 'Wait for it with --wait idle, or restart it with --force.';
const busy = { result: 'busy', detail: 'it is busy; nothing was done', inTheWay: undefined };

/** Types it as a person would: a pasted command is a message to some programs. */
async function typeCommand(way: Way, command: string): Promise<Cleared> {
  const { host, socket, recipient } = way;
  const gone: Cleared = { restart: 'its program ended meanwhile' };
  if (!(await typeKeys(host, socket, recipient, command))) return gone;
  const shown = await until(way, SHOWN_MS, ({ draft }) => draft === command);
  if (shown === 'gone') return gone;
  if (!(await pressEnter(host, socket, recipient))) return gone;
  const cleared = await until(way, CLEARED_MS, ({ fresh, draft }) => fresh === true && draft === '');
  if (cleared === 'yes') return { result: 'cleared' };
  return { restart: cleared === 'gone' ? 'its program ended meanwhile' : `${command} did not take` };
}

async function until(
  { host, look, runtime, recipient }: Way,
  patienceMs: number,
  isSo: (now: Appearance) => boolean,
): Promise<'yes' | 'gone' | 'late'> {
  const end = host.clock.now() + patienceMs;
  for (;;) {
    await host.clock.sleep(POLL_MS);
    const seen = await look(recipient.pane.id);
    if (seen === undefined || seen.dead || seen.pid !== recipient.pane.pid) return 'gone';
    if (isSo(appearanceOf(runtime, seen))) return 'yes';
    if (host.clock.now() >= end) return 'late';
  }
}
