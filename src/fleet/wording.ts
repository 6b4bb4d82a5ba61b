import { listed, quoted } from '../base/text.ts';
import type { Field } from './schema.ts';

export interface Sentence {
  message: string;
  fix?: string;
}

/** Rules for values whose form the schema gives as a pattern: what they are, and what is allowed. */
const rules: Record<string, { is: string; allowed: string }> = {
  fleetName: {
    is: 'a fleet name',
    allowed: 'Use 1 to 32 lower-case letters, digits and hyphens, no hyphen at either end',
  },
  formulaName: {
    is: 'a name of a formula',
    allowed: 'Use 1 to 40 lower-case letters, digits and hyphens, beginning with a letter or digit',
  },
  name: {
    is: 'a name',
    allowed: 'Use 1 to 63 lower-case letters, digits, "-" and "_", beginning with a letter or digit',
  },
  tmuxName: {
    is: 'a name',
    allowed: 'Use 1 to 63 lower-case letters, digits, "-" and "_", not beginning with "-"',
  },
  unitPrefix: {
    is: 'a unit prefix',
    allowed: 'Use 1 to 31 lower-case letters, digits and hyphens, beginning with a letter',
  },
  id: { is: 'an id', allowed: 'Use letters and digits, with single ".", "_" or "-" between them' },
  host: { is: 'a host name or machine id', allowed: 'Use letters, digits, ".", "_" and "-"' },
  sshTarget: {
    is: 'a destination of ssh',
    allowed:
      'Write HOST, USER@HOST, ssh://USER@HOST:PORT or an alias of the ssh configuration, without options',
  },
  branch: {
    is: 'a branch name that git accepts',
    allowed:
      'Leave out spaces, ~ ^ : ? * [ \\, "..", "//" and "@{"; no part may begin with "." or end with ".lock", nor the whole begin with "-" or end with "." or "/"',
  },
  revision: {
    is: 'a branch, tag or commit',
    allowed: 'Name one, with no spaces, no ".." and no leading "-"',
  },
  duration: {
    is: 'a duration',
    allowed: 'Write whole numbers with their units d, h, m, s or ms, the largest first',
  },
  size: { is: 'a size', allowed: 'Write a whole number of bytes, or one with K, M, G or T (powers of 1024)' },
};

const owned = /^(?:MOSAIC_|TMUX(?:_PANE)?$)/;

/** Why a value does not have the form that its field asks for. `name` is the field, as messages call it. */
export function wrongForm(name: string, value: string, { kind, examples }: Field): Sentence {
  if (kind === 'envName') {
    if (owned.test(value))
      return {
        message: `the variable ${quoted(value)} is set by mosaic and tmux themselves`,
        fix: 'Remove it.',
      };
    const fix = 'Use at most 255 letters, digits and "_", not beginning with a digit.';
    return { message: `${quoted(value)} cannot be the name of an environment variable`, fix };
  }
  const rule = kind === undefined ? undefined : rules[kind];
  if (rule)
    return {
      message: `${name} is ${quoted(value)}, which is not ${rule.is}`,
      fix: `${rule.allowed}.${such(examples)}`,
    };
  const bad =
    /[\0\p{Cs}]/u.exec(value)?.[0] ??
    /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u.exec(value)?.[0];
  if (bad === undefined) return { message: `${name} does not have the form that it should` };
  const code = `U+${(bad.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return { message: `${name} has ${character(bad)} in it (${code})`, fix: 'Remove the character.' };
}

function character(bad: string): string {
  if (bad === '\0') return 'a NUL character';
  if (bad === '\n' || bad === '\r' || bad === '\u2028' || bad === '\u2029') return 'a line break';
  if (/\p{Cs}/u.test(bad)) return 'half of a surrogate pair';
  return /\p{Cc}/u.test(bad) ? 'a control character' : 'a character that changes the direction of text';
}

const such = (examples: unknown[]): string => {
  const texts = examples.filter((example) => typeof example === 'string').slice(0, 3);
  return texts.length > 0 ? ` For example ${listed(texts.map(quoted), 'or')}.` : '';
};

const words: Record<string, string> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
};

/**
 * Why a value is of the wrong type.
 * @param source the value as it was written
 */
export function wrongType(
  name: string,
  value: unknown,
  types: string[],
  source: string | undefined,
  field: Field,
): Sentence {
  const message = `${name} must be ${listed(
    types.map((type) => words[type] ?? type),
    'or',
  )}, not ${field.what ?? typeWord(value)}`;
  const fix = typeFix(value, types, source, field);
  return fix === undefined ? { message } : { message, fix };
}

function typeWord(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return typeof value === 'boolean' ? String(value) : (words[typeof value] ?? typeof value);
}

function typeFix(
  value: unknown,
  types: string[],
  source: string | undefined,
  field: Field,
): string | undefined {
  const toml = field.notation === 'toml';
  if (toml && value === null)
    return types.includes('string') && source !== undefined ? `Put it in quotes: "${source}".` : undefined;
  // YAML's own word for nothing.
  if (value === null && source === '~' && field.kind === 'path') return 'Put it in quotes: "~".';
  if (value === null) return 'Give it a value, or remove the key.';
  const scalar = typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  if (types.includes('string') && scalar !== undefined) {
    if (field.kind === 'duration')
      return toml ? `Give it a unit, in quotes: "${scalar}s".` : `Give it a unit: ${scalar}s.`;
    return `Put it in quotes: "${source ?? scalar}".`;
  }
  if (types.includes('array') && typeof value === 'string') {
    // A command that needs a shell's reading cannot be cut into words here.
    if (field.kind === 'command' && /^[\w./:@=+ -]+$/.test(value)) {
      const parts = value.trim().split(/ +/);
      return `Write a list: [${parts.map((part) => (toml ? `"${part}"` : part)).join(', ')}].`;
    }
    if (toml && field.kind !== 'command') return `Write a list: [${quoted(value)}].`;
    return 'Write a list, one item for each argument.';
  }
  if (types.includes('boolean') && typeof value === 'string') return 'Write true or false, without quotes.';
  if (types.includes('integer') && typeof value === 'string' && /^\d+$/.test(value))
    return `Remove the quotes: ${value}.`;
  return undefined;
}

/** `true, false or semi`, as they are written in the file. */
export const choices = (values: unknown[]): string => listed(values.map(String), 'or');
