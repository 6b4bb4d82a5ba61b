/** The missions of two fleet files, and what would become of their sessions. */
import type { AgentDiff, FieldChange, MissionDiff } from '../model/diff.ts';
import type { Fleet, Mission } from '../model/fleet.ts';
import { isAutomatic } from '../render/mission.ts';
import { changesOf, missionFields } from './compare-fields.ts';

/** Those that differ: in the head's order, then those that are gone. */
export function compareMissions(base: Fleet, head: Fleet, agents: readonly AgentDiff[]): MissionDiff[] {
  const old = new Map(base.missions.map((mission) => [mission.id, mission]));
  const names = new Set(head.missions.map(({ id }) => id));
  return [
    ...head.missions.flatMap((after): MissionDiff[] => {
      const before = old.get(after.id);
      if (before === undefined) {
        const fields = changesOf({}, missionFields(after)).filter(({ field }) => shownWhenAdded.has(field));
        return [
          { mission: after.id, agent: after.agent, change: 'added', reason: begins(after, agents), fields },
        ];
      }
      const fields = changesOf(missionFields(before), missionFields(after));
      if (fields.length === 0) return [];
      return [
        { mission: after.id, agent: after.agent, change: 'changed', reason: goesOn(after, fields), fields },
      ];
    }),
    ...base.missions
      .filter(({ id }) => !names.has(id))
      .map(({ id, agent }): MissionDiff => ({
        mission: id,
        agent,
        change: 'removed',
        reason: 'no session follows; one at work goes on, and its files stay',
        fields: [],
      })),
  ];
}

const shownWhenAdded = new Set(['project', 'agent', 'state', 'continue', 'milestones', 'quality_gates']);

function begins(mission: Mission, agents: readonly AgentDiff[]): string {
  if (mission.state !== 'active') return `no session: it is ${mission.state}`;
  if (!isAutomatic(mission)) return 'its sessions are for a person to start (continue: manual)';
  const starts = agents.some(
    ({ agent, consequence }) =>
      agent === mission.agent && (consequence === 'start' || consequence === 'restart'),
  );
  return starts
    ? `its first session starts with ${mission.agent}`
    : `its first session waits until what ${mission.agent} runs now has ended`;
}

/** What its changed fields come to, each said once. */
function goesOn(after: Mission, fields: readonly FieldChange[]): string {
  const clauses = new Set(fields.map(({ field }) => clauseOf(field, after)));
  return [...clauses].join('; ');
}

function clauseOf(field: string, mission: Mission): string {
  switch (field) {
    case 'state':
      if (mission.state === 'active') return 'sessions go on';
      return mission.state === 'paused'
        ? 'no session follows until it is active again; one at work goes on'
        : 'no session follows; one at work goes on';
    case 'continue':
      return mission.continue === 'auto'
        ? 'the reconciler starts the next session'
        : 'a person starts the next session';
    case 'agent':
      return `the next session runs in the slot of ${mission.agent}`;
    case 'project':
      return 'its files are looked for in the other project; those of the old one stay';
    case 'milestones':
      return 'its record takes up the new milestones, and keeps those that were begun';
    case 'quality_gates':
    case 'verify':
      return 'takes effect when the gates are next due';
    case 'name':
      return 'its record takes up the name';
    default:
      return 'takes effect at once';
  }
}
