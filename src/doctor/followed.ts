/** The repository that the fleet follows, as its last rounds went. */
import { readFollowing, readRecord } from '../gitops/store.ts';
import { overdueSince } from '../gitops/unasked.ts';
import type { Following, FollowRecord } from '../model/gitops.ts';
import { check, notApplicable, ok, type Check, type Finding, type Patient } from './check.ts';

interface FollowedFacts {
  fleet: string;
  following: Following | undefined;
  record: FollowRecord;
  now: number;
}

function judgeFollowed({ fleet, following, record, now }: FollowedFacts): readonly Finding[] {
  if (following === undefined) return notApplicable('the fleet follows no repository');
  const found: Finding[] = [];
  const sync = `mosaic gitops sync --name ${fleet}`;
  const { fetchTrouble, refused, applyTrouble, fetchedAt, applied } = record;
  if (following.suspended !== undefined) {
    found.push({
      health: 'warning',
      message: `following the repository is suspended by ${following.suspended.by}`,
      command: `mosaic gitops resume --name ${fleet}`,
    });
  } else {
    if (fetchTrouble !== undefined)
      found.push({
        health: 'warning',
        message: `the repository cannot be fetched: ${fetchTrouble.message}`,
        advice: fetchTrouble.fix ?? 'See that the remote is there; the command asks it again.',
        command: sync,
      });
    else if (fetchedAt !== undefined && overdueSince(following, record, now) !== undefined)
      found.push({
        health: 'warning',
        message: `the repository was last asked ${Math.round((now - fetchedAt) / 60_000)} minutes ago`,
        command: sync,
      });
    if (refused !== undefined)
      found.push({
        health: 'warning',
        message: `the commit ${refused.sha.slice(0, 12)} is not taken: ${refused.reason}`,
        advice:
          refused.fix ?? 'Push a commit that mends it; the last good revision stays in force meanwhile.',
      });
    if (applyTrouble !== undefined)
      found.push({
        health: 'warning',
        message: `what was taken was not applied: ${applyTrouble.message}`,
        advice: applyTrouble.fix ?? 'The command tries it again.',
        command: sync,
      });
  }
  if (found.length > 0) return found;
  if (applied === undefined)
    return [{ health: 'warning', message: 'no revision has been applied yet', command: sync }];
  return ok(`the repository is followed (${applied.sha.slice(0, 12)})`);
}

export const followed: Check<Patient> = check(
  'followed-repository',
  ({ host, fleet, places }): FollowedFacts => ({
    fleet: fleet.name,
    following: readFollowing(host.files, places),
    record: readRecord(host.files, places),
    now: host.clock.now(),
  }),
  judgeFollowed,
);
