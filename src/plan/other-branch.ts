/** A worktree that is there already, and a fleet file that now wants another branch in it. */
import type { Agent } from '../model/fleet.ts';
import type { AgentRecord } from '../model/state.ts';
import type { Gathering } from './gather.ts';
import type { OtherBranch } from './situation.ts';
import { ownWorktree, workplaceOf } from './workplace.ts';

/**
 * We never check out another branch in a worktree that somebody works in. What the agent itself has checked out since is its own
 * affair: only a wish that has changed counts, or one of which nobody knows whether it has.
 * @param running the definition that its session was started with
 */
export function otherBranch(
  g: Gathering,
  agent: Agent,
  { definition }: AgentRecord,
  running: string | undefined,
): OtherBranch | undefined {
  const wish = agent.worktree;
  const tree = ownWorktree(g.fleet.name, agent, g.observation);
  if (wish === undefined || tree === undefined || tree.prunable || tree.branch === wish.branch)
    return undefined;
  const path = workplaceOf(g.fleet.name, agent, g.observation, g.places);
  if (tree.path !== path) return undefined;
  const told = running === undefined || definition?.hash === running ? definition : undefined;
  const before = told?.fields['worktree'] as { branch?: string } | undefined;
  const same = before === undefined ? wish.branch === undefined : before.branch === wish.branch;
  return same ? undefined : { path, is: inWords(tree.branch), wished: inWords(wish.branch) };
}

const inWords = (branch: string | undefined): string => (branch === undefined ? 'detached' : `on ${branch}`);
