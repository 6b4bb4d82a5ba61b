/** What is asked before a run is begun. */
import { agentPath } from '../host/exec.ts';
import type { Host } from '../host/host.ts';
import { findProgram } from '../host/program-path.ts';
import { quoted } from '../base/text.ts';
import { inMebibytes } from '../base/size.ts';
import { suggest } from '../base/suggest.ts';
import { isShell } from '../message/shell.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Formula } from '../model/formula.ts';
import { takesPrompts } from '../render/mission.ts';
import { NeedError } from './error-need.ts';

/** Why there is too little memory for a run; undefined where there is enough, or nobody can tell. */
export function memoryShort(
  { processes }: Pick<Host, 'processes'>,
  { minAvailableMemory }: Pick<Formula, 'minAvailableMemory'>,
): string | undefined {
  if (minAvailableMemory === undefined) return undefined;
  const available = processes.availableMemory();
  if (available === undefined || available >= minAvailableMemory) return undefined;
  return `${inMebibytes(available)} of memory are available, and it is to have at least ${inMebibytes(minAvailableMemory)}`;
}

/** Its program and the arguments. Throws NeedError where the fleet has no such runtime, or its program is not there. */
export function commandOf(
  { files, facts }: Pick<Host, 'files' | 'facts'>,
  { runtimes, file }: Pick<Fleet, 'runtimes' | 'file'>,
  formula: Pick<Formula, 'runtime' | 'command' | 'unattended' | 'env'>,
  secrets: Readonly<Record<string, string>>,
): string[] {
  const runtime = Object.hasOwn(runtimes, formula.runtime) ? runtimes[formula.runtime] : undefined;
  if (runtime === undefined) {
    const near = suggest(formula.runtime, Object.keys(runtimes));
    throw new NeedError(`${file} has no runtime ${quoted(formula.runtime)}`, {
      fix: near === undefined ? `Add it there under "runtimes".` : `Did you mean ${near}?`,
    });
  }
  const [program = '', ...args] = formula.command ?? runtime.command;
  // Given twice, codex refuses it.
  const flags = formula.command === undefined && formula.unattended ? (runtime.unattended ?? []) : [];
  const isGiven = flags.every((flag) => args.includes(flag));
  const path = secrets['PATH'] ?? formula.env['PATH'] ?? agentPath(facts.env['PATH'] ?? '');
  if (findProgram(files, program, path === '' ? undefined : path) === undefined) {
    throw new NeedError(`the program ${quoted(program)} of the runtime ${formula.runtime} is not there`, {
      fix:
        formula.command === undefined && runtime.install !== undefined
          ? `Install it: ${runtime.install}`
          : 'Install it, or name it by its whole path.',
    });
  }
  return [program, ...(isGiven ? [] : flags), ...args];
}

/** Something may be typed into its program: a prompt, an answer, how a command went. @param command its program and the arguments */
export const takesInput = (
  { runtimes }: Pick<Fleet, 'runtimes'>,
  formula: Pick<Formula, 'runtime'>,
  command: readonly string[],
): boolean => !isShell({ command: [...command] }) && takesPrompts(formula, runtimes[formula.runtime]);
