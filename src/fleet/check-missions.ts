import { posix } from 'node:path';
import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Findings } from './findings.ts';
import { expandPath } from './paths.ts';
import type { Path } from './places.ts';
import type { RawFleet, RawMission } from './raw.ts';

/**
 * Checks that ids are one of a kind, that each mission's agent is in the file, and that no agent and no project has two active
 * missions.
 */
export function checkMissions(
  raw: RawFleet,
  around: { home: string; folder: string },
  findings: Findings,
): void {
  const missions = raw.missions ?? [];
  const agents = (raw.agents ?? []).flatMap((agent) => agent?.name ?? []);
  // The agent may be one whose name was refused.
  const complete = !findings.wasRefused(['agents']) && !findings.anyRefused('agents', 'name');
  unique(
    missions.map((mission, index) => [mission?.id, ['missions', index, 'id']]),
    'mission',
    findings,
  );
  oneAtATime(missions, 'agent', ({ agent }) => agent, findings);
  oneAtATime(
    missions,
    'project',
    ({ project }) => project && posix.resolve(expandPath(project, around.home, around.folder)),
    findings,
  );
  for (const [index, mission] of missions.entries()) {
    if (!mission) continue;
    const at = ['missions', index];
    const milestones = (mission.milestones ?? []).map((milestone, step): [string | undefined, Path] => [
      milestone?.id,
      [...at, 'milestones', step, 'id'],
    ]);
    unique(milestones, 'milestone', findings);
    if (mission.agent === undefined || !complete || agents.includes(mission.agent)) continue;
    const near = suggest(mission.agent, agents);
    const known = agents.length > 0 && agents.length <= 20 ? `: ${listed(agents, 'or')}` : '';
    const fix = near === undefined ? `Name an agent of this file${known}.` : `Did you mean ${quoted(near)}?`;
    findings.add([...at, 'agent'], `there is no agent ${quoted(mission.agent)}`, { fix });
  }
}

function unique(ids: [string | undefined, Path][], what: string, findings: Findings): void {
  const first = new Map<string, Path>();
  for (const [id, path] of ids) {
    if (id === undefined) continue;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, path);
      continue;
    }
    const related = { message: 'the first one is here', path: before };
    findings.add(path, `the ${what} ${quoted(id)} is there twice`, {
      fix: 'Give one of the two another id.',
      related,
    });
  }
}

/** An agent has one slot, and a project one set of mission files: each is for one active mission. */
function oneAtATime(
  missions: readonly (RawMission | undefined)[],
  key: 'agent' | 'project',
  of: (mission: RawMission) => string | undefined,
  findings: Findings,
): void {
  const first = new Map<string, Path>();
  for (const [index, mission] of missions.entries()) {
    if (!mission || (mission.state ?? 'active') !== 'active') continue;
    const value = of(mission);
    if (value === undefined || findings.wasRefused(['missions', index, key])) continue;
    const path = ['missions', index, key];
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, path);
      continue;
    }
    findings.add(path, `another active mission has the ${key} ${quoted(mission[key] ?? '')} already`, {
      fix: 'Set one of the two to "state: paused" until the other is completed.',
      related: { message: 'it is here', path: before },
    });
  }
}

/** Says which missions are worked on outside of their project: rarely meant. */
export function warnOfMissions(fleet: Fleet, warnings: Findings): void {
  for (const [index, mission] of fleet.missions.entries()) {
    const agent = fleet.agents.find(({ name }) => name === mission.agent);
    if (agent === undefined || agent.worktree !== undefined) continue;
    const way = posix.relative(mission.project, agent.workingDirectory);
    if (way !== '..' && !way.startsWith('../')) continue;
    warnings.add(
      ['missions', index, 'project'],
      `the agent ${agent.name} of the mission ${mission.id} works in ${agent.workingDirectory}, outside of the project`,
      { fix: "Set the agent's working_directory, or give it a worktree." },
    );
  }
}
