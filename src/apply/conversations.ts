/** What notes which conversations there are to take up (render/launcher.ts reads it when an agent starts). */
import type { Outcome } from '../model/outcome.ts';
import type { StartSession, StopSession } from '../model/plan.ts';
import { done, type ApplyContext } from './context.ts';
import { eachAlone } from './each.ts';

/** Throws HostError. */
export const forgetConversation = ({ host, places }: ApplyContext, agent: string): void =>
  host.files.remove(places.conversation(agent));

/** Throws HostError. */
export function renameConversation({ host, places }: ApplyContext, from: string, to: string): void {
  if (host.files.stat(places.conversation(from)) === undefined) return;
  host.files.rename(places.conversation(from), places.conversation(to));
}

/**
 * Has those begin a new conversation that are to.
 * @returns the actions that can go on, and the outcomes of those whose old one could not be put away
 */
export async function endConversations<A extends StartSession | StopSession>(
  actions: readonly A[],
  context: ApplyContext,
): Promise<{ ready: A[]; failed: Outcome[] }> {
  const outcomes = await eachAlone(
    actions.filter(({ fresh }) => fresh === true),
    (action) => {
      forgetConversation(context, action.agent);
      return done(action);
    },
  );
  const failed = outcomes.filter(({ result }) => result === 'failed');
  const hindered = new Set(failed.map(({ action }) => action.id));
  return { ready: actions.filter(({ id }) => !hindered.has(id)), failed };
}
