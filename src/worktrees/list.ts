/** The rows of `mosaic worktree list`. */
import type { Host } from '../host/host.ts';
import { survey, type Survey, type Surveyed, type SurveyWish } from './survey.ts';

export interface WorktreeRow {
  agent: string;
  repository: string;
  path: string;
  /** Absent: detached. */
  branch?: string;
  state: 'clean' | 'dirty' | 'unpushed' | 'unfinished' | 'folder-gone' | 'unknown';
  /** Zero where it could not be looked into: see `state`. */
  modified: number;
  untracked: number;
  unpushed: number;
  /** Why its state is unknown. */
  why?: string;
  /** Milliseconds since the last sign of life in it. */
  ageMs: number;
  /** Who works in it, in words. */
  usedBy?: string;
}

/** The fleet's worktrees by agent, and the repositories that could not be asked. Looks only. */
export async function listWorktrees(
  host: Host,
  wish: SurveyWish & { now: number },
): Promise<{ rows: WorktreeRow[]; unknown: Survey['unknown'] }> {
  const { worktrees, unknown } = await survey(host, wish);
  return { rows: worktrees.map((worktree) => rowOf(worktree, wish.now)), unknown };
}

function rowOf(
  { agent, repository, registration, work, usedBy, activityAt }: Surveyed,
  now: number,
): WorktreeRow {
  const { path, branch } = registration.seen;
  const { modified, untracked, unpushed } =
    work?.known === true ? work.value : { modified: 0, untracked: 0, unpushed: 0 };
  return {
    agent,
    repository,
    path,
    ...(branch === undefined ? {} : { branch }),
    state: stateOf(registration, work),
    modified,
    untracked,
    unpushed,
    ...(work?.known === false ? { why: work.why } : {}),
    ageMs: Math.max(0, now - activityAt),
    ...(usedBy === undefined ? {} : { usedBy }),
  };
}

function stateOf({ seen }: Surveyed['registration'], work: Surveyed['work']): WorktreeRow['state'] {
  if (seen.unfinished !== undefined) return 'unfinished';
  if (work === undefined) return 'folder-gone';
  if (!work.known) return 'unknown';
  if (work.value.modified + work.value.untracked > 0) return 'dirty';
  return work.value.unpushed > 0 ? 'unpushed' : 'clean';
}
