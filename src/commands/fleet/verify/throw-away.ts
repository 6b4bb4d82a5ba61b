/** The fleet that `fleet verify` makes and takes away again, and what a killed one left of it. */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Host } from '../../../host/host.ts';
import { clearUnfinished, isUnfinished } from '../../../host/unfinished.ts';
import type { Agent, Fleet } from '../../../model/fleet.ts';
import { placesOf, type Places } from '../../../model/places.ts';
import { observeTmux } from '../../../observe/tmux.ts';
import type { CommandContext } from '../../context.ts';
import { EXIT } from '../../command-error.ts';
import { takeDown } from '../../down.ts';
import { tmuxSocket } from '../../../observe/tmux-socket.ts';

/** One's name is the beginning of the other's: what takes a name for a pattern meets both. */
export const ONE = 'app';
export const OTHER = 'app-2';

/** Longer than any verification; what nobody can end any more ends by itself. */
const LIFE_S = 3600;

/** Leaves a process in a session of its own, as a server started by an agent would be, and waits. */
const PROGRAM = `setsid sleep ${LIFE_S} & exec sleep ${LIFE_S}`;

const NAME = /^verify-[0-9a-f]{8}$/;

export const throwAwayName = (): string => `verify-${randomBytes(4).toString('hex')}`;

/** Two agents that do nothing, on a socket and under units of their own. */
export function throwAwayFleet(host: Host, name: string): Fleet {
  const places = placesOf(name, host.facts);
  const command = ['sh', '-c', PROGRAM];
  const agent = (called: string): Agent => ({
    name: called,
    runtime: 'verify',
    persistentPersona: false,
    resetBetweenTasks: true,
    command,
    workingDirectory: '/',
    onRestart: 'fresh',
    env: {},
    resources: {},
    restart: {
      policy: 'on-crash',
      maxRestarts: 5,
      windowMs: 3_600_000,
      backoff: { initialMs: 0, maxMs: 0 },
    },
    onChange: 'hold',
    state: 'running',
  });
  return {
    name,
    // Nothing is there: whoever looks for it has its name from one of the two.
    file: join(places.state, 'fleet.yaml'),
    tmux: { socketName: `mosaic-${name}`, holderSession: '_holder' },
    supervisor: 'auto',
    systemd: { unitPrefix: `mosaic-${name}` },
    runtimes: { verify: { command } },
    hosts: {},
    agents: [agent(ONE), agent(OTHER)],
    elsewhere: [],
    missions: [],
    formulas: [],
    reconcile: { prune: true, maxStopFraction: 1, startConcurrency: 2 },
  };
}

const MARK = 'verify.json';

const markFile = (places: Places): string => join(places.state, MARK);

/**
 * Marks the state folder as one to throw away, with the folders that were not there before.
 * Called under the fleet's apply lock, before anything else is made.
 */
export function mark(host: Host, places: Places, made: readonly string[]): void {
  host.files.write(markFile(places), `${JSON.stringify({ format_version: 1, made })}\n`, { durable: true });
}

/** Folders above what the fleet will write that are not there yet, the deepest first. */
export function foldersToMake({ files }: Host, places: Places): string[] {
  const missing = new Set<string>();
  for (const place of [places.units, places.rendered, places.state]) {
    for (let at = place; files.stat(at) === undefined && at !== dirname(at); at = dirname(at))
      missing.add(at);
  }
  return [...missing].sort((a, b) => b.length - a.length);
}

/**
 * Takes a throw-away fleet away, under its apply lock: sessions, units, files, history, and the folders made for them.
 * @returns why that failed
 */
export async function remove(context: CommandContext, name: string): Promise<string | undefined> {
  const { host } = context;
  const fleet = throwAwayFleet(host, name);
  const places = placesOf(name, host.facts);
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const quiet = {
    ...context,
    terminal: { ...context.terminal, out: say, err: say, interactive: false, color: false },
  };
  const code = await takeDown(quiet, fleet, { purge: true });
  if (code !== EXIT.ok) return said.join('').trim();
  // One that failed stays loaded until that is forgotten.
  await host.exec('systemctl', ['--user', 'reset-failed', `${fleet.systemd.unitPrefix}-*`]);
  // tmux leaves the file of its socket; where a server runs on it, that is what has gone wrong.
  const tmux = await observeTmux(host, fleet.tmux.socketName);
  if (tmux.known && tmux.value.server === undefined)
    host.files.remove(tmuxSocket(host, fleet.tmux.socketName));
  // The server's last words, which may have come after the rest was cleared.
  host.files.remove(places.wake);
  // Of a writer that was killed.
  clearUnfinished(host, places.state);
  const strangers = host.files.list(places.state).filter((entry) => entry !== MARK && entry !== 'apply.lock');
  // The mark stays with them: who clears next tries again.
  if (strangers.length > 0)
    return `${strangers.map((entry) => join(places.state, entry)).join(', ')} is none of ours, and is left there`;
  const made = madeOf(host, places);
  for (const file of [markFile(places), places.applyLock]) host.files.remove(file);
  for (const folder of [places.state, ...made]) host.files.removeEmptyFolder(folder);
  return undefined;
}

function madeOf({ files }: Host, places: Places): string[] {
  try {
    const { made } = JSON.parse(files.read(markFile(places)) ?? '{}') as { made?: unknown };
    return Array.isArray(made)
      ? made.filter((path) => typeof path === 'string' && isAbove(places, path))
      : [];
  } catch {
    return [];
  }
}

/** Only folders that the fleet may have been the first to need. */
const isAbove = (places: Places, path: string): boolean =>
  [places.units, places.rendered, places.state].some(
    (place) => place === path || place.startsWith(`${path}/`),
  );

export interface Cleared {
  fleet: string;
  /** Why it could not be cleared. */
  trouble?: string;
}

/** Takes away what killed verifications left: those whose lock nobody holds any more. */
export async function clearDead(context: CommandContext): Promise<Cleared[]> {
  const { files, facts } = context.host;
  const cleared: Cleared[] = [];
  const all = dirname(placesOf('any', facts).state);
  for (const name of files.list(all).filter((folder) => NAME.test(folder))) {
    const places = placesOf(name, facts);
    if (!isThrowAway(context.host, places)) continue;
    const lock = await files.lock(places.applyLock);
    if (lock === undefined) continue;
    try {
      const trouble = await remove(context, name);
      cleared.push({ fleet: name, ...(trouble === undefined ? {} : { trouble }) });
    } finally {
      lock.release();
    }
  }
  return cleared;
}

/** It bears the mark, or holds nothing yet but what comes before the mark. */
function isThrowAway({ files }: Host, places: Places): boolean {
  if (files.stat(markFile(places))?.kind === 'file') return true;
  const { applyLock, locks, crashes, conversations } = places;
  const first = new Set([applyLock, locks, crashes, conversations]);
  return files.list(places.state).every((entry) => {
    const path = join(places.state, entry);
    return isUnfinished(entry) || (first.has(path) && (path === applyLock || files.list(path).length === 0));
  });
}
