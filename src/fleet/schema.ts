import schema from '../../schemas/fleet.schema.json' with { type: 'json' };
import type { Path } from './places.ts';

/** What the schema says of one place of the file, for the wording of problems. */
export interface Field {
  /** Name of the definition that gives its form, such as `duration`. */
  kind?: string;
  /** The keys that a mapping here may have. */
  keys?: string[];
  examples: unknown[];
  /** How values are written in its file; absent: YAML. */
  notation?: 'toml';
  /** The value in words, where its own type does not tell. */
  what?: string | undefined;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  examples?: unknown[];
  default?: unknown;
}

/** What the schema says of the value at a path; of the nearest thing around it where it knows no such path. */
export const fieldAt = (path: Path): Field => fieldIn(schema as Schema, path);

/** As `fieldAt`, of any schema whose references stay within it. */
export function fieldIn(root: Schema, path: Path): Field {
  let field = follow(root, root);
  for (const part of path) field = follow(root, inner(field.schema, part));
  const { examples, kind, schema: found } = field;
  return {
    ...(kind !== undefined && { kind }),
    ...(found.properties && { keys: Object.keys(found.properties) }),
    examples,
  };
}

function inner(schema: Schema, part: string | number): Schema {
  if (typeof part === 'number') return schema.items ?? {};
  if (schema.properties && Object.hasOwn(schema.properties, part)) return schema.properties[part] ?? {};
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
}

function follow(root: Schema, start: Schema): { schema: Schema; kind?: string; examples: unknown[] } {
  let found = start;
  let kind: string | undefined;
  const examples: unknown[] = [];
  for (;;) {
    if (found.default !== undefined) examples.push(found.default);
    examples.push(...(found.examples ?? []));
    if (found.$ref === undefined) return { schema: found, examples, ...(kind !== undefined && { kind }) };
    const steps = found.$ref.slice(2).split('/');
    kind = steps.at(-1);
    let next: unknown = root;
    for (const step of steps) next = (next as Record<string, unknown>)[step];
    found = next as Schema;
  }
}
