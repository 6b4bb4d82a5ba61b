/** Where an agent works: its working directory, or its worktree, wherever that is. */
import { join } from 'node:path';
import type { Agent, Fleet, Mission, WorktreeWish } from '../model/fleet.ts';
import type { Observation, WorktreeSeen } from '../model/observation.ts';
import type { Places } from '../model/places.ts';

/** The worktree that bears an agent's mark, under its present or its former name. */
export function ownWorktree(
  fleet: string,
  agent: Agent,
  observation: Pick<Observation, 'repositories'>,
): WorktreeSeen | undefined {
  const repository = agent.worktree && observation.repositories.get(agent.worktree.repository);
  if (repository?.known !== true) return undefined;
  const marked = (name: string | undefined): WorktreeSeen | undefined =>
    name === undefined
      ? undefined
      : repository.value.find((tree) => tree.owner?.fleet === fleet && tree.owner.agent === name);
  return marked(agent.name) ?? marked(agent.renamedFrom);
}

export function workplaceOf(
  fleet: string,
  agent: Agent,
  observation: Pick<Observation, 'repositories'>,
  places: Places,
): string {
  if (agent.worktree === undefined) return agent.workingDirectory;
  return (
    agent.worktree.path ?? ownWorktree(fleet, agent, observation)?.path ?? join(places.worktrees, agent.name)
  );
}

/** Where a mission's code is worked on: the worktree of its agent, where it has one, else its project. */
export function missionWorkplace(
  {
    fleet,
    observation,
    places,
  }: { fleet: Fleet; observation: Pick<Observation, 'repositories'>; places: Places },
  { agent: name, project }: Mission,
): string {
  const agent = fleet.agents.find((one) => one.name === name);
  return agent?.worktree === undefined ? project : workplaceOf(fleet.name, agent, observation, places);
}

/** Worktrees that keep git from making one: at the same place, or with the same branch checked out. */
export function inTheWayOf(
  { observation }: { observation: Pick<Observation, 'repositories'> },
  wish: WorktreeWish,
  path: string,
): WorktreeSeen[] {
  const repository = observation.repositories.get(wish.repository);
  if (repository?.known !== true) return [];
  return repository.value.filter(
    (tree) => tree.path === path || (wish.branch !== undefined && tree.branch === wish.branch),
  );
}
