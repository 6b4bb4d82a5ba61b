/** Looks at a run's session: every so often, and at once when its program has ended. */
import type { Formula } from '../model/formula.ts';
import type { RunContext } from './context.ts';
import type { RunSession } from './session.ts';
import { lookAtRun, type Sight } from './sight.ts';

export interface Eyes {
  /** Begins a look where one is due. @param quietAt when the program will have been quiet for too long; epoch ms */
  turn(now: number, quietAt: number): void;
  /** The look that has come to its end since the last call, and when it was begun. */
  take(): { sight: Sight; at: number } | undefined;
  /** When the next look is due. */
  dueAt(quietAt: number): number;
  /** Have the next look soon. */
  hurry(): void;
  settled(): Promise<void>;
}

/** Between two looks, at least, whatever calls for one. */
const LEAST_MS = 1_000;

export function createEyes(
  context: RunContext,
  session: RunSession,
  { lookEveryMs }: Pick<Formula, 'lookEveryMs'>,
  ring: () => void,
): Eyes {
  const { host, places } = context;
  const { pid } = session.pane;
  const born = host.processes.startTime(pid);
  const leastMs = Math.min(LEAST_MS, lookEveryMs);
  let lookedAt = host.clock.now();
  let flag = flagOf();
  /** Something calls for a look: its program is gone, or that of another has ended. */
  let called = false;
  let isGone = false;
  let inHand: Promise<void> | undefined;
  let seen: { sight: Sight; at: number } | undefined;
  let failure: Error | undefined;

  function flagOf(): string | undefined {
    try {
      const stat = host.files.stat(places.wake);
      return stat === undefined ? undefined : `${stat.inode} ${stat.modifiedAt}`;
    } catch {
      return undefined;
    }
  }
  /** Cheaper than tmux, and told by no hook: a session that somebody killed. */
  const notice = (): void => {
    const now = flagOf();
    if (now !== undefined && now !== flag) called = true;
    flag = now;
    if (isGone || (born !== undefined && host.processes.startTime(pid) === born)) return;
    isGone = true;
    called = true;
    // Nothing is gained by waiting.
    lookedAt = Number.NEGATIVE_INFINITY;
  };
  const look = async (at: number): Promise<void> => {
    try {
      seen = { sight: await lookAtRun(context, session), at };
    } catch (error) {
      failure = error as Error;
    } finally {
      inHand = undefined;
      ring();
    }
  };
  const begin = (now: number): void => {
    called = isGone;
    lookedAt = now;
    inHand = look(now);
  };
  const dueAt = (quietAt: number): number => {
    if (inHand !== undefined) return Number.POSITIVE_INFINITY;
    const wanted = called ? lookedAt : Math.min(lookedAt + lookEveryMs, quietAt);
    return Math.max(wanted, lookedAt + leastMs);
  };
  return {
    turn(now, quietAt) {
      notice();
      if (now >= dueAt(quietAt)) begin(now);
    },
    take() {
      if (failure !== undefined) throw failure;
      const result = seen;
      seen = undefined;
      return result;
    },
    dueAt,
    hurry() {
      called = true;
    },
    settled: async () => inHand,
  };
}
