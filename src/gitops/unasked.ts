/** Whether anybody still asks the remote of a followed repository. Pure. */
import type { Following, FollowRecord, Trouble } from '../model/gitops.ts';

/** So many rounds may fail to come, or take long, before it is told. */
const MISSED = 5;

/**
 * Since when a word of the remote is overdue, epoch ms; undefined: it is not. A round may take as long as a fetch may, and one that
 * does not reach the remote says so itself.
 */
export function overdueSince(
  { intervalMs, timeoutMs, suspended }: Following,
  { fetchedAt }: Pick<FollowRecord, 'fetchedAt'>,
  now: number,
): number | undefined {
  if (suspended !== undefined || fetchedAt === undefined) return undefined;
  const due = fetchedAt + MISSED * intervalMs + timeoutMs;
  return now > due ? due : undefined;
}

/** What is wrong with asking the remote: that it failed, or that nobody does. */
export function askTrouble(following: Following, record: FollowRecord, now: number): Trouble | undefined {
  if (record.fetchTrouble !== undefined) return record.fetchTrouble;
  const since = overdueSince(following, record, now);
  if (since === undefined) return undefined;
  return {
    message: 'nobody asks the remote any more',
    fix: 'mosaic fleet install-systemd or install-cron has it asked by itself; mosaic gitops sync asks it now.',
    since,
  };
}
