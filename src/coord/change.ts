/** Any other change of a mission. */
import type { Host } from '../host/host.ts';
import type { MissionFile, Task } from '../model/mission.ts';
import { withMission } from './store.ts';

/**
 * Reads the record, changes it and writes it, with nobody in between; gives it as it is then. `change` also gets the tasks as
 * they are after `options.tasks`; it must be a function of what it takes.
 * @param options.tasks how the text of TASKS.md is changed; it may be called again on a newer text
 * @param options.scratchpad an entry to append; left out where it is there already
 */
export async function changeMission(
  host: Host,
  project: string,
  change: (record: MissionFile, tasks: readonly Task[]) => MissionFile,
  options: { tasks?: (text: string) => string; scratchpad?: string } = {},
): Promise<MissionFile> {
  const done: { record?: MissionFile } = {};
  const before = await withMission(host, project, ({ record }) => ({
    record: (tasks) => (done.record = change(record, tasks)),
    ...options,
    result: record,
  }));
  return done.record ?? before;
}
