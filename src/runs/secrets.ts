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

/** Replaces every one of these values in a text, also where it stands as it is printed. */
export function maskOf(values: readonly string[]): Mask {
  const parts = values.flatMap((value) => [
    value,
    value.trim(),
    visible(value),
    ...(value.includes('\n') ? value.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE) : []),
  ]);
  // The longest first: one may be the beginning of another.
  const hidden = [...new Set(parts)]
    .filter((part) => part.length >= SHORTEST && part.trim() !== '')
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((all, part) => all.replaceAll(part, HIDDEN), text);
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
  const masks = [others, alone].flatMap((part) => {
    try {
      return [secretsOf(host, part).mask];
    } catch {
      return [];
    }
  });
  return { mask: (text) => masks.reduce((all, mask) => mask(all), text), whole: false };
}
