/** What of a run is shown to nobody but its program. */
import { visible } from '../base/visible.ts';
import { parseEnvFile } from '../fleet/env-file.ts';
import { HostError, type Host } from '../host/host.ts';
import type { Formula } from '../model/formula.ts';
import { NeedError } from './error-need.ts';

export type Mask = (text: string) => string;

export interface Secrets {
  /** By the name of the variable. */
  values: Record<string, string>;
  mask: Mask;
}

const HIDDEN = '(secret)';
/** A shorter value is in every other word. */
const SHORTEST = 4;
/** Lines of a longer value, such as a key's, are hidden apart: a screen shows them with others in between. */
const SHORTEST_LINE = 12;

/** Values of the formula's env_file and of its forge's token. Throws NeedError that names what is missing, and never a value. */
export function secretsOf({ files, facts }: Pick<Host, 'files' | 'facts'>, formula: Formula): Secrets {
  const { envFile, forge } = formula;
  const values = envFile === undefined ? {} : valuesOf({ files }, envFile);
  const name = forge?.tokenEnv;
  if (name !== undefined && !Object.hasOwn(values, name)) {
    const token = formula.env[name] ?? facts.env[name] ?? '';
    if (token === '') {
      throw new NeedError(`the variable ${name}, which forge.token_env names, is not set`, {
        fix: `Set ${name} in the environment, or in a file that env_file names.`,
      });
    }
    values[name] = token;
  }
  return { values, mask: maskOf(Object.values(values)) };
}

/**
 * The host without the forge's token in the environment of what it starts: a tmux server that is begun for the run would hand it to every
 * agent of the fleet. Who is to have it is given it.
 */
export function withoutToken(host: Host, { forge }: Pick<Formula, 'forge'>): Host {
  const name = forge?.tokenEnv;
  if (name === undefined) return host;
  return {
    ...host,
    exec: (file, args, options) =>
      host.exec(file, args, { ...options, env: { [name]: undefined, ...options?.env } }),
  };
}

function valuesOf({ files }: Pick<Host, 'files'>, path: string): Record<string, string> {
  const text = readOrNeed(files, path);
  if (text === undefined) {
    throw new NeedError(`${path}, which env_file names, is not there`, {
      fix: 'Make it, with a line NAME=VALUE for each variable, readable by nobody else.',
    });
  }
  const { values, problems } = parseEnvFile(text);
  const [first] = problems;
  if (first === undefined) return { ...values };
  throw new NeedError(`${path}: ${first.message}`, { fix: first.fix });
}

function readOrNeed(files: Host['files'], path: string): string | undefined {
  try {
    return files.read(path);
  } catch (error) {
    if (error instanceof HostError) throw new NeedError(error.message, { cause: error });
    throw error;
  }
}

/** Replaces every one of these values in a text, also where it stands as it is printed, or encoded. What is hidden already stays as it is. */
export function maskOf(values: readonly string[]): Mask {
  const parts = values.flatMap((value) => [
    ...formsOf(value),
    ...(value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE) : []),
  ]);
  const hidden = [...new Set(parts)].filter((part) => part.length >= SHORTEST && part.trim() !== '');
  return (text) => {
    const marks = spansOf(text, HIDDEN);
    // All are looked for before any is replaced: values may overlap, or have the mark's own word in them.
    const spans = hidden
      .flatMap((part) => spansOf(text, part))
      .filter(([from, to]) => !marks.some(([start, end]) => start <= from && to <= end));
    return replaced(text, spans);
  };
}

type Span = [from: number, to: number];

/** Where it stands in a text, in order; where it overlaps with itself, as one. */
function spansOf(text: string, part: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1))
    add(spans, [at, at + part.length]);
  return spans;
}

function add(spans: Span[], [from, to]: Span): void {
  const last = spans.at(-1);
  if (last !== undefined && from < last[1]) last[1] = Math.max(last[1], to);
  else spans.push([from, to]);
}

function replaced(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const merged: Span[] = [];
  for (const span of [...spans].sort(([a], [b]) => a - b)) add(merged, span);
  let shown = '';
  let done = 0;
  for (const [from, to] of merged) {
    shown += text.slice(done, from) + HIDDEN;
    done = to;
  }
  return shown + text.slice(done);
}

/** As it is, as it is printed, and as it stands in an address or a header. */
function formsOf(value: string): string[] {
  // By way of its bytes: half a surrogate pair has no address.
  const percent = encodeURIComponent(Buffer.from(value).toString());
  const strict = percent.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return [value, value.trim(), visible(value), percent, strict, ...base64Of(value)];
}

/** What is the same in base64 whatever stands before and after it (`user:TOKEN`), for each of the three places it can begin at. */
function base64Of(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const whole = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    // Alone, its end is its own as well.
    const forms = before === 0 ? [whole, encoded, encoded.replace(/=+$/, '')] : [whole];
    return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
  });
}

/** Of as many of the formula's secrets as can be read now. `whole`: those are all. */
export function maskOfReadable(
  host: Pick<Host, 'files' | 'facts'>,
  formula: Formula,
): { mask: Mask; whole: boolean } {
  try {
    return { mask: secretsOf(host, formula).mask, whole: true };
  } catch (error) {
    if (!(error instanceof NeedError)) throw error;
  }
  const { envFile: _, ...others } = formula;
  const { forge: __, ...alone } = formula;
  const values = [others, alone].flatMap((part) => {
    try {
      return Object.values(secretsOf(host, part).values);
    } catch {
      return [];
    }
  });
  return { mask: maskOf(values), whole: false };
}
