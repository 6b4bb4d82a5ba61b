/** mission.json (schemas/mission.schema.json). */
import { mission as valid } from '../generated/mission.js';
import type { MilestoneEntry, MissionFile, SessionEntry } from '../model/mission.ts';
import { parseLocated } from './located-json.ts';

type Raw = Record<string, unknown>;

/**
 * The mission that a text describes. Other tools leave out what they do not know: missing lists are empty ones here, a missing
 * name is the id, a missing status the first one. Every key is kept, ours or not, in its order. Throws an Error in words, with
 * line and column.
 */
export function parseMission(text: string): MissionFile {
  const data = parseLocated(text, valid) as Raw;
  return {
    ...data,
    mission_id: data['mission_id'] as string,
    name: given(data['name']) ?? (data['mission_id'] as string),
    status: (given(data['status']) ?? 'inactive') as MissionFile['status'],
    milestones: ((data['milestones'] ?? []) as Raw[]).map(milestoneOf),
    sessions: ((data['sessions'] ?? []) as Raw[]).map(sessionOf),
  };
}

/** The text of mission.json: keys in the order in which they stand. */
export const formatMission = (record: MissionFile): string => `${JSON.stringify(record, undefined, 2)}\n`;

const milestoneOf = (raw: Raw): MilestoneEntry => ({
  ...raw,
  id: raw['id'] as string,
  name: given(raw['name']) ?? (raw['id'] as string),
  status: (given(raw['status']) ?? 'pending') as MilestoneEntry['status'],
});

/** A number that is not known may be written as ''. */
function sessionOf(raw: Raw): SessionEntry {
  const numbers = ['pid', 'duration_seconds'].filter((key) => raw[key] === '');
  return { ...raw, ...Object.fromEntries(numbers.map((key) => [key, null])) } as SessionEntry;
}

const given = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
