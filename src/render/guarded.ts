/** tmux commands that act only on exactly the session that was meant. */
import type { Target } from '../model/plan.ts';
import { ownedBy } from './mark.ts';
import { tmuxWord } from './quote.ts';

/**
 * A format that is true only for the session of that id, in that server, with that mark: the server itself checks it in the
 * same call that acts (tmux(1), FORMATS).
 */
function identity({ session, server, owner }: Target): string[] {
  return [
    `#{==:#{session_id},${session}}`,
    `#{==:#{pid},${server.pid}}`,
    `#{==:#{start_time},${server.startTime}}`,
    ownedBy(owner),
  ];
}

const all = (checks: readonly string[]): string => checks.reduce((both, check) => `#{&&:${both},${check}}`);

/** One line of a tmux script: the commands, run only when the target is still the one that was seen. */
export const guarded = (target: Target, commands: readonly string[]): string =>
  ifShell(`${target.session}:`, identity(target), commands);

/** The same, of one program: its pane must still run exactly that process. */
export const guardedPane = (
  target: Target,
  pane: { id: string; pid: number },
  commands: readonly string[],
): string =>
  ifShell(pane.id, [...identity(target), `#{==:#{pane_pid},${pane.pid}}`, '#{==:#{pane_dead},0}'], commands);

const ifShell = (where: string, checks: readonly string[], commands: readonly string[]): string =>
  `if-shell -F -t ${tmuxWord(where)} ${tmuxWord(all(checks))} ${tmuxWord(commands.join(' ; '))}`;
