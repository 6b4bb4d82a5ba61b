/** How an agent that is started again takes up the conversation that it was in. */
import { basename } from 'node:path';
import type { Agent, Fleet } from '../model/fleet.ts';
import type { Places } from '../model/places.ts';

/** Of an agent whose runtime can, and which is to. */
export interface Conversation {
  /** Words between its program and the rest of its command. */
  words: string[];
  /** Where it is noted which conversation there is to take up. */
  marker: string;
  /** What stands there: who has had it, and in which folder. A conversation of anything else is never taken up. */
  key: string;
}

/**
 * By name, those that take up their last conversation. Programs find it by the folder that they start in: agents that share theirs
 * with another of the same program would go on with each other's, and begin a new one instead.
 * @param workplaces where each agent works, by name
 */
export function conversationsOf(
  fleet: Fleet,
  places: Places,
  workplaces: ReadonlyMap<string, string>,
): Map<string, Conversation> {
  const programs = fleet.agents.map((agent) => {
    const workplace = workplaces.get(agent.name) ?? agent.workingDirectory;
    return { agent, workplace, own: `${basename(agent.command[0] ?? '')} ${workplace}` };
  });
  const sharers = new Map<string, number>();
  for (const { own } of programs) sharers.set(own, (sharers.get(own) ?? 0) + 1);
  return new Map(
    programs.flatMap(({ agent, own }) => {
      const words = fleet.runtimes[agent.runtime]?.resume ?? [];
      const alone = sharers.get(own) === 1;
      if (words.length === 0 || !alone || agent.onRestart !== 'resume' || !runsItsRuntime(fleet, agent))
        return [];
      const marker = places.conversation(agent.name);
      return [[agent.name, { words, marker, key: `${agent.runtime} ${own}` }]];
    }),
  );
}

/** The words are the runtime's own: a command that begins with another program would not know them. */
function runsItsRuntime(fleet: Fleet, { command, runtime }: Agent): boolean {
  const program = fleet.runtimes[runtime]?.command[0];
  const [own] = command;
  return program !== undefined && own !== undefined && basename(own) === basename(program);
}
