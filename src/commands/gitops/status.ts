/** `mosaic gitops status`: what is followed, and how far that is. Asks neither the remote nor the fleet. */
import { currentFile, shaInForce } from '../../gitops/layout.ts';
import { readFollowing, readRecord } from '../../gitops/store.ts';
import { visible } from '../../base/visible.ts';
import { FollowError } from '../../gitops/error.ts';
import type { Followed } from '../../gitops/followed.ts';
import type { Host } from '../../host/host.ts';
import { placesOf } from '../../model/places.ts';
import { followLine, gitopsJsonText, gitopsText, isHealthy, type FollowReport } from '../../report/gitops.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { theFollowed, type FollowedOptions } from './followed.ts';

export async function gitopsStatusCommand(
  context: CommandContext,
  options: FollowedOptions,
): Promise<number> {
  const { host, terminal } = context;
  const report = followReport(host, theFollowed(context, options));
  const now = host.clock.now();
  terminal.out(options.json === true ? gitopsJsonText(report, now) : gitopsText(report, terminal, now));
  return isHealthy(report, now) ? EXIT.ok : EXIT.failed;
}

/** Throws HostError. */
export function followReport({ files }: Host, { fleet, places, following }: Followed): FollowReport {
  const inForce = shaInForce(files, places);
  return {
    fleet,
    following,
    record: readRecord(files, places),
    ...(inForce === undefined ? {} : { inForce, file: currentFile(places, following) }),
  };
}

/** One line for `mosaic status`; nothing where the fleet follows no repository. Throws HostError. */
export function followLineOf(host: Host, fleet: string): string {
  const places = placesOf(fleet, host.facts);
  try {
    const following = readFollowing(host.files, places);
    if (following === undefined) return '';
    return followLine(followReport(host, { fleet, places, following }), host.clock.now());
  } catch (error) {
    if (!(error instanceof FollowError)) throw error;
    return `${visible(`Follows a repository, and nobody knows which: ${error.message}`)}\n`;
  }
}
