/** The program of a session in this terminal. */
import { lastSession } from '../../mission/select.ts';
import type { MissionFile } from '../../model/mission.ts';
import { PROMPT } from '../../render/mission.ts';
import type { CommandContext } from '../context.ts';
import { fromHere, requireProgram, requireRuntime } from '../runtime.ts';

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
  const { command: given = [] } = wish;
  const own = 'say what to run: mosaic coord run TASK -- COMMAND …';
  if (given.length > 0) {
    const command = fromHere(host, given);
    requireProgram(host, command[0] ?? '', `Install it, or ${own}`);
    return command;
  }
  const otherwise = ', or what to run after --';
  const { command, install } = await requireRuntime(context, { ...wish, option: '--runtime ', otherwise });
  const how = install === undefined ? 'Install it' : `Install it (${install})`;
  requireProgram(host, command[0] ?? '', `${how}, or ${own}`);
  return [...command];
}

/** The arguments with the prompt in the place of each `{prompt}`, or after them where there is none. */
export function withPrompt(command: readonly string[], prompt: string): string[] {
  const text = prompt.trimEnd();
  if (!command.some((word) => word.includes(PROMPT))) return [...command, text];
  return command.map((word) => word.replaceAll(PROMPT, () => text));
}
