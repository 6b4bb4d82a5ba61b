/** The command line that a runtime's program is started with by hand. */
import type { Runtime } from '../model/fleet.ts';
import { PROMPT } from '../render/mission.ts';

export interface CommandLineWish {
  runtime: Pick<Runtime, 'command' | 'unattended'>;
  /** It is to ask for no permission. */
  unattended: boolean;
  /** Words of ours, before the person's own. */
  skills: readonly string[];
  /** The person's own; they stay as they are. */
  args: readonly string[];
}

/** Program and arguments. What only a mission's prompt would stand for is left out: there is none. */
export function commandLine({ runtime, unattended, skills, args }: CommandLineWish): string[] {
  const command = runtime.command.filter((word) => !word.includes(PROMPT));
  const flags = unattended ? (runtime.unattended ?? []) : [];
  // Given twice, codex refuses it.
  const given = flags.every((flag) => command.includes(flag) || args.includes(flag));
  return [...command, ...(given ? [] : flags), ...skills, ...args];
}
