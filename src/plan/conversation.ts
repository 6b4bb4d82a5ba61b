/** Whether an agent that is started again goes on with the conversation that it was in. */
import type { EndCause } from '../model/state.ts';
import type { Decision, Step } from './decision.ts';
import { endedRun } from './ending.ts';
import type { Gathering } from './gather.ts';
import type { Situation } from './situation.ts';

/**
 * What was cut short is gone on with: after a crash, a reboot, an outage, a limit, a stop or a restart by an operator. A new
 * conversation begins where the old one was over: where its program ended it itself, with exit 0; where an operator wants it
 * forgotten; with a session of a mission that is no recovery, or that leaves aside the task that its agent crashes on.
 *
 * Only of an agent that could take one up, and that is started. One that never ran finds nothing to take up by itself.
 */
export function beginsConversation(g: Gathering, s: Situation, { steps }: Decision): boolean {
  if (!g.conversations.has(s.name) || !steps.some((step) => step.do === 'start')) return false;
  const cause = endedRun(s, s.agent && g.fleet.runtimes[s.agent.runtime])?.cause;
  return s.asked.fresh || cause === 'exit' || steps.some((step) => isAnother(step, cause));
}

/** A session at its usage limit counts as ended before its time, and was cut short all the same. */
function isAnother(step: Step, cause: EndCause | undefined): boolean {
  if (step.do === 'block-task') return true;
  if (step.do !== 'begin' || step.prompt === 'recover') return false;
  return step.prompt === 'first' || cause !== 'limit';
}
