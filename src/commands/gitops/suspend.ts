/** `mosaic gitops suspend|resume`: whether the remote is asked. What is in force is reconciled all the same. */
import type { Followed } from '../../gitops/followed.ts';
import { syncLock } from '../../gitops/layout.ts';
import { writeFollowing } from '../../gitops/store.ts';
import { suspendedText } from '../../report/gitops.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { theFollowed, type FollowedOptions } from './followed.ts';
import { noter } from './round.ts';

export interface SuspendOptions extends FollowedOptions {
  reason?: string;
}

export async function gitopsSuspendCommand(
  context: CommandContext,
  options: SuspendOptions,
): Promise<number> {
  const { host, terminal } = context;
  const followed = theFollowed(context, options);
  const { following, places } = followed;
  const { reason } = options;
  if (following.suspended !== undefined && reason === undefined) {
    terminal.out(`It is suspended already: ${suspendedText(following.suspended, host.clock.now())}.\n`);
    return EXIT.ok;
  }
  const suspended = {
    at: host.clock.now(),
    by: host.facts.user,
    ...(reason === undefined ? {} : { reason }),
  };
  writeFollowing(host.files, places, { ...following, suspended });
  noter(context, followed)('done', `suspended ${suspendedText(suspended, host.clock.now())}`);
  terminal.out('Nothing is fetched until mosaic gitops resume; the revision in force is still reconciled.\n');
  if (await atWork(context, followed))
    terminal.err('Note: a round is at work; what it has not taken yet, it takes no more.\n');
  return EXIT.ok;
}

export async function gitopsResumeCommand(
  context: CommandContext,
  options: FollowedOptions,
): Promise<number> {
  const { host, terminal } = context;
  const followed = theFollowed(context, options);
  const { suspended, ...following } = followed.following;
  if (suspended === undefined) {
    terminal.out('It is not suspended.\n');
    return EXIT.ok;
  }
  writeFollowing(host.files, followed.places, following);
  noter(context, followed)('done', `resumed by ${host.facts.user}`);
  terminal.out('The remote is asked again from the next round on (mosaic gitops sync does one now).\n');
  return EXIT.ok;
}

async function atWork({ host }: CommandContext, { places }: Followed): Promise<boolean> {
  host.files.mkdir(places.gitops);
  const lock = await host.files.lock(syncLock(places));
  lock?.release();
  return lock === undefined;
}
