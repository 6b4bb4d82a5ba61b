import pRetry from 'p-retry';
import type { ApplyContext } from './context.ts';
import { asOperationError } from './errors.ts';

const RETRIES = 3;

/** Tries again, with backoff and jitter, what failed in a way that may pass; anything else fails at once. */
export function withRetry<T>(context: ApplyContext, what: string, task: () => Promise<T>): Promise<T> {
  return pRetry(task, {
    retries: RETRIES,
    minTimeout: 200,
    factor: 2,
    randomize: true,
    shouldRetry: ({ error }) => !context.signal.aborted && asOperationError(error)?.transient === true,
    onFailedAttempt({ error, attemptNumber, retriesLeft }) {
      if (retriesLeft === 0 || context.signal.aborted || asOperationError(error)?.transient !== true) return;
      context.emit({ type: 'retry', what, attempt: attemptNumber, why: error.message });
    },
  });
}
