/** Tells of missions that agents which have just started could go on with: nobody carries those on for them. */
import { missionAdvisory } from '../../coord/advisory.ts';
import type { Host } from '../../host/host.ts';
import { missionOf } from '../../model/fleet.ts';
import { missionPlaces } from '../../model/mission.ts';
import type { StartSession } from '../../model/plan.ts';
import { observeMission } from '../../observe/mission.ts';
import { isAutomatic } from '../../render/mission.ts';
import type { ApplyContext } from '../context.ts';

/** A mission of the fleet file, or one in the folder that an agent works in; each is told of once. */
export async function advise(started: readonly StartSession[], context: ApplyContext): Promise<void> {
  const { host, fleet } = context;
  const agents = new Map<string, string[]>();
  const carriedOn = new Set(fleet.missions.filter(isAutomatic).map(({ project }) => project));
  for (const { agent, workingDirectory } of started) {
    const mission = missionOf(fleet, agent);
    if (mission !== undefined && isAutomatic(mission)) continue;
    const project = mission?.project ?? workingDirectory;
    if (carriedOn.has(project)) continue;
    agents.set(project, [...(agents.get(project) ?? []), agent]);
  }
  for (const [project, names] of agents) {
    // Most have none, and are not looked into.
    if (!hasMission(host, project)) continue;
    const seen = observeMission(host, project, { terminal: false });
    if (!seen.record.known || seen.record.value?.status !== 'active') continue;
    const lines = await missionAdvisory(host, seen, { pulls: false });
    context.emit({ type: 'advice', agents: names, lines });
  }
}

function hasMission({ files }: Host, project: string): boolean {
  try {
    return files.target(missionPlaces(project).mission)?.kind === 'file';
  } catch {
    return false;
  }
}
