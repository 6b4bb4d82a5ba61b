/** What holds where the file says nothing, in the file's own terms. The schema tells editors the same. */
export const defaults = {
  name: 'mosaic',
  socketName: 'mosaic-factory',
  holderSession: '_holder',
  unitPrefix: 'mosaic',
  supervisor: 'auto',
  workingDirectory: '~',
  policy: 'on-crash',
  maxRestarts: 5,
  window: '15m',
  backoff: { initial: '10s', max: '5m' },
  prune: true,
  maxStopFraction: 0.5,
  startConcurrency: 8,
  maxIdleSessions: 3,
  deadlockAfter: '6h',
} as const;
