/** Which commit of a followed repository each session runs as stands on the session itself. */
import type { Action } from '../model/plan.ts';
import type { Decision } from './decision.ts';
import type { Situation } from './situation.ts';

/**
 * For each session that runs as this revision says and does not say so yet: also one that was started by an earlier revision, where the
 * two say the same of it. One whose change is held keeps the revision that it was started as.
 * @param revision absent: the fleet follows no repository, and no session is to name a commit
 */
export function revisionActions(
  decided: readonly { s: Situation; decision: Decision }[],
  revision: string | undefined,
): Action[] {
  return decided.flatMap(({ s, decision }): Action[] => {
    const starts = revision !== undefined && decision.steps.some((step) => step.do === 'start');
    const ends = decision.steps.some((step) => step.do === 'stop');
    const stays = s.session.kind === 'live' && !ends && runsAsWanted(decision);
    const standing = s.session.kind === 'live' ? s.session.session.revision : undefined;
    if (!starts && (!stays || standing === revision)) return [];
    return [
      {
        kind: 'mark-revision',
        id: `mark-revision:${s.name}`,
        agent: s.name,
        ...(revision === undefined ? {} : { revision }),
        reason: reasonOf(revision, starts),
        needs: starts ? [`start-session:${s.name}`] : [],
      },
    ];
  });
}

function reasonOf(revision: string | undefined, starts: boolean): string {
  if (revision === undefined) return 'no repository is followed any more';
  return starts ? 'started as this revision says' : 'runs as this revision says';
}

const runsAsWanted = ({ status }: Decision): boolean => status === 'running' || status === 'limited';
