/** mission.json (schemas/mission.schema.json). */
import { quoted } from '../base/text.ts';
import { mission as valid } from '../generated/mission.js';
import type { MilestoneEntry, MissionFile, SessionEntry } from '../model/mission.ts';
import { parseLocated, placedAt } from './located-json.ts';

type Raw = Record<string, unknown>;

/** The form that we know and write. */
const SCHEMA_VERSION = 1;

/**
 * The mission that a text describes. Other tools leave out what they do not know: missing lists are empty ones here, a missing
 * name is the id, a missing status the first one. Every key is kept, ours or not, in its order. Throws PlacedError, also for the
 * file of a newer mosaic, and where two milestones or two sessions have one id.
 */
export function parseMission(text: string): MissionFile {
  const data = parseLocated(text, valid) as Raw;
  requireKnown(text, data['schema_version']);
  requireDistinct(text, data, 'milestones', 'id');
  requireDistinct(text, data, 'sessions', 'session_id');
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

/** What a newer form means we cannot tell, and would write back wrong. */
function requireKnown(text: string, version: unknown): void {
  if (typeof version !== 'number' || version <= SCHEMA_VERSION) return;
  const what = `it was made by a newer mosaic: schema_version is ${version}, and ${SCHEMA_VERSION} is the last that this one knows`;
  throw placedAt(what, text, '/schema_version', 'Update mosaic here.');
}

/** One of two with the same id would be taken for the other. */
function requireDistinct(text: string, data: Raw, list: string, key: string): void {
  const ids = ((data[list] ?? []) as Raw[]).map((entry) => entry[key] as string);
  const index = ids.findIndex((id, at) => ids.indexOf(id) < at);
  const id = ids[index];
  if (id === undefined) return;
  const what = `${list}[${index}].${key} is ${quoted(id)}, as in ${list}[${ids.indexOf(id)}]: each needs one of its own`;
  throw placedAt(what, text, `/${list}/${index}/${key}`);
}

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
