/** How the prompt of a mission's session reaches its program. */
import { missionOf, type Agent, type Fleet, type Mission, type Runtime } from '../model/fleet.ts';
import { missionPlaces } from '../model/mission.ts';

/** Stands for the prompt in a command. */
export const PROMPT = '{prompt}';

/**
 * - argument: in place of `{prompt}` in its command
 * - typed: once its runtime shows that it is ready
 * - file: it finds it, and the capsule, by its environment; nothing is typed into a program that nobody knows to take prompts,
 *   least of all into a shell, which would run it
 */
export function promptDelivery(agent: Agent, runtime: Runtime | undefined): 'argument' | 'typed' | 'file' {
  if (agent.command.some((word) => word.includes(PROMPT))) return 'argument';
  return takesPrompts(agent, runtime) ? 'typed' : 'file';
}

/** Whether a prompt may be typed into it: a shell would run it, and of what has no `ready` nobody knows when it takes input. */
export const takesPrompts = (
  { runtime: name }: Pick<Agent, 'runtime'>,
  runtime: Runtime | undefined,
): boolean => name !== 'shell' && runtime?.ready !== undefined;

/** The reconciler starts its sessions. */
export const isAutomatic = ({ continue: by, state }: Mission): boolean =>
  by === 'auto' && state !== 'completed';

/** What an agent's file says of the mission that it works on; undefined where there is none. */
export function missionOfAgent(
  fleet: Fleet,
  agent: Agent,
):
  | { environment: Record<string, string>; promptFile: string; substitutes: boolean; types: boolean }
  | undefined {
  const mission = missionOf(fleet, agent.name);
  if (mission === undefined) return undefined;
  const places = missionPlaces(mission.project);
  const delivery = promptDelivery(agent, fleet.runtimes[agent.runtime]);
  return {
    environment: {
      MOSAIC_MISSION: mission.id,
      MOSAIC_PROJECT: mission.project,
      MOSAIC_PROMPT_FILE: places.prompt,
    },
    promptFile: places.prompt,
    substitutes: delivery === 'argument',
    types: delivery === 'typed' && isAutomatic(mission),
  };
}
