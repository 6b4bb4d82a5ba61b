/** Prompt and capsule of a mission as it was seen, for a session that is not begun here. */
import { circumstancesOf, workplaceOf } from '../../coord/circumstances.ts';
import { sessionTexts } from '../../coord/texts.ts';
import type { Host } from '../../host/host.ts';
import { lastSession } from '../../mission/select.ts';
import type { PromptKind, Task } from '../../model/mission.ts';
import type { FoundMission } from './project.ts';

export interface TextsWish {
  kind: PromptKind;
  runtime: string;
  /** Absent: the mission's next one. */
  task?: Task;
}

export async function textsOf(
  host: Host,
  { seen, record }: FoundMission,
  wish: TextsWish,
): Promise<{ prompt: string; capsule: string }> {
  const { kind, runtime, task } = wish;
  const previous = lastSession(record);
  const circumstances = await circumstancesOf(host, seen, kind, workplaceOf(host, seen));
  return sessionTexts(circumstances, {
    places: seen.places,
    record,
    tasks: seen.tasks.known ? (seen.tasks.value ?? []) : [],
    runtime,
    ...(task === undefined ? {} : { task }),
    ...(previous === undefined ? {} : { previous }),
    ...(seen.branch === undefined ? {} : { branch: seen.branch }),
  });
}
