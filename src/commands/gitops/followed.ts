/** Which followed repository a command is about, and whose turn it is to work on it. */
import { FollowError } from '../../gitops/error.ts';
import { lookForFollowed, type Followed } from '../../gitops/followed.ts';
import { syncLock } from '../../gitops/store.ts';
import { LOCK_PATIENCE_MS } from '../apply-plan.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';

export interface FollowedOptions {
  /** The fleet's name, where several are followed. */
  name?: string;
  json?: boolean;
}

/** The one that is meant. Throws CommandError. */
export function theFollowed({ host }: CommandContext, { name }: FollowedOptions): Followed {
  const { followed: all, damaged } = lookForFollowed(host);
  for (const { fleet, error } of damaged)
    if (name === undefined || name === fleet) throw asCommandError(error);
  const found = name === undefined ? all : all.filter(({ fleet }) => fleet === name);
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  if (one === undefined) {
    const which =
      name === undefined ? 'no repository is followed' : `the fleet ${name} follows no repository`;
    throw new CommandError(`${which} on this host`, EXIT.invalid, {
      fix: 'Begin with: mosaic gitops bootstrap --repo URL.',
    });
  }
  const names = all.map(({ fleet }) => fleet).join(', ');
  throw new CommandError(`several fleets follow a repository: ${names}`, EXIT.usage, {
    fix: 'Name one with --name.',
  });
}

/** Throws CommandError for what `task` throws as FollowError. */
export function inWords<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw error instanceof FollowError ? asCommandError(error) : error;
  }
}

const codes = {
  remote: EXIT.unavailable,
  host: EXIT.unavailable,
  mirror: EXIT.failed,
  partial: EXIT.failed,
  invalid: EXIT.invalid,
};

export const asCommandError = ({ message, kind, fix }: FollowError): CommandError =>
  new CommandError(message, codes[kind], { fix });

/** Runs a task while no other command fetches for this fleet. Throws CommandError when one does for longer than is waited. */
export async function withSyncLock<T>(
  { host, terminal, signal }: CommandContext,
  places: Followed['places'],
  task: () => Promise<T>,
): Promise<T> {
  host.files.mkdir(places.gitops);
  const path = syncLock(places);
  let lock = await host.files.lock(path);
  if (lock === undefined) {
    terminal.err('Waits for another sync of this fleet to end.\n');
    lock = await host.files.lock(path, { waitMs: LOCK_PATIENCE_MS, signal });
    if (signal.aborted)
      throw new CommandError('interrupted while another sync was at work', EXIT.interrupted);
  }
  if (lock === undefined)
    throw new CommandError('another sync of this fleet is at work', EXIT.locked, {
      fix: 'Try again when it has ended.',
    });
  try {
    return await task();
  } finally {
    lock.release();
  }
}
