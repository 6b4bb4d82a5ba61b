import { posix } from 'node:path';
import type { Fleet } from '../model/fleet.ts';
import type { Loaded } from '../model/problem.ts';
import { check } from './check.ts';
import { warnOfMissions } from './check-missions.ts';
import { decode } from './decode.ts';
import { Findings } from './findings.ts';
import { ordered } from './ordered.ts';
import type { RawFleet } from './raw.ts';
import { resolve, type Place } from './resolve.ts';
import { validate } from './validate.ts';
import { parseYaml } from './yaml.ts';

export interface FleetInput extends Place {
  /** The file's content, as read. */
  text: string | Uint8Array;
}

/**
 * Turns the text of a fleet file into the fleet that it describes, every default filled in, or into all problems that it
 * has, in the order of their places. Touches nothing and never throws for what the text says.
 */
export function loadFleet(input: FleetInput): Loaded<Fleet> {
  const { file } = input;
  const { text, problem } = decode(input.text);
  if (problem) return { ok: false, file, text, problems: [problem] };
  const parsed = parseYaml(text);
  if ('problems' in parsed) return { ok: false, file, text, problems: ordered(parsed.problems) };
  const { value, places } = parsed;
  if (value === null) {
    const range = { line: 1, column: 1, length: 1 };
    const empty = { message: 'the file says nothing', fix: 'Begin it with "version: 1".', path: '', range };
    return { ok: false, file, text, problems: [empty] };
  }
  const { problems, broken } = validate(value, places);
  const findings = new Findings(places, broken);
  // Only a mapping has anything left to check.
  if (!broken.has('')) check(value as RawFleet, { home: input.home, folder: posix.dirname(file) }, findings);
  const all = [...problems, ...findings.problems];
  if (all.length > 0) return { ok: false, file, text, problems: ordered(all) };
  const fleet = resolve(value as RawFleet, input);
  const warnings = new Findings(places, broken);
  warnOfMissions(fleet, warnings);
  return { ok: true, value: fleet, file, text, warnings: warnings.problems };
}
