/** How a run ended, and when the next one is due. */
import type { RestartWish, Runtime } from '../model/fleet.ts';
import type { EndCause, Ended } from '../model/state.ts';
import type { Situation } from './situation.ts';

/**
 * The run that is over, as its remains tell: a dead pane, or a record, a lock or an active unit without a session. Undefined
 * when nothing says that it ever ran.
 */
export function endedRun(s: Situation, runtime: Runtime | undefined): Ended | undefined {
  if (s.session.kind === 'live' || s.session.kind === 'foreign') return undefined;
  const { record, lock } = s;
  if (s.session.kind === 'dead') {
    const { run, session } = s.session;
    if (record.ended?.run === run) return record.ended;
    const { status, signal, diedAt } = session.pane ?? {};
    return {
      run,
      at: diedAt ?? s.now,
      cause: causeOfDeath(s, status, runtime),
      ...(status === undefined ? {} : { status }),
      ...(signal === undefined ? {} : { signal }),
      definition: session.started?.definition ?? record.run?.definition ?? '0-',
    };
  }
  const locked = lock === undefined || lock.kind === 'corrupt' ? undefined : lock.lock;
  const bootId = record.run?.bootId ?? locked?.bootId;
  const cause: EndCause =
    bootId !== undefined && bootId !== s.bootId ? 'reboot' : s.outage ? 'outage' : 'crash';
  const gone = { at: s.now, cause, definition: record.run?.definition ?? s.definition?.hash ?? '0-' };
  if (record.run !== undefined) return { run: record.run.key, ...gone };
  if (record.ended !== undefined) return record.ended;
  if (locked !== undefined) return { run: locked.sessionId, ...gone };
  return s.unitActive ? { run: 'unit', ...gone } : undefined;
}

function causeOfDeath(s: Situation, status: number | undefined, runtime: Runtime | undefined): EndCause {
  if (status === 0) return 'exit';
  if (limitOf(s.screen, runtime) !== undefined) return 'limit';
  return s.outage ? 'outage' : 'crash';
}

/** The usage or rate limit that a screen shows: its line, and the time if it tells one. */
export function limitOf(
  screen: string | undefined,
  runtime: Runtime | undefined,
): { text: string; until?: string } | undefined {
  if (screen === undefined || runtime?.limit === undefined) return undefined;
  const match = new RegExp(runtime.limit, 'm').exec(screen);
  if (match === null) return undefined;
  return { text: match[0].trim(), ...(match[1] === undefined ? {} : { until: match[1].trim() }) };
}

export type NextStart =
  | { kind: 'due'; charged: boolean }
  | { kind: 'later'; at: number; charged: boolean }
  | { kind: 'never'; why: 'completed' | 'policy' | 'budget' };

/**
 * When an ended agent starts again.
 * @param before charged restarts in a row before this end, and ends at a usage limit in a row with it
 */
export function nextStart(
  ended: Ended,
  { restarts, limits }: { restarts: number; limits: number },
  wish: RestartWish,
  now: number,
): NextStart {
  const from = (at: number, charged: boolean): NextStart =>
    at <= now ? { kind: 'due', charged } : { kind: 'later', at, charged };
  switch (ended.cause) {
    case 'reboot':
    case 'outage':
      return { kind: 'due', charged: false };
    case 'exit':
      // A program that is meant to end and be started again is not slowed down more than once per `initial`.
      return wish.policy === 'always'
        ? from(ended.at + wish.backoff.initialMs, false)
        : { kind: 'never', why: 'completed' };
    case 'limit':
      if (wish.policy === 'never') return { kind: 'never', why: 'policy' };
      return from(ended.at + backoffMs(limits, wish), false);
    case 'crash':
      if (wish.policy === 'never') return { kind: 'never', why: 'policy' };
      if (restarts >= wish.maxRestarts) return { kind: 'never', why: 'budget' };
      return from(ended.at + backoffMs(restarts, wish), true);
  }
}

/** The first restart of a crash is immediate, the second waits `initial`, each further one twice as long, up to `max`. */
export const backoffMs = (restarts: number, wish: RestartWish): number =>
  restarts === 0 ? 0 : Math.min(wish.backoff.maxMs, wish.backoff.initialMs * 2 ** (restarts - 1));

/** Charged restarts in a row that still count: a run longer than the window starts anew. */
export function countedRestarts(s: Situation, ended: Ended): number {
  const { record } = s;
  return record.ended?.run !== ended.run && outlivedWindow(s, ended) ? 0 : record.restarts;
}

/** Ends at a usage limit in a row, this one among them; any other end, or a run longer than the window, starts anew. */
export function countedLimits(s: Situation, ended: Ended): number {
  if (ended.cause !== 'limit') return 0;
  const { record } = s;
  if (record.ended?.run === ended.run) return record.limits ?? 1;
  return outlivedWindow(s, ended) ? 1 : (record.limits ?? 0) + 1;
}

function outlivedWindow(s: Situation, ended: Ended): boolean {
  const { record } = s;
  const startedAt =
    record.run?.key === ended.run
      ? record.run.startedAt
      : s.session.kind === 'dead'
        ? s.session.session.createdAt
        : undefined;
  const window = s.agent?.restart.windowMs ?? 0;
  return startedAt !== undefined && ended.at - startedAt > window;
}

/** 'exit 3', 'SIGKILL', 'gone without a trace'. */
export function endInWords(ended: Ended): string {
  if (ended.signal !== undefined) return `ended by ${signalName(ended.signal)}`;
  if (ended.status !== undefined) return `exit ${ended.status}`;
  switch (ended.cause) {
    case 'reboot':
      return 'ended by a reboot';
    case 'outage':
      return 'went down with the others';
    default:
      return 'ended, cause unknown';
  }
}

const names: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
};

const signalName = (number: number): string => names[number] ?? `signal ${number}`;
