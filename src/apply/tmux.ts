/** Commands to the tmux server that act only on exactly the session that was meant. */
import type { Host } from '../host/host.ts';
import type { Target } from '../model/plan.ts';
import { tmuxArgs } from '../observe/tmux.ts';
import { ownedBy } from '../render/mark.ts';
import { tmuxWord } from '../render/quote.ts';
import { required } from './errors.ts';

/**
 * A format that is true only for the session of that id, in that server, with that mark: the server itself checks it in the
 * same call that acts (tmux(1), FORMATS).
 */
function identity({ session, server, owner }: Target): string {
  const checks = [
    `#{==:#{session_id},${session}}`,
    `#{==:#{pid},${server.pid}}`,
    `#{==:#{start_time},${server.startTime}}`,
    ownedBy(owner),
  ];
  return checks.reduce((all, check) => `#{&&:${all},${check}}`);
}

/** One line of a tmux script: the commands, run only when the target is still the one that was seen. */
export const guarded = (target: Target, commands: readonly string[]): string =>
  `if-shell -F -t ${tmuxWord(`${target.session}:`)} ${tmuxWord(identity(target))} ${tmuxWord(commands.join(' ; '))}`;

/** Runs tmux commands, one a line, in one call. Throws OperationError. */
export async function tmuxScript(host: Host, socket: string, lines: readonly string[]): Promise<string> {
  if (lines.length === 0) return '';
  return required(
    await host.exec('tmux', [...tmuxArgs(socket), 'source-file', '-'], { input: `${lines.join('\n')}\n` }),
    'tmux',
  );
}
