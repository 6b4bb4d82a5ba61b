/** One at a time: whose turn it is to do something with a fleet. */
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';

/** How long a command that a person waits for lets another one finish. */
export const LOCK_PATIENCE_MS = 60_000;

export interface TurnOptions {
  /** How long another one is let finish; not at all unless told. */
  waitMs?: number;
}

/**
 * Runs a task while this process alone holds a lock. Throws CommandError when another does for longer than is waited; also where the wait
 * was interrupted.
 * @param turn the path of the lock, and what is done under it
 */
export async function inTurn<T>(
  { host, terminal, signal }: Pick<CommandContext, 'host' | 'terminal' | 'signal'>,
  { lock: path, what }: { lock: string; what: 'apply' | 'sync' },
  task: () => Promise<T>,
  { waitMs = 0 }: TurnOptions = {},
): Promise<T> {
  const { files } = host;
  const holder = (): string => {
    const pid = files.read(path)?.trim() ?? '';
    return pid === '' ? '' : ` (pid ${pid})`;
  };
  let lock = await files.lock(path);
  if (lock === undefined && waitMs > 0) {
    terminal.err(`Waits for another ${what} of this fleet${holder()} to end.\n`);
    lock = await files.lock(path, { waitMs, signal });
    if (lock === undefined && signal.aborted)
      throw new CommandError(`interrupted while another ${what} was at work`, EXIT.interrupted);
  }
  if (lock === undefined) {
    throw new CommandError(`another ${what} of this fleet is at work${holder()}`, EXIT.locked, {
      fix: 'Try again when it has ended.',
    });
  }
  try {
    return await task();
  } finally {
    lock.release();
  }
}
