import type { ErrorObject } from 'ajv';
import { suggest } from '../base/suggest.ts';
import { listed, quoted } from '../base/text.ts';
import type { Problem } from '../model/problem.ts';
import { formatPath, type Path, type Places } from './places.ts';
import type { Field } from './schema.ts';
import { choices, wrongForm, wrongType, type Sentence } from './wording.ts';

/** More than a person reads at once; a file of another kind has thousands. */
const maxWorded = 500;

/** A kind of file that people write: its schema, and how messages speak of it. */
export interface Kind {
  validator: ((value: unknown) => boolean) & { errors?: ErrorObject[] | null };
  fieldAt: (path: Path) => Field;
  /** A field as messages call it; the file itself for the empty path. */
  nameOf: (path: Path) => string;
  /** Mappings whose keys are names that the file gives. */
  keys: Record<string, { kind: string; is: string }>;
  /** What to say of a key that has to be there. */
  missing: (parent: Path, key: string) => Sentence;
  /** What to say of a value that no message may hold. */
  secret?: (path: Path) => Sentence | undefined;
}

/** What of a document's places is needed to tell of its problems. */
export interface ShapePlaces extends Pick<Places, 'key' | 'value' | 'source'> {
  /** What stands at a path in words, where the plain value has no type for it. */
  what?(path: Path): string | undefined;
}

/**
 * Checks a plain value against the schema of its kind of file. What does not fit is reported and taken out of the value, so that
 * the rest of it can be checked further. `broken` holds the paths of what was taken out; '' when nothing is left.
 */
export function checkShape(
  value: unknown,
  places: ShapePlaces,
  kind: Kind,
): { problems: Problem[]; broken: Set<string> } {
  const broken = new Set<string>();
  const problems: Problem[] = [];
  if (kind.validator(value)) return { problems, broken };
  const found = (kind.validator.errors ?? []).flatMap((error) => finding(value, error, { places, kind }));
  for (const each of found) {
    const path = formatPath(each.path);
    // The first error of a value says it: a text that is too long need not be told its form as well.
    if (broken.has(path)) continue;
    broken.add(path);
    if (problems.length >= maxWorded) continue;
    const { message, fix } = each.say();
    const range = each.onKey ? places.key(each.at) : places.value(each.at);
    problems.push({ message, ...(fix !== undefined && { fix }), path, range });
  }
  for (const each of found) remove(value, each.path);
  return { problems, broken };
}

/** What sentences are made with. */
interface Speech {
  places: ShapePlaces;
  kind: Kind;
}

interface Finding {
  /** What is wrong or missing. */
  path: Path;
  /** What is shown. */
  at: Path;
  onKey: boolean;
  say: () => Sentence;
}

function finding(root: unknown, error: ErrorObject, speech: Speech): Finding[] {
  const { kind } = speech;
  const path = fromPointer(root, error.instancePath);
  const { propertyName } = error;
  if (propertyName !== undefined) {
    const at = [...path, propertyName];
    const { is, ...form } = kind.keys[String(path.at(-1))] ?? { kind: 'name', is: 'the key' };
    return [{ path: at, at, onKey: true, say: () => wrongForm(is, propertyName, { ...form, examples: [] }) }];
  }
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'propertyNames':
      // Said already, by the error of the name itself.
      return [];
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const at = [...path, key];
      return [{ path: at, at, onKey: true, say: () => unknownKey(path, key, kind) }];
    }
    case 'required': {
      const key = String(params['missingProperty']);
      return [{ path: [...path, key], at: path, onKey: false, say: () => kind.missing(path, key) }];
    }
    default: {
      const value = valueAt(root, path);
      // An empty value has nothing to underline.
      const onKey = value === null && speech.places.what?.(path) === undefined;
      return [{ path, at: path, onKey, say: () => wrongValue(path, value, error, speech) }];
    }
  }
}

function wrongValue(path: Path, value: unknown, error: ErrorObject, { places, kind }: Speech): Sentence {
  const hidden = kind.secret?.(path);
  if (hidden !== undefined) return hidden;
  const name = kind.nameOf(path);
  const field = kind.fieldAt(path);
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'type': {
      const types = Array.isArray(params['type']) ? params['type'].map(String) : [String(params['type'])];
      return wrongType(name, value, types, places.source(path), { ...field, what: places.what?.(path) });
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

function unknownKey(parent: Path, key: string, { fieldAt, nameOf }: Kind): Sentence {
  const known = fieldAt(parent).keys ?? [];
  const near = suggest(key, known);
  const where = nameOf(parent);
  const fix = near === undefined ? `The keys here are ${listed(known)}.` : `Did you mean ${quoted(near)}?`;
  return { message: `${where} has no key ${quoted(key)}`, fix };
}

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

/** Takes a value out; a list keeps its length, so that the positions of the others stay right. */
function remove(root: unknown, path: Path): void {
  const last = path.at(-1);
  const parent = valueAt(root, path.slice(0, -1));
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = undefined;
  else delete (parent as Record<string, unknown>)[last];
}
