/** Wakes the loop that sees to a run: when one of its files changes, when something that it waits for is done, and in any case soon. */
import type { Host } from '../host/host.ts';

export interface Bell {
  ring: () => void;
  /** Resolves when it rings, when it has rung since the last call, or when the time is up. */
  wait(ms: number): Promise<void>;
  close(): void;
}

export function createBell(
  { clock, watch }: Pick<Host, 'clock' | 'watch'>,
  paths: readonly string[],
  signal: AbortSignal,
): Bell {
  let rung = new AbortController();
  const ring = (): void => rung.abort();
  const watching = watch?.(paths, ring);
  signal.addEventListener('abort', ring);
  return {
    ring,
    async wait(ms) {
      await clock.sleep(ms, rung.signal);
      // Not aborted, it is good for the next time.
      if (rung.signal.aborted) rung = new AbortController();
    },
    close() {
      watching?.close();
      signal.removeEventListener('abort', ring);
    },
  };
}
