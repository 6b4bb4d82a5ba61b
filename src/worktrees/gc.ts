/** `mosaic worktree gc`: removes worktrees of the fleet that nobody needs, and saves first what only they hold. */
import { formatDuration } from '../base/duration.ts';
import type { Host } from '../host/host.ts';
import { collect } from './collect.ts';
import { perRepository } from './queue.ts';
import { inWords } from './remove.ts';
import { survey, type Survey, type Surveyed, type SurveyWish } from './survey.ts';

export interface GcWish extends SurveyWish {
  /** Agents that the fleet file wants running: theirs stay. */
  wanted: ReadonlySet<string>;
  /** Why somebody else's worktree stays, such as that of a run that lasts, in words; undefined: it may go. */
  keptFor?: (agent: string, path: string) => string | undefined;
  /** Only what has been still for at least as long, in milliseconds. */
  olderThanMs: number;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface GcRow {
  agent: string;
  repository: string;
  path: string;
  action: 'kept' | 'removed' | 'rescued-and-removed';
  /** In words: why it is kept, or what was in it. */
  reason: string;
  /** Where what was in it is saved; also on a row that is kept when the removal failed after that. */
  ref?: string;
  /** It was to be removed, and that failed. */
  failed?: true;
}

export interface GcResult {
  rows: GcRow[];
  unknown: Survey['unknown'];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What `runGc` would do. Looks only. */
export async function planGc(host: Host, wish: GcWish): Promise<GcResult> {
  const { worktrees, unknown } = await survey(host, wish);
  return { rows: worktrees.map((worktree) => decide(worktree, wish)), unknown };
}

function decide(worktree: Surveyed, wish: GcWish): GcRow {
  const { agent, repository, registration, work, usedBy, activityAt } = worktree;
  const { seen } = registration;
  const row = (action: GcRow['action'], reason: string): GcRow => ({
    agent,
    repository,
    path: seen.path,
    action,
    reason,
  });
  const age = roughly(wish.now - activityAt);
  if (wish.wanted.has(agent)) return row('kept', `${agent} is wanted running`);
  const needed = wish.keptFor?.(agent, seen.path);
  if (needed !== undefined) return row('kept', needed);
  if (usedBy !== undefined) return row('kept', `in use: ${usedBy}`);
  if (seen.locked) return row('kept', 'locked with `git worktree lock`');
  if (work?.known === false) return row('kept', work.why);
  // Decided already, and age would start anew with each file that was deleted.
  if (registration.mark?.removing !== undefined) return row('removed', 'its removal was interrupted');
  if (wish.now - activityAt < wish.olderThanMs) return row('kept', `last used ${age} ago`);
  if (seen.unfinished !== undefined) return row('removed', `its making was interrupted ${age} ago`);
  if (work === undefined) return row('removed', 'its folder is gone');
  const left = inWords(work.value);
  return left === undefined
    ? row('removed', `clean, pushed, last used ${age} ago`)
    : row('rescued-and-removed', `${left}, last used ${age} ago`);
}

/** A duration to the day, the hour or the minute. */
function roughly(ms: number): string {
  const unit = ms >= 2 * DAY_MS ? DAY_MS : ms >= HOUR_MS ? HOUR_MS : MINUTE_MS;
  return formatDuration(Math.max(0, ms - (ms % unit)));
}

/**
 * Removes what `planGc` says, each worktree looked at again immediately before. What only it holds is first saved under
 * refs/mosaic/rescue/AGENT/TIME and read back; it is removed only if it still is exactly what was saved. A worktree that
 * cannot be saved or removed is kept, its row says why, and the others go on.
 */
export async function runGc(host: Host, wish: GcWish): Promise<GcResult> {
  const { rows, unknown } = await planGc(host, wish);
  const done: GcRow[] = [];
  for (const row of rows) {
    done.push(
      row.action === 'kept'
        ? row
        : await perRepository(host, row.repository, () => collectRow(host, wish, row)),
    );
  }
  return { rows: done, unknown };
}

async function collectRow(host: Host, wish: GcWish, row: GcRow): Promise<GcRow> {
  const { agent, repository, path } = row;
  const { reason, ...done } = await collect(host, {
    fleet: wish.fleet,
    agent,
    repository,
    path,
    panes: wish.panes,
    now: wish.now,
    stillForMs: wish.olderThanMs,
  });
  // What was planned says more, unless it came otherwise.
  const asPlanned = reason === undefined || (done.action === row.action && done.action !== 'removed');
  return { ...row, ...done, reason: asPlanned ? row.reason : reason };
}
