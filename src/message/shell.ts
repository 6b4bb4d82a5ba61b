/** Agents whose program is a shell, and those of the runtime `shell` whose program is none. */
import type { Agent, Fleet, Runtime } from '../model/fleet.ts';

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'fish', 'ksh', 'mksh', 'tcsh', 'csh', 'busybox']);

/** Programs that become the one that follows, with options and variables before it. */
const BEFORE = new Set(['env', 'nice', 'nohup', 'setsid', 'exec']);

/**
 * A shell at its prompt would run the lines of a message as commands. One that was given something to run (`bash -lc claude`, a script) is
 * not at its prompt.
 */
export function isShell({ command }: Pick<Agent, 'command'>): boolean {
  const words = [...command];
  while (BEFORE.has(nameOf(words[0]))) {
    words.shift();
    while (/^-|^\w+=/.test(words[0] ?? '')) words.shift();
  }
  const [program, ...args] = words;
  return SHELLS.has(nameOf(program)) && args.every((arg) => /^[-+](?!.*c)/.test(arg) || arg.startsWith('--'));
}

const nameOf = (word = ''): string => word.replace(/^.*\//, '');

/** What an agent's screen is read by. A program of one's own has the runtime `shell` for want of another, and looks otherwise. */
export const screenRuntime = (
  { runtimes }: Pick<Fleet, 'runtimes'>,
  agent: Pick<Agent, 'runtime' | 'command'>,
): Runtime | undefined =>
  agent.runtime === 'shell' && !isShell(agent) ? undefined : runtimes[agent.runtime];
