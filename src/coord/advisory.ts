/** Gathers what a program that starts in a project is told about the mission there. */
import { join } from 'node:path';
import { shellLine } from '../base/shell.ts';
import type { Host } from '../host/host.ts';
import { advisoryLines } from '../mission/advisory.ts';
import type { MissionSeen } from '../model/mission.ts';
import { openPulls, observeDirty, recentCommits, repositoryAround } from '../observe/project.ts';

const COMMITS = 3;
const PULLS = 5;

/**
 * Lines for the person, each safe to print; none where no mission is active or paused. Asks git, and a provider's command.
 * @param options.pulls false: the provider, which may be far away, is not asked
 */
export async function missionAdvisory(
  host: Host,
  seen: MissionSeen,
  options: { pulls?: boolean } = {},
): Promise<string[]> {
  const { project } = seen.places;
  const status = seen.record.known ? seen.record.value?.status : 'active';
  if (status !== 'active' && status !== 'paused') return [];
  const [dirty, commits, pulls] = await Promise.all([
    observeDirty(host, project),
    recentCommits(host, project, COMMITS),
    options.pulls === false ? undefined : openPulls(host, project, PULLS),
  ]);
  const scratchpad = newestScratchpad(host, seen);
  return advisoryLines({
    seen,
    dirty,
    commits,
    commands: coordCommands(host, project),
    ...(scratchpad === undefined ? {} : { scratchpad }),
    ...(pulls === undefined ? {} : { pulls }),
  });
}

/** How a person goes on with the mission of a project, from where this command runs. */
export function coordCommands(host: Host, project: string): { continue: string; resume: string } {
  const { cwd } = host.facts;
  // Below another repository, that one's mission would be meant.
  const where = (repositoryAround(host.files, cwd) ?? cwd) === project ? [] : ['--project', project];
  return {
    continue: shellLine(['mosaic', 'coord', 'continue', ...where]),
    resume: shellLine(['mosaic', 'coord', 'resume', ...where]),
  };
}

/** The one last written to: the record's own, or another beside it. */
function newestScratchpad({ files }: Host, { places }: MissionSeen): string | undefined {
  try {
    const folder = join(places.project, 'docs/scratchpads');
    const beside = files.list(folder).filter((name) => name.endsWith('.md'));
    const paths = [
      ...(places.scratchpad === undefined ? [] : [places.scratchpad]),
      ...beside.map((name) => join(folder, name)),
    ];
    const dated = paths.flatMap((path) => {
      const stat = files.target(path);
      return stat?.kind === 'file' ? [{ path, at: stat.modifiedAt }] : [];
    });
    return dated.toSorted((a, b) => b.at - a.at)[0]?.path;
  } catch {
    return places.scratchpad;
  }
}
