/**
 * How a worktree is known as ours. Two marks, both in the worktree's own git directory, so that they go with it:
 *
 * - `mosaic.json`, written once the worktree is whole;
 * - the reason of git's lock, which `git worktree add --lock` writes before anything else of the worktree exists. It says
 *   whose a half-made one is.
 */

export const MARK_FILE = 'mosaic.json';

export interface Owner {
  fleet: string;
  agent: string;
}

export interface WorktreeMark extends Owner {
  /** Milliseconds since the epoch. */
  createdAt: number;
  repository: string;
  /** Absent: made detached. */
  branch?: string;
  /** A removal was begun: everything in it was safe then, at this commit (absent: there was none yet). */
  removing?: { head?: string };
}

/** Undefined when the text is not a mark of ours. */
export function parseMark(text: string): WorktreeMark | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(data) || data['format_version'] !== 1) return undefined;
  const { fleet, agent, created_at: created, repository, branch, removing } = data;
  if (!isName(fleet) || !isName(agent) || typeof created !== 'string' || typeof repository !== 'string') {
    return undefined;
  }
  const createdAt = Date.parse(created);
  if (Number.isNaN(createdAt)) return undefined;
  const mark: WorktreeMark = { fleet, agent, createdAt, repository };
  if (typeof branch === 'string') mark.branch = branch;
  if (isRecord(removing)) {
    const { head } = removing;
    mark.removing = typeof head === 'string' ? { head } : {};
  }
  return mark;
}

export function formatMark(mark: WorktreeMark): string {
  const { fleet, agent, createdAt, repository, branch, removing } = mark;
  const created_at = new Date(createdAt).toISOString();
  return `${JSON.stringify({ format_version: 1, fleet, agent, created_at, repository, branch, removing }, undefined, 2)}\n`;
}

export const lockReason = ({ fleet, agent }: Owner): string => `mosaic:${fleet}/${agent}`;

export function parseLockReason(reason: string | undefined): Owner | undefined {
  const [, fleet, agent] = /^mosaic:([^/]+)\/([^/]+)$/.exec(reason ?? '') ?? [];
  return isName(fleet) && isName(agent) ? { fleet, agent } : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z0-9_][a-z0-9_-]*$/.test(value);
