/** Why a worktree could not be made, saved or removed. */
import { quoted } from '../base/text.ts';
import { HostError, type ExecResult } from '../host/host.ts';
import { gitWhy } from '../observe/git.ts';

export type WorktreeErrorCode =
  /** The repository could not be asked. */
  | 'repository'
  | 'bad-branch'
  | 'branch-in-use'
  | 'base-not-found'
  /** Something that is not ours stands at the path. */
  | 'path-taken'
  | 'path-is-link'
  /** The worktree belongs to another agent or fleet, or to nobody that we know. */
  | 'foreign'
  /** Another git holds a lock, or did not answer in time. */
  | 'busy'
  | 'disk-full'
  /** A process or pane works in it, or that could not be told. */
  | 'in-use'
  /** A removal would lose something. */
  | 'has-work'
  /** Not everything in it can be saved. */
  | 'unsavable'
  | 'failed';

export class WorktreeError extends Error {
  override name = 'WorktreeError';
  readonly code: WorktreeErrorCode;
  /** The same call may well succeed a little later. */
  readonly transient: boolean;
  /** For a person to do about it, one sentence. */
  readonly fix: string | undefined;

  constructor(
    code: WorktreeErrorCode,
    message: string,
    options: { fix?: string | undefined; transient?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.transient = options.transient ?? code === 'busy';
    this.fix = options.fix;
  }
}

/** What a failed git command means. `doing` says in words what it was for, such as `make the worktree`. */
export function gitFailed(doing: string, result: ExecResult): WorktreeError {
  const why = gitWhy(result);
  const message = `cannot ${doing}: ${why}`;
  const { stderr } = result;
  if (result.failure === 'timeout') return new WorktreeError('busy', message);
  if (result.failure === 'missing') {
    return new WorktreeError('failed', message, {
      fix: 'Install git 2.36 or later (Debian: apt-get install git).',
    });
  }
  if (/\.lock': File exists|another git process seems to be running/i.test(stderr)) {
    return new WorktreeError('busy', message, {
      fix: 'If no git runs in the repository any more, remove the lock file that is named.',
    });
  }
  if (/No space left on device|Disk quota exceeded/.test(stderr)) return diskFull(message);
  const elsewhere = /'(.+)' is already (?:checked out|used by worktree) at '(.+)'/.exec(stderr);
  if (elsewhere?.[1] !== undefined && elsewhere[2] !== undefined)
    return branchInUse(elsewhere[1], elsewhere[2]);
  return new WorktreeError('failed', message);
}

export const branchInUse = (branch: string, path: string): WorktreeError =>
  new WorktreeError('branch-in-use', `branch ${quoted(branch)} is checked out at ${quoted(path)}`, {
    fix: 'Give the agent another branch, or check out something else there.',
  });

const diskFull = (message: string, cause?: unknown): WorktreeError =>
  new WorktreeError('disk-full', message, { fix: 'Free some space, then apply again.', cause });

/** Lets a WorktreeError through and puts a failing file call into the same shape; anything else is a mistake of ours. */
export function asWorktreeError(error: unknown): unknown {
  if (!(error instanceof HostError)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return diskFull(error.message, error);
  return new WorktreeError('failed', error.message, { cause: error });
}
