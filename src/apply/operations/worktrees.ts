/** Worktrees: made, marked anew after a rename, removed when nothing would be lost. */
import { join } from 'node:path';
import { gitDirOf } from '../../observe/git-folders.ts';
import { observePanePaths } from '../../observe/pane-paths.ts';
import { fewAtATime } from '../../observe/pool.ts';
import { MARK_FILE, parseMark } from '../../observe/worktree-mark.ts';
import { makeWorktree } from '../../worktrees/make.ts';
import { writeMark } from '../../worktrees/place.ts';
import { removeWorktree } from '../../worktrees/remove.ts';
import { alone, eachAlone } from '../each.ts';
import { done, type Operation } from '../context.ts';
import { OperationError } from '../errors.ts';
import { withRetry } from '../retry.ts';

const AT_ONCE = 8;

/** In parallel across repositories; one at a time within one, which `makeWorktree` sees to. */
export const makeWorktrees: Operation<'make-worktree'> = async (actions, context) => {
  const { host, fleet, places } = context;
  return fewAtATime(actions, AT_ONCE, (action) =>
    alone(action, async () => {
      const { agent, repository, path, base, branch } = action;
      const made = await withRetry(context, `the worktree of ${agent}`, () =>
        makeWorktree(host, {
          fleet: fleet.name,
          agent,
          repository,
          path,
          ...(base === undefined ? {} : { base }),
          ...(branch === undefined ? {} : { branch }),
          within: places.worktrees,
          now: host.clock.now(),
        }),
      );
      const rescued = made.rescued === undefined ? undefined : `what lay there is saved as ${made.rescued}`;
      return done(action, rescued, made.path);
    }),
  );
};

export const markWorktree: Operation<'mark-worktree'> = (actions, { host }) =>
  eachAlone(actions, (action) => {
    const gitDir = gitDirOf(host.files, action.path);
    const mark = gitDir === undefined ? undefined : parseMark(host.files.read(join(gitDir, MARK_FILE)) ?? '');
    if (gitDir === undefined || mark === undefined)
      throw new OperationError(`${action.path} bears no mark of ours`);
    writeMark(host, gitDir, { ...mark, agent: action.agent });
    return done(action);
  });

export const removeWorktrees: Operation<'remove-worktree'> = async (actions, context) => {
  const { host, fleet } = context;
  const panes = await observePanePaths(host, fleet.tmux.socketName);
  return eachAlone(actions, async (action) => {
    const { agent, repository, path } = action;
    const removed = await withRetry(context, `the worktree ${path}`, () =>
      removeWorktree(host, { fleet: fleet.name, agent, repository, path, panes, now: host.clock.now() }),
    );
    return done(action, removed.rescued === undefined ? undefined : `saved as ${removed.rescued}`, path);
  });
};
