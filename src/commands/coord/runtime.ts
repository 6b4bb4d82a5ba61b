/** The program of a session in this terminal. */
import { isAbsolute, join, resolve } from 'node:path';
import { suggest } from '../../base/suggest.ts';
import { quoted } from '../../base/text.ts';
import { builtinRuntimes } from '../../fleet/runtimes/index.ts';
import type { Host } from '../../host/host.ts';
import { lastSession } from '../../mission/select.ts';
import type { MissionFile } from '../../model/mission.ts';
import type { Runtime } from '../../model/fleet.ts';
import { PROMPT } from '../../render/mission.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { findFleetFile, requireFleet } from '../fleet-file.ts';

/** As asked for, else that of the last session, else claude. */
export function runtimeOf(record: MissionFile, asked: string | undefined): string {
  const last = lastSession(record)?.runtime ?? '';
  return asked ?? (last === '' ? 'claude' : last);
}

/** What a session's program is started as: `{prompt}` in it stands for the prompt. */
export interface ProgramWish {
  runtime: string;
  /** The fleet file, when one is named. */
  file?: string;
  /** Given on the command line: goes before what is configured. */
  command?: readonly string[];
}

/** The configured command line, or the one given; its program is looked up, so that nothing is begun without it. Throws CommandError. */
export async function programOf(context: CommandContext, wish: ProgramWish): Promise<string[]> {
  const { host } = context;
  const { command: given } = wish;
  const command =
    given === undefined || given.length === 0 ? await configured(context, wish) : fromHere(host, given);
  const [file = ''] = command;
  if (!isProgram(host, file)) {
    throw new CommandError(`${quoted(file)} is not installed or not on the PATH`, EXIT.unavailable, {
      fix: `Install it, or say what to run: mosaic coord run TASK -- COMMAND …`,
    });
  }
  return command;
}

async function configured(context: CommandContext, { runtime, file }: ProgramWish): Promise<string[]> {
  const runtimes = await runtimesOf(context, file);
  if (Object.hasOwn(runtimes, runtime)) return [...(runtimes[runtime]?.command ?? [])];
  const near = suggest(runtime, Object.keys(runtimes));
  throw new CommandError(`there is no runtime ${quoted(runtime)}`, EXIT.invalid, {
    fix:
      near === undefined
        ? `Name another with --runtime (${Object.keys(runtimes).join(', ')}), or what to run after --.`
        : `Did you mean --runtime ${near}?`,
  });
}

/** Those of the fleet file, where there is one; else the builtin ones. */
async function runtimesOf(
  context: CommandContext,
  file: string | undefined,
): Promise<Readonly<Record<string, Runtime>>> {
  const named = file ?? context.host.facts.env['MOSAIC_FLEET'] ?? '';
  if (named === '' && !hasFleetFile(context.host)) return builtinRuntimes;
  const { fleet } = await requireFleet(context, file === undefined ? {} : { file });
  return { ...builtinRuntimes, ...fleet.runtimes };
}

function hasFleetFile(host: Host): boolean {
  try {
    findFleetFile(host, undefined);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** A program by a relative path is meant from where the command line was typed, not from the project. */
const fromHere = ({ facts }: Host, [file = '', ...args]: readonly string[]): string[] => [
  file.includes('/') && !isAbsolute(file) ? resolve(facts.cwd, file) : file,
  ...args,
];

function isProgram({ facts, files }: Host, file: string): boolean {
  if (file === '') return false;
  const folders = file.includes('/') ? [''] : (facts.env['PATH'] ?? '/usr/bin:/bin').split(':');
  return folders.some((folder) => {
    try {
      const found = files.target(folder === '' ? file : join(folder, file));
      return found?.kind === 'file' && (found.mode & 0o111) !== 0;
    } catch {
      return false;
    }
  });
}

/** The arguments with the prompt in the place of each `{prompt}`, or after them where there is none. */
export function withPrompt(command: readonly string[], prompt: string): string[] {
  const text = prompt.trimEnd();
  if (!command.some((word) => word.includes(PROMPT))) return [...command, text];
  return command.map((word) => word.replaceAll(PROMPT, () => text));
}
