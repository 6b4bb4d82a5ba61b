const pending = new Set<() => void>();
let listening = false;

/**
 * Has `cleanUp` run (synchronously) should this process end, by itself or by a signal, before the returned function takes
 * that back. The test runner ends a file's process so when it is interrupted, and then no hook of a test runs.
 */
export function atExit(cleanUp: () => void): () => void {
  if (!listening) {
    listening = true;
    process.once('exit', () => {
      for (const run of pending) run();
    });
    for (const [signal, number] of [
      ['SIGHUP', 1],
      ['SIGINT', 2],
      ['SIGTERM', 15],
    ] as const) {
      process.once(signal, () => process.exit(128 + number));
    }
  }
  pending.add(cleanUp);
  return () => pending.delete(cleanUp);
}
