/** How messages speak of the file of a formula. */
import { quoted } from '../base/text.ts';
import type { Path } from '../fleet/places.ts';
import { fieldIn, type Field } from '../fleet/schema.ts';
import type { Kind } from '../fleet/shape.ts';
import type { Sentence } from '../fleet/wording.ts';
import { formula as validateFormula } from '../generated/formula.js';
import schema from '../../schemas/formula.schema.json' with { type: 'json' };

const fieldAt = (path: Path): Field => ({ ...fieldIn(schema, path), notation: 'toml' });

function nameOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the formula';
  const before = path.at(-2);
  if (typeof last === 'number')
    return before === 'context' ? 'a file of "context"' : `a word of ${quoted(String(before))}`;
  return before === 'env' ? `the variable ${quoted(last)}` : quoted(last);
}

function missing(parent: Path, key: string): Sentence {
  const [example] = fieldAt([...parent, key]).examples;
  const value = key === 'prompt' ? '"""…"""' : JSON.stringify(example ?? '…');
  return { message: `${nameOf(parent)} has no ${quoted(key)}`, fix: `Add ${key} = ${value}.` };
}

/** Said of a token that stands where the name of its variable should, without a character of it. */
export const notAToken: Sentence = {
  message: '"token_env" is not the name of an environment variable',
  fix: 'Write the name of the variable that holds the token, such as "FORGE_TOKEN", and never the token itself: if this is one, have it revoked.',
};

function secret(path: Path): Sentence | undefined {
  const [first, second] = path;
  if (first === 'forge' && second === 'token_env') return notAToken;
  if (first !== 'env' || second === undefined) return undefined;
  return { message: `${nameOf(path)} must be text, and no NUL in it`, fix: 'Put its value in quotes.' };
}

export const formulaFile: Kind = {
  validator: validateFormula,
  fieldAt,
  nameOf,
  keys: { env: { kind: 'envName', is: 'the name of the variable' } },
  missing,
  secret,
};
