/** Where tmux has its sockets (tmux(1), -L and TMUX_TMPDIR). */
import { join } from 'node:path';
import type { Host } from '../host/host.ts';

/** The folder of this user's sockets. */
export function tmuxSockets({ facts, files }: Pick<Host, 'facts' | 'files'>): string {
  const wish = facts.env['TMUX_TMPDIR'];
  const base = wish === undefined || wish === '' ? '/tmp' : wish;
  return join(files.realpath(base) ?? base, `tmux-${facts.uid}`);
}

/** The socket of a server of that name; `default` is the user's own. */
export const tmuxSocket = (host: Pick<Host, 'facts' | 'files'>, name: string): string =>
  join(tmuxSockets(host), name);
