import { quoted } from '../base/text.ts';
import { fleet as validateFleet } from '../generated/fleet.js';
import type { Problem } from '../model/problem.ts';
import type { Path, Places } from './places.ts';
import { fieldAt } from './schema.ts';
import { checkShape, type Kind } from './shape.ts';
import type { Sentence } from './wording.ts';

/** Far more than a machine can run, and few enough that even a file of nothing but mistakes is checked at once. */
const maxAgents = 10_000;

/** As `checkShape`, of a fleet file. */
export function validate(value: unknown, places: Places): { problems: Problem[]; broken: Set<string> } {
  const agents = isRecord(value) ? value['agents'] : undefined;
  if (Array.isArray(agents) && agents.length > maxAgents) {
    const message = `the file has ${agents.length.toLocaleString('en')} agents, more than the ${maxAgents.toLocaleString('en')} allowed`;
    return { problems: [{ message, path: 'agents', range: places.key(['agents']) }], broken: new Set(['']) };
  }
  return checkShape(value, places, fleetFile);
}

/** Mappings whose keys are names that the file gives. */
const keys: Kind['keys'] = {
  env: { kind: 'envName', is: 'the name of the variable' },
  runtimes: { kind: 'name', is: 'the name of the runtime' },
  hosts: { kind: 'host', is: 'the name of the host' },
};

function missing(parent: Path, key: string): Sentence {
  if (parent.length === 0 && key === 'version') {
    return { message: 'the file does not say its version', fix: 'Begin it with "version: 1".' };
  }
  const [example] = fieldAt([...parent, key]).examples;
  const written = typeof example === 'string' ? ` ${example}` : ' …';
  return { message: `${nameOf(parent)} has no ${quoted(key)}`, fix: `Add "${key}:${written}".` };
}

/** A field as messages call it. */
export function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the fleet file';
  const before = path.at(-2);
  if (typeof last === 'number')
    return typeof before === 'string' ? (items[before] ?? `an item of ${quoted(before)}`) : 'an item';
  if (before === 'env') return `the variable ${quoted(last)}`;
  if (before === 'runtimes') return `the runtime ${quoted(last)}`;
  if (before === 'hosts') return `the host ${quoted(last)}`;
  return quoted(last);
}

const items: Record<string, string> = {
  agents: 'an agent',
  missions: 'a mission',
  formulas: 'a formula',
  milestones: 'a milestone',
  command: 'an argument of "command"',
  mosaic: 'a word of "mosaic"',
  resume: 'a word of "resume"',
  unattended: 'a word of "unattended"',
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fleetFile: Kind = { validator: validateFleet, fieldAt, nameOf, keys, missing };
