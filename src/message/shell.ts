/** Agents whose program is a shell, and those of the runtime `shell` whose program is none. */
import type { Agent, Fleet, Runtime } from '../model/fleet.ts';

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'fish', 'ksh', 'mksh', 'tcsh', 'csh', 'busybox']);

/** A shell would run the lines of a message as commands. */
export const isShell = ({ command }: Pick<Agent, 'command'>): boolean =>
  SHELLS.has((command[0] ?? '').replace(/^.*\//, ''));

/** What an agent's screen is read by. A program of one's own has the runtime `shell` for want of another, and looks otherwise. */
export const screenRuntime = (
  { runtimes }: Pick<Fleet, 'runtimes'>,
  agent: Pick<Agent, 'runtime' | 'command'>,
): Runtime | undefined =>
  agent.runtime === 'shell' && !isShell(agent) ? undefined : runtimes[agent.runtime];
