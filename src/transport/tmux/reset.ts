/** Has an agent of this host forget its conversation. */
import type { Agent } from '../../model/fleet.ts';
import type { Appearance, Reset, ResetOptions } from '../../model/messaging.ts';
import { obstacleOf } from './deliver.ts';
import { kickstartDue } from './kickstart.ts';
import type { Local } from './local.ts';
import { wayTo, withTurn } from './send.ts';
import { pressEnter, typeKeys } from './typing.ts';
import { lookAtProgram, watch, type Way } from './way.ts';

const POLL_MS = 150;
const WAIT_MS = 500;
const SHOWN_MS = 3_000;
const CLEARED_MS = 8_000;
const START_MS = 30_000;
const ENTERS = 3;

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
  const { runtime } = way;
  const command =
    options.mode === 'new' ? (runtime?.newCommand ?? runtime?.resetCommand) : runtime?.resetCommand;
  const helpless =
    command === undefined
      ? `the runtime ${agent.runtime} has no reset command`
      : runtime?.fresh === undefined || runtime.draft === undefined
        ? `the runtime ${agent.runtime} has no patterns that tell whether a reset has worked`
        : undefined;
  const started =
    helpless === undefined ? await until(way, START_MS, ({ activity }) => activity !== 'starting') : 'yes';
  const obstacle = started === 'gone' ? 'gone' : await obstacleNow(way);
  if (obstacle === 'gone') return { restart: 'its program had ended' };
  if (obstacle !== undefined) {
    if (options.wait === 'idle' && obstacle.result !== 'draft') return 'wait';
    return options.force ? { restart: obstacle.since } : refused(obstacle, 'nothing was done');
  }
  if (started === 'late') return { restart: 'it did not show that it takes input' };
  if (helpless !== undefined || command === undefined) return { restart: helpless ?? '' };
  return typeCommand(way, command, options);
}

const interrupted: Cleared = { result: 'refused', detail: 'interrupted; nothing was done' };

/** Why a program is not reset now: as it is told, and as it was when it is told afterwards. */
interface Obstacle {
  result: string;
  is: string;
  since: string;
  inTheWay?: string[];
}

/** Looks once more: what is in the way at this very moment. */
async function obstacleNow(way: Way): Promise<Obstacle | 'gone' | undefined> {
  const seen = await lookAtProgram(way);
  if (seen === undefined) return 'gone';
  const { appearance } = seen;
  if (appearance.activity === 'busy' || appearance.queued)
    return { result: 'busy', is: 'it is busy', since: 'it was busy' };
  const found = obstacleOf(seen, { force: false }, way.recipient.agent.name);
  if (found === undefined) return undefined;
  const { result, inTheWay } = found;
  const lines = inTheWay === undefined ? {} : { inTheWay };
  if (result === 'dialog') return { result, is: 'it asks something', since: 'it asked something', ...lines };
  if (result === 'draft')
    return { result, is: 'a draft stands in its editor', since: 'a draft stood in its editor', ...lines };
  return { result, is: 'nothing can be typed to it', since: 'nothing could be typed to it' };
}

const refused = ({ is, inTheWay }: Obstacle, outcome: string): Outcome => ({
  result: 'refused',
  detail: `${is}; ${outcome}`,
  fix: 'Wait for it with --wait idle, or restart it with --force.',
  ...(inTheWay === undefined ? {} : { inTheWay }),
});

/** Types it as a person would: a pasted command is a message to some programs. Enter follows only when nothing else stands there. */
async function typeCommand(way: Way, command: string, options: ResetOptions): Promise<Cleared> {
  const { host, socket, recipient } = way;
  const gone: Cleared = { restart: 'its program ended meanwhile' };
  if (!(await typeKeys(host, socket, recipient, command))) return gone;
  const mark = options.kickstart ? [kickstartDue(recipient)] : [];
  for (let entered = 0; entered < ENTERS; entered++) {
    const shown = await until(
      way,
      SHOWN_MS,
      ({ activity, draft }) => activity !== 'dialog' && draft === command,
    );
    if (shown === 'gone') return gone;
    if (shown === 'late') break;
    if (!(await pressEnter(host, socket, recipient, mark))) return gone;
    const cleared = await until(
      way,
      entered === ENTERS - 1 ? CLEARED_MS : SHOWN_MS,
      ({ fresh, draft }) => fresh === true && draft === '',
    );
    if (cleared === 'yes') return { result: 'cleared' };
    if (cleared === 'gone') return gone;
  }
  // It may be about to, and may be doing something else by now.
  const cleared = await until(way, CLEARED_MS, ({ fresh, draft }) => fresh === true && draft === '');
  if (cleared === 'yes') return { result: 'cleared' };
  const obstacle = cleared === 'gone' ? 'gone' : await obstacleNow(way);
  if (obstacle === 'gone') return gone;
  if (obstacle === undefined || options.force) return { restart: `${command} did not take` };
  return refused(obstacle, `${command} was typed, and did not take`);
}

const until = (
  way: Way,
  patienceMs: number,
  isSo: (now: Appearance) => boolean,
): Promise<'yes' | 'gone' | 'late'> =>
  watch(way, { patienceMs, pollMs: POLL_MS }, ({ appearance }) => (isSo(appearance) ? 'yes' : undefined));
