/** What holds where a formula says nothing, in its own terms. The schema tells editors the same. */
export const defaults = { timeout: '2h', idleTimeout: '30m', lookEvery: '10s', crashRetries: 1 } as const;
