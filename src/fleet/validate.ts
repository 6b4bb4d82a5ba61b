import type { ErrorObject } from 'ajv';
import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import { fleet as validateFleet } from '../generated/fleet.js';
import type { Problem } from '../model/problem.ts';
import { formatPath, type Path, type Places } from './places.ts';
import { fieldAt } from './schema.ts';
import { choices, wrongForm, wrongType, type Sentence } from './wording.ts';

/** More than a person reads at once; a file of another kind has thousands. */
const maxWorded = 500;

/** Far more than a machine can run, and few enough that even a file of nothing but mistakes is checked at once. */
const maxAgents = 10_000;

/**
 * Checks a plain value against the schema of fleet files. What does not fit is reported and taken out of the value, so that
 * the rest of it can be checked further. `broken` holds the paths of what was taken out; '' when nothing is left.
 */
export function validate(value: unknown, places: Places): { problems: Problem[]; broken: Set<string> } {
  const agents = isRecord(value) ? value['agents'] : undefined;
  if (Array.isArray(agents) && agents.length > maxAgents) {
    const message = `the file has ${agents.length.toLocaleString('en')} agents, more than the ${maxAgents.toLocaleString('en')} allowed`;
    return { problems: [{ message, path: 'agents', range: places.key(['agents']) }], broken: new Set(['']) };
  }
  const broken = new Set<string>();
  const problems: Problem[] = [];
  if (validateFleet(value)) return { problems, broken };
  const findings = (validateFleet.errors ?? []).flatMap((error) => finding(value, error, places));
  for (const found of findings) {
    const path = formatPath(found.path);
    // The first error of a value says it: a text that is too long need not be told its form as well.
    if (broken.has(path)) continue;
    broken.add(path);
    if (problems.length >= maxWorded) continue;
    const { message, fix } = found.say();
    const range = found.onKey ? places.key(found.at) : places.value(found.at);
    problems.push({ message, ...(fix !== undefined && { fix }), path, range });
  }
  for (const found of findings) remove(value, found.path);
  return { problems, broken };
}

/** Mappings whose keys are names that the file gives. */
const keys: Record<string, { kind: string; is: string }> = {
  env: { kind: 'envName', is: 'the name of the variable' },
  runtimes: { kind: 'name', is: 'the name of the runtime' },
  hosts: { kind: 'host', is: 'the name of the host' },
};

interface Finding {
  /** What is wrong or missing. */
  path: Path;
  /** What is shown. */
  at: Path;
  onKey: boolean;
  say: () => Sentence;
}

function finding(root: unknown, error: ErrorObject, places: Places): Finding[] {
  const path = fromPointer(root, error.instancePath);
  const { propertyName } = error;
  if (propertyName !== undefined) {
    const at = [...path, propertyName];
    const { kind, is } = keys[String(path.at(-1))] ?? { kind: 'name', is: 'the key' };
    return [{ path: at, at, onKey: true, say: () => wrongForm(is, propertyName, { kind, examples: [] }) }];
  }
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'propertyNames':
      // Said already, by the error of the name itself.
      return [];
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const at = [...path, key];
      return [{ path: at, at, onKey: true, say: () => unknownKey(path, key) }];
    }
    case 'required': {
      const key = String(params['missingProperty']);
      return [{ path: [...path, key], at: path, onKey: false, say: () => missing(path, key) }];
    }
    default: {
      const value = valueAt(root, path);
      // An empty value has nothing to underline.
      return [{ path, at: path, onKey: value === null, say: () => wrongValue(path, value, error, places) }];
    }
  }
}

function wrongValue(path: Path, value: unknown, error: ErrorObject, places: Places): Sentence {
  const name = nameOf(path);
  const field = fieldAt(path);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'type': {
      const types = Array.isArray(params['type']) ? params['type'].map(String) : [String(params['type'])];
      return wrongType(name, value, types, places.source(path), field);
    }
    case 'const':
      return {
        message: `${name} must be ${String(params['allowedValue'])}`,
        fix: `Write "${String(path.at(-1))}: ${String(params['allowedValue'])}".`,
      };
    case 'enum': {
      const allowed = params['allowedValues'] as unknown[];
      const near = typeof value === 'string' ? suggest(value, allowed.map(String)) : undefined;
      const message = `${name} must be ${choices(allowed)}`;
      return near === undefined ? { message } : { message, fix: `Did you mean ${near}?` };
    }
    case 'minLength':
      return {
        message: `${name} is empty`,
        fix: typeof path.at(-1) === 'number' ? 'Remove it.' : 'Give it a value, or remove the key.',
      };
    case 'minItems':
      return { message: `${name} is an empty list`, fix: 'Give it at least one item, or remove the key.' };
    case 'maxLength': {
      const limit = String(params['limit']);
      return {
        message: `${name} has ${Array.from(String(value)).length} characters, more than the ${limit} allowed`,
        fix: 'Shorten it.',
      };
    }
    case 'pattern':
      return wrongForm(name, String(value), field);
    case 'minimum':
    case 'maximum': {
      const bound = error.keyword === 'minimum' ? 'at least' : 'at most';
      return { message: `${name} is ${String(value)}; it must be ${bound} ${String(params['limit'])}` };
    }
    default:
      return { message: `${name} ${error.message ?? 'is not valid'}` };
  }
}

function unknownKey(parent: Path, key: string): Sentence {
  const known = fieldAt(parent).keys ?? [];
  const near = suggest(key, known);
  const where = parent.length === 0 ? 'the fleet file' : nameOf(parent);
  const fix = near === undefined ? `The keys here are ${listed(known)}.` : `Did you mean ${quoted(near)}?`;
  return { message: `${where} has no key ${quoted(key)}`, fix };
}

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
  milestones: 'a milestone',
  command: 'an argument of "command"',
  mosaic: 'a word of "mosaic"',
  resume: 'a word of "resume"',
  unattended: 'a word of "unattended"',
};

/** A JSON pointer as a path; a part is a position where the value there is a list. */
function fromPointer(root: unknown, pointer: string): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Record<string, unknown>)[key];
  }
  return path;
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) => (value as Record<string | number, unknown> | undefined)?.[part],
    root,
  );

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Takes a value out; a list keeps its length, so that the positions of the others stay right. */
function remove(root: unknown, path: Path): void {
  const last = path.at(-1);
  const parent = valueAt(root, path.slice(0, -1));
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<string, unknown>)[last];
}
