/** Types to the program of a pane, and only to exactly that program: where it is another by now, nothing is typed. */
import type { Host } from '../../host/host.ts';
import { tmuxArgs } from '../../observe/tmux.ts';
import { guardedPane } from '../../render/guarded.ts';
import { tmuxWord } from '../../render/quote.ts';
import { TransportError } from '../transport.ts';
import type { Recipient } from './target.ts';

const DONE = 'mosaic-typed';

/** Between a paste and an Enter of the same call, in seconds. */
const PAUSE_S = 0.3;

/**
 * Pastes a text as one bracketed paste, by a buffer of its own that is gone afterwards. False where the program is not there any
 * more. The text must have no control characters but newline and tab (`message/clean.ts`): ESC could end the bracket.
 * @param options.first tmux commands for the same call: done if and only if the text is typed
 * @param options.enter press Enter in the same call, after a pause: for a program that cannot be watched
 */
export async function pasteText(
  host: Host,
  socket: string,
  recipient: Recipient,
  text: string,
  options: { first?: readonly string[]; enter?: boolean } = {},
): Promise<boolean> {
  const { agent, pane, target } = recipient;
  // Who has the turn to type has the name to themselves; one that a kill left behind is written over.
  const buffer = `mosaic-${target.owner?.fleet ?? ''}-${agent.name}`;
  const loaded = await host.exec('tmux', [...tmuxArgs(socket), 'load-buffer', '-b', buffer, '-'], {
    input: text,
  });
  // A server that is gone has no agent either.
  if (loaded.code === undefined)
    throw new TransportError('unavailable', `tmux did not answer: ${loaded.message}`);
  if (loaded.code !== 0) return false;
  const typed = await type(host, socket, recipient, [
    ...(options.first ?? []),
    `paste-buffer -p -r -d -b ${tmuxWord(buffer)} -t '${pane.id}'`,
    ...(options.enter === true ? [`run-shell -d ${PAUSE_S}`, `send-keys -t '${pane.id}' Enter`] : []),
  ]);
  if (!typed) await host.exec('tmux', [...tmuxArgs(socket), 'delete-buffer', '-b', buffer]);
  return typed;
}

/** Presses Enter. False where the program is not there any more. */
export const pressEnter = (
  host: Host,
  socket: string,
  recipient: Recipient,
  first: readonly string[] = [],
): Promise<boolean> => type(host, socket, recipient, [...first, `send-keys -t '${recipient.pane.id}' Enter`]);

/** Types a line as keys, one by one, as a person would. */
export const typeKeys = (host: Host, socket: string, recipient: Recipient, line: string): Promise<boolean> =>
  type(host, socket, recipient, [`send-keys -t '${recipient.pane.id}' -l ${tmuxWord(line)}`]);

/** Types nothing: a tmux command for its session alone. */
export const markSession = (
  host: Host,
  socket: string,
  recipient: Recipient,
  command: string,
): Promise<boolean> => type(host, socket, recipient, [command]);

async function type(
  host: Host,
  socket: string,
  { target, pane }: Recipient,
  commands: readonly string[],
): Promise<boolean> {
  const line = guardedPane(target, pane, [
    // Somebody who scrolls in the pane would have the keys go to tmux.
    `copy-mode -q -t '${pane.id}'`,
    ...commands,
    `display-message -p ${DONE}`,
  ]);
  const result = await host.exec('tmux', [...tmuxArgs(socket), 'source-file', '-'], { input: `${line}\n` });
  if (result.code === undefined)
    throw new TransportError('unavailable', `tmux did not answer: ${result.message}`);
  return result.stdout.includes(DONE);
}
