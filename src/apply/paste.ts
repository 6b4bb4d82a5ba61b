/** Types a text to the program of a pane. */
import type { Host } from '../host/host.ts';
import type { Target } from '../model/plan.ts';
import { tmuxArgs } from '../observe/tmux.ts';
import { tmuxWord } from '../render/quote.ts';
import { required } from './errors.ts';
import { guarded } from './tmux.ts';

/** Between the paste and the Enter, in seconds: programs need a moment to take a paste in. */
const PAUSE_S = 0.3;

export interface Paste {
  /** Names the buffer. */
  agent: string;
  text: string;
  target: Target;
  /** Such as `%3`. */
  pane: string;
  /** tmux commands for the same call, before the paste. */
  first?: readonly string[];
}

/** Control characters would be keys, and ESC could end the bracketed paste: all go but newline and tab. */
const withoutControls = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');

/**
 * Pastes the text and presses Enter, in one tmux call, and only in exactly the session that is meant: where that is another by
 * now, nothing is typed. Resolves with what the commands printed. Throws OperationError.
 */
export async function paste(host: Host, socketName: string, wish: Paste): Promise<string> {
  const { agent, text, target, pane, first = [] } = wish;
  const name = `mosaic-kickstart-${agent}`;
  const typed = guarded(target, [
    ...first,
    `paste-buffer -p -r -d -b ${tmuxWord(name)} -t '${pane}'`,
    `run-shell -d ${PAUSE_S}`,
    `send-keys -t '${pane}' Enter`,
  ]);
  const socket = tmuxArgs(socketName);
  required(
    await host.exec('tmux', [...socket, 'load-buffer', '-b', name, '-'], {
      input: withoutControls(text).replace(/\n+$/, ''),
    }),
    'tmux',
  );
  return required(await host.exec('tmux', [...socket, 'source-file', '-'], { input: `${typed}\n` }), 'tmux');
}
