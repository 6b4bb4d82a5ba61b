import type { Host } from '../host/host.ts';
import { tmuxArgs } from '../observe/tmux.ts';
import { required } from './errors.ts';

/** Runs tmux commands, one a line, in one call. Throws OperationError. */
export async function tmuxScript(host: Host, socket: string, lines: readonly string[]): Promise<string> {
  if (lines.length === 0) return '';
  return required(
    await host.exec('tmux', [...tmuxArgs(socket), 'source-file', '-'], { input: `${lines.join('\n')}\n` }),
    'tmux',
  );
}
