/** What is to be typed to a run's program: one text after the other, each until it is taken. */
import type { Host } from '../host/host.ts';
import type { Delivered } from '../transport/tmux/deliver.ts';
import type { Report } from './progress.ts';
import type { Reply } from './replies.ts';
import type { Mask } from './secrets.ts';

export interface Telling {
  what: 'prompt' | 'reply' | 'outcome' | 'phases';
  text: string;
  reply?: Reply;
}

export interface Teller {
  say(telling: Telling): void;
  /** Something is being typed, or is to be. */
  pending(): boolean;
  /** Begins what is due. Gives what has been taken, or given up, since the last call. */
  turn(now: number): { telling: Telling; delivered: Delivered }[];
  /** Those that are taken, or given up, by now; begins none. */
  results(): { telling: Telling; delivered: Delivered }[];
  /** When something is due that could not be typed before; epoch ms. */
  dueAt(): number;
  /** Resolves when nothing is being typed any more. */
  settled(): Promise<void>;
}

export interface TellerWish {
  type(text: string, options: { first: boolean }): Promise<Delivered>;
  mask: Mask;
  report: Report;
  /** Between two attempts, in milliseconds. */
  pauseMs: number;
  /** Called when one is done. */
  ring(): void;
}

/** What has reached its program, or may have: it is not typed again. */
const ARRIVED = new Set<Delivered['result']>(['sent', 'queued', 'unverified']);
/** A person may be needed to answer a question that stands over the editor; for a prompt nobody waits so long. */
const PROMPT_TRIES = 5;

export const hasArrived = ({ result }: Delivered): boolean => ARRIVED.has(result);

export function createTeller({ clock }: Pick<Host, 'clock'>, wish: TellerWish): Teller {
  const queue: Telling[] = [];
  let done: { telling: Telling; delivered: Delivered }[] = [];
  let inHand: Promise<void> | undefined;
  let notBefore = 0;
  let tries = 0;
  let failure: Error | undefined;

  const finish = (telling: Telling, delivered: Delivered): void => {
    const { what } = telling;
    const { result, detail } = delivered;
    const isFinal =
      hasArrived(delivered) || result === 'absent' || (what === 'prompt' && tries >= PROMPT_TRIES);
    // What stands in the way of the next attempt too is said once.
    if (isFinal || tries === 1)
      wish.report({
        type: 'told',
        what,
        result,
        ...(detail === undefined ? {} : { detail: wish.mask(detail) }),
        ...(isFinal ? {} : { again: true as const }),
      });
    if (isFinal) {
      queue.shift();
      tries = 0;
      done.push({ telling, delivered });
    } else notBefore = clock.now() + wish.pauseMs;
  };
  const begin = (telling: Telling): void => {
    tries++;
    inHand = wish
      .type(wish.mask(telling.text), { first: telling.what === 'prompt' })
      .then((delivered) => finish(telling, delivered))
      .catch((error: unknown) => {
        failure = error as Error;
      })
      .finally(() => {
        inHand = undefined;
        wish.ring();
      });
  };
  const results: Teller['results'] = () => {
    const taken = done;
    done = [];
    return taken;
  };
  return {
    say: (telling) => void queue.push(telling),
    pending: () => queue.length > 0,
    turn(now) {
      if (failure !== undefined) throw failure;
      const [next] = queue;
      if (next !== undefined && inHand === undefined && now >= notBefore) begin(next);
      return results();
    },
    results,
    dueAt: () => (queue.length === 0 || inHand !== undefined ? Number.POSITIVE_INFINITY : notBefore),
    settled: async () => inHand,
  };
}
