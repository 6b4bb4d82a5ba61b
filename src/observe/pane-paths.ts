/** Where the panes of our socket stand: a worktree that a pane is in is in use. */
import type { Host } from '../host/host.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { saysNoServer, tmuxArgs } from './tmux.ts';

export async function observePanePaths(host: Host, socket: string): Promise<Source<string[]>> {
  const result = await host.exec('tmux', [
    ...tmuxArgs(socket),
    'list-panes',
    '-a',
    '-F',
    '#{pane_dead}#{pane_current_path}',
  ]);
  if (result.code === 0) {
    // A dead pane works nowhere any more.
    const lines = result.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('1'));
    return known(lines.map((line) => line.replace(/^0/, '')));
  }
  if (result.code !== undefined && saysNoServer(result.stderr)) return known([]);
  return unknown(`tmux did not answer: ${result.message ?? result.stderr.trim()}`);
}
