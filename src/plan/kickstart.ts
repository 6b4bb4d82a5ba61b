/** What an agent is told first. */
import type { Kickstart } from '../model/plan.ts';
import type { Situation } from './situation.ts';

/**
 * The prompt of its mission's session, which has its own kickstart in it; else its kickstart; undefined where it has neither.
 * @param begins a session of its mission begins with its start
 */
export function firstText({ agent, mission }: Situation, begins = false): Kickstart['text'] | undefined {
  if (mission === undefined || !(begins || mission.ofAgent) || mission.delivery === 'file')
    return agent?.kickstart;
  return mission.delivery === 'typed' ? { file: mission.seen.places.prompt } : undefined;
}

export function kickstart(s: Situation, needs: string[], begins: boolean): Kickstart[] {
  const text = firstText(s, begins);
  if (s.agent === undefined || text === undefined) return [];
  return [
    {
      kind: 'kickstart',
      id: `kickstart:${s.name}`,
      agent: s.name,
      text,
      reason: typeof text === 'string' ? 'its kickstart' : "its session's prompt",
      needs,
    },
  ];
}
