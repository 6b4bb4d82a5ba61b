/** `mosaic gitops status`: what is followed, and how far that is. Asks neither the remote nor the fleet. */
import { currentFile, readRecord, shaInForce } from '../../gitops/store.ts';
import { followedFleets, type Followed } from '../../gitops/followed.ts';
import type { Host } from '../../host/host.ts';
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
  terminal.out(
    options.json === true ? gitopsJsonText(report) : gitopsText(report, terminal, host.clock.now()),
  );
  return isHealthy(report) ? EXIT.ok : EXIT.failed;
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

/** One line for `mosaic status`; nothing where the fleet follows no repository. */
export function followLineOf(host: Host, fleet: string): string {
  const one = followedFleets(host).find((followed) => followed.fleet === fleet);
  return one === undefined ? '' : followLine(followReport(host, one), host.clock.now());
}
