/** Which followed repository a command is about, and whose turn it is to work on it. */
import { lookForFollowed, type Followed } from '../../gitops/followed.ts';
import { syncLock } from '../../gitops/layout.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { inTurn, LOCK_PATIENCE_MS } from '../turn.ts';
import { asCommandError } from './in-words.ts';

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

/** Runs a task while no other command fetches for this fleet. Throws CommandError when one does for longer than is waited. */
export async function withSyncLock<T>(
  context: CommandContext,
  places: Followed['places'],
  task: () => Promise<T>,
): Promise<T> {
  context.host.files.mkdir(places.gitops);
  return inTurn(context, { lock: syncLock(places), what: 'sync' }, task, { waitMs: LOCK_PATIENCE_MS });
}
