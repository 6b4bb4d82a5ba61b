/** `mosaic coord resume` for programs (schemas/coord-resume.schema.json). */
import type { DirtyState } from '../mission/dirty.ts';
import type { Source } from '../model/source.ts';
import { defined } from './defined.ts';
import { sessionJson, taskJson } from './mission-json.ts';
import { liveness, recordOf, sessionSentence } from './mission-parts.ts';
import type { Recovery } from './recovery.ts';

export function recoveryJson({ view, session, workplace, dirty, inProgress, cleaned, advice }: Recovery) {
  const { state, dead, why } = liveness(view);
  return defined({
    format_version: 1 as const,
    project: view.seen.places.project,
    mission_id: recordOf(view)?.mission_id,
    state,
    explanation: sessionSentence(view),
    why: dead ?? why,
    session: session === undefined ? undefined : sessionJson(session),
    workplace,
    work: dirtyJson(dirty),
    in_progress: inProgress.map(taskJson),
    cleaned:
      cleaned === undefined
        ? undefined
        : defined({ session_id: cleaned.session, ended_reason: cleaned.reason }),
    next: advice.map(({ text, command }) => defined({ text, command })),
  });
}

function dirtyJson(dirty: Source<DirtyState>) {
  if (!dirty.known) return { unknown: dirty.why };
  const { files, more, stashes, unpushed, operation } = dirty.value;
  return defined({ files, more_files: more, stashes, unpushed_commits: unpushed, operation });
}
