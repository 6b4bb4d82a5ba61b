/** Removes one worktree that nobody needs, and saves first what only it holds. */
import type { Host } from '../host/host.ts';
import { asWorktreeError, WorktreeError } from './error.ts';
import { seeUsers, type PanePaths } from './in-use.ts';
import { locate, requireOurs, requireUnlocked } from './place.ts';
import { dismantle, inWords, requireKnown, requireUnused } from './remove.ts';
import { isSaved, rescue } from './rescue.ts';
import { settle } from './settle.ts';
import { lastActivity } from './survey.ts';

export interface CollectWish {
  fleet: string;
  agent: string;
  repository: string;
  path: string;
  panes: PanePaths;
  /** Milliseconds since the epoch. */
  now: number;
  /** Only what has been still for at least as long, in milliseconds; absent: whenever it was used. */
  stillForMs?: number;
  /** One that holds anything of its own stays as it is. */
  onlyClean?: boolean;
}

export interface Collected {
  action: 'kept' | 'removed' | 'rescued-and-removed';
  /** In words: why it is kept, or what was in it; absent: there was nothing in it. */
  reason?: string;
  /** Where what was in it is saved; also of one that is kept when the removal failed after that. */
  ref?: string;
  /** It was to be removed, and that failed. */
  failed?: true;
}

/**
 * The worktree is looked at immediately before. What only it holds is first saved under refs/mosaic/rescue/AGENT/TIME and read back; it is
 * removed only if it still is exactly what was saved. Killed at any point, the next call ends it. To be called in turn (`perRepository`);
 * throws nothing that git or the machine does.
 */
export async function collect(host: Host, wish: CollectWish): Promise<Collected> {
  const { repository, path, now } = wish;
  const owner = { fleet: wish.fleet, agent: wish.agent };
  const saved: { ref?: string } = {};
  const kept = (reason: string): Collected => ({ action: 'kept', reason, ...saved });
  try {
    const { found } = await locate(host, repository, path);
    if (found === undefined) return { action: 'removed', reason: 'it was gone already' };
    requireOurs(found, owner);
    requireUnlocked(found);
    requireUnused(host, path, wish.panes);
    const settled = await settle(host, repository, found, owner, now);
    if (settled.rescued !== undefined) saved.ref = settled.rescued;
    if (settled.state === 'gone') {
      return { action: saved.ref === undefined ? 'removed' : 'rescued-and-removed', ...saved };
    }
    const whole = (await locate(host, repository, path)).found;
    if (whole === undefined) throw new WorktreeError('failed', 'git does not list it any more');
    const work = await requireKnown(host, path);
    // Mending an interrupted one touches its files: only what was whole before can have been used since it was planned.
    if (
      wish.stillForMs !== undefined &&
      found.seen.unfinished === undefined &&
      now - lastActivity(host.files, whole, work.paths) < wish.stillForMs
    ) {
      return kept('used since it was looked at');
    }
    const left = inWords(work);
    if (left === undefined) {
      await dismantle(host, repository, whole, { force: false, head: work.head });
      return { action: 'removed', ...saved };
    }
    if (wish.onlyClean === true) return kept(left);
    const rescued = await rescue(host, { repository, path, agent: wish.agent, now });
    saved.ref = rescued.ref;
    const user = seeUsers(host, wish.panes)(path);
    if (user !== undefined) return kept(`in use: ${user}`);
    if (!(await isSaved(host, path, rescued))) return kept('it changed while it was saved');
    await dismantle(host, repository, whole, { force: true, head: work.head });
    return { action: 'rescued-and-removed', reason: left, ...saved };
  } catch (error) {
    const failure = asWorktreeError(error);
    if (!(failure instanceof WorktreeError)) throw error;
    return { ...kept(failure.message), failed: true };
  }
}
