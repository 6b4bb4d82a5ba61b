/** Finds a runtime by its name, and its program on this machine. */
import { isAbsolute, resolve } from 'node:path';
import { suggest } from '../base/suggest.ts';
import { quoted } from '../base/text.ts';
import { builtinRuntimes } from '../fleet/runtimes/index.ts';
import type { Host } from '../host/host.ts';
import { findProgram } from '../host/program-path.ts';
import type { Runtime } from '../model/fleet.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { findFleetFile, requireFleet } from './fleet-file.ts';

export interface RuntimeWish {
  runtime: string;
  /** The fleet file, when one is named. */
  file?: string;
  /** How the runtime was named on the command line, before its name: `--runtime `. */
  option?: string;
  /** What else can be done where there is none of that name; follows their list. */
  otherwise?: string;
}

/** That of the fleet file, where there is one; else the builtin one. Throws CommandError where there is none of that name. */
export async function requireRuntime(context: CommandContext, wish: RuntimeWish): Promise<Runtime> {
  const { runtime: name, file, option = '', otherwise = '' } = wish;
  const runtimes = await runtimesOf(context, file);
  const found = Object.hasOwn(runtimes, name) ? runtimes[name] : undefined;
  if (found !== undefined) return found;
  const near = suggest(name, Object.keys(runtimes));
  const names = Object.keys(runtimes).join(', ');
  throw new CommandError(`there is no runtime ${quoted(name)}`, EXIT.invalid, {
    fix:
      near === undefined
        ? `Name another${option === '' ? '' : ` with ${option.trim()}`} (${names})${otherwise}.`
        : `Did you mean ${option}${near}?`,
  });
}

async function runtimesOf(
  context: CommandContext,
  file: string | undefined,
): Promise<Readonly<Record<string, Runtime>>> {
  const named = file ?? context.host.facts.env['MOSAIC_FLEET'] ?? '';
  if (named === '' && !(await hasFleetFile(context.host))) return builtinRuntimes;
  const { fleet } = await requireFleet(context, file === undefined ? {} : { file });
  return { ...builtinRuntimes, ...fleet.runtimes };
}

async function hasFleetFile(host: Host): Promise<boolean> {
  try {
    await findFleetFile(host, undefined);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Throws CommandError where the program of a command line is not on this machine. */
export function requireProgram({ facts, files }: Host, program: string, fix: string): void {
  if (findProgram(files, program, facts.env['PATH']) !== undefined) return;
  const message = `${quoted(program)} is not installed or not on the PATH`;
  throw new CommandError(message, EXIT.unavailable, { fix });
}

/** A program by a relative path is meant from where the command line was typed, wherever it runs. */
export const fromHere = ({ facts }: Host, [file = '', ...args]: readonly string[]): string[] => [
  file.includes('/') && !isAbsolute(file) ? resolve(facts.cwd, file) : file,
  ...args,
];
