/** Which commit of a followed repository each session runs as stands on the session itself. */
import type { Action } from '../model/plan.ts';
import type { Decision } from './decision.ts';
import type { Situation } from './situation.ts';

/**
 * For each session that runs as this revision says and does not say so yet: also one that was started by an earlier revision, where the
 * two say the same of it. One whose change is held keeps the revision that it was started as.
 */
export function revisionActions(
  decided: readonly { s: Situation; decision: Decision }[],
  revision: string | undefined,
): Action[] {
  if (revision === undefined) return [];
  return decided.flatMap(({ s, decision }): Action[] => {
    const starts = decision.steps.some((step) => step.do === 'start');
    const stays = s.session.kind === 'live' && decision.change !== 'stop' && runsAsWanted(decision);
    const standing = s.session.kind === 'live' ? s.session.session.revision : undefined;
    if (!starts && (!stays || standing === revision)) return [];
    return [
      {
        kind: 'mark-revision',
        id: `mark-revision:${s.name}`,
        agent: s.name,
        revision,
        reason: starts ? 'started as this revision says' : 'runs as this revision says',
        needs: starts ? [`start-session:${s.name}`] : [],
      },
    ];
  });
}

const runsAsWanted = ({ status }: Decision): boolean => status === 'running' || status === 'limited';
