import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/**
 * Waits until `look` gives something that `accept` takes (anything truthy unless told), and resolves with it. A throwing
 * `look`, such as a failing assertion, counts as "not yet". Rejects after `timeoutMs` with what was seen last.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs = 10_000,
  accept: (value: T) => boolean = Boolean,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
    let last: string;
    try {
      const value = await look();
      if (accept(value)) return value as NonNullable<T>;
      last = `last seen: ${inspect(value, { depth: 4 })}`;
    } catch (error) {
      last = `last failure: ${error instanceof Error ? error.message : inspect(error)}`;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain until ${what}; ${last}`);
    }
    await sleep(pause);
  }
}
