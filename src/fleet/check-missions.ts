import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import type { Findings } from './findings.ts';
import type { Path } from './places.ts';
import type { RawFleet } from './raw.ts';

/** Checks that ids are one of a kind and that each mission's agent is in the file. */
export function checkMissions(raw: RawFleet, findings: Findings): void {
  const missions = raw.missions ?? [];
  const agents = (raw.agents ?? []).flatMap((agent) => agent?.name ?? []);
  // The agent may be one whose name was refused.
  const complete = !findings.wasRefused(['agents']) && !findings.anyRefused('agents', 'name');
  unique(
    missions.map((mission, index) => [mission?.id, ['missions', index, 'id']]),
    'mission',
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
