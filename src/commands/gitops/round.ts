/** One look at the remote: a new commit is fetched, judged, and put in force when nothing speaks against it. */
import { sha256 } from '../../base/sha256.ts';
import type { Asking } from '../../gitops/ask.ts';
import { FollowError } from '../../gitops/error.ts';
import type { Followed } from '../../gitops/followed.ts';
import { inspect, keepFiles, type Inspected } from '../../gitops/inspect.ts';
import { ofTheMoment, type Verdict } from '../../gitops/judge.ts';
import { askTip } from '../../gitops/mirror.ts';
import { readSigners, signersDigest, type Signers } from '../../gitops/signature.ts';
import { currentFile, mirrorOf, revisionOf, shaInForce } from '../../gitops/layout.ts';
import { pruneRevisions, readRecord, writeRecord } from '../../gitops/store.ts';
import { HostError, type Host } from '../../host/host.ts';
import type { Following, FollowRecord, RoundEnd, Trouble } from '../../model/gitops.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { eventLog } from '../event-log.ts';
import { asCommandError } from './in-words.ts';
import { SUSPENDED, takeRevision } from './take.ts';

export interface RoundOptions {
  acceptRewrite?: boolean;
  allowMassStop?: boolean;
}

/**
 * Does one round; the caller holds the lock of syncs. What comes of it stands in the record and, where it is news, in the event log.
 * Throws CommandError where the fleet's lock is held, HostError.
 */
export async function round(
  context: CommandContext,
  followed: Followed,
  options: RoundOptions,
): Promise<RoundEnd> {
  const { host } = context;
  const { fleet, places, following } = followed;
  if (following.suspended !== undefined) return { kind: 'suspended' };
  const { files } = host;
  const note = noter(context, followed);
  let record = readRecord(files, places);
  const keep = (change: Partial<Record<keyof FollowRecord, unknown>>): void => {
    const all = Object.entries({ ...record, ...change }).filter(([, value]) => value !== undefined);
    record = Object.fromEntries(all);
    writeRecord(files, places, record);
  };
  const now = (): number => host.clock.now();
  const refuse = (sha: string, verdict: Verdict, key: string): RoundEnd => {
    const before = record.refused;
    const again = before?.sha === sha && before.reason === verdict.reason;
    const { rule, reason, fix } = verdict;
    const refusal = {
      sha,
      rule,
      reason,
      since: again ? before.since : now(),
      key,
      ...(fix === undefined ? {} : { fix }),
    };
    keep({ refused: refusal });
    if (!again) note('failed', `${sha.slice(0, 10)} is not taken: ${reason}`);
    return { kind: 'refused', refusal, again };
  };

  const asking = askingOf(context, following);
  const inForce = shaInForce(files, places);
  const from =
    inForce !== undefined && files.stat(revisionOf(places, inForce)) !== undefined ? inForce : undefined;
  const reached = (): void => keep({ fetchedAt: now(), fetchTrouble: undefined });
  try {
    const signers = following.signers === undefined ? undefined : readSigners(asking, following.signers);
    const tip = await askTip(asking, mirrorOf(places));
    const attempted = record.attempted?.sha === tip ? record.attempted : undefined;
    const vouched = signers === undefined || attempted?.checkedBy === signersDigest(signers);
    if (
      tip === from &&
      attempted !== undefined &&
      vouched &&
      files.target(currentFile(places, following)) !== undefined
    ) {
      keep({ fetchedAt: now(), fetchTrouble: undefined, refused: undefined });
      return { kind: 'current', sha: tip };
    }
    const key = keyOf(context, followed, { from, signers });
    const known = record.refused?.sha === tip && record.refused.key === key ? record.refused : undefined;
    const asked = options.acceptRewrite === true && known?.rule === 'rewritten';
    if (known !== undefined && !ofTheMoment.has(known.rule) && !asked) {
      reached();
      return { kind: 'refused', refusal: known, again: true };
    }
    const seen = await inspect(asking, {
      mirror: mirrorOf(places),
      scratch: places.gitops,
      fleet,
      acceptRewrite: options.acceptRewrite === true,
      place: placeOf(host, currentFile(places, following)),
      ...(from === undefined || from === tip ? {} : { from }),
      ...(signers === undefined ? {} : { signers }),
    });
    keep({ fetchedAt: now(), fetchTrouble: undefined, wanted: seen.tip });
    if (seen.verdict !== undefined) return refuse(seen.tip.sha, seen.verdict, key);
    keepFiles(files, revisionOf(places, seen.tip.sha), seen.files);
    const verdict = await takeRevision(context, followed, seen.facts, {
      sha: seen.tip.sha,
      allowMassStop: options.allowMassStop === true,
      onTake: () => keep({ attempted: attemptOf(seen, now()), refused: undefined }),
    });
    if (verdict === SUSPENDED) return { kind: 'suspended' };
    if (verdict !== undefined) return refuse(seen.tip.sha, verdict, key);
    note('done', `follows ${seen.tip.sha.slice(0, 10)} now: ${seen.tip.subject}`);
    pruneRevisions(files, places, [seen.tip.sha, from]);
    return { kind: 'taken', sha: seen.tip.sha, subject: seen.tip.subject };
  } catch (error) {
    const trouble = roundTrouble(error);
    if (trouble === undefined) throw error;
    if (context.signal.aborted)
      throw new CommandError('interrupted while asking the remote', EXIT.interrupted);
    const { fetchTrouble: before } = record;
    const again = before?.message === trouble.message;
    try {
      keep({ fetchTrouble: troubleOf(trouble, before?.since ?? now()) });
    } catch {
      // On a full disk the trouble is told, and not kept.
    }
    if (!again) note('failed', trouble.message);
    return { kind: 'unreached', trouble, code: trouble.exitCode };
  }
}

/** What ends a round, and is no reason to leave alone what is in force; undefined for anything else. */
function roundTrouble(error: unknown): CommandError | undefined {
  if (error instanceof FollowError) return asCommandError(error);
  if (!(error instanceof HostError) || error.code === 'EFLOCK') return undefined;
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  return new CommandError(error.message, EXIT.failed, {
    fix: full ? 'Free some space; the next round goes on by itself.' : undefined,
  });
}

export const askingOf = ({ host, signal }: CommandContext, following: Following): Asking => ({
  host,
  following,
  signal,
  deadline: host.clock.now() + following.timeoutMs,
});

export const attemptOf = (
  { tip, signer, signers }: Inspected,
  now: number,
): NonNullable<FollowRecord['attempted']> => ({
  ...tip,
  attemptedAt: now,
  ...(signer === undefined ? {} : { signer }),
  ...(signers === undefined ? {} : { checkedBy: signersDigest(signers) }),
});

/** How a fleet file is read on this host. */
export function placeOf({ facts }: Host, file: string): { file: string; home: string; hostnames: string[] } {
  const { hostname, machineId, home } = facts;
  return { file, home, hostnames: [hostname, ...(machineId === undefined ? [] : [machineId])] };
}

export const troubleOf = (
  { message, fix }: { message: string; fix?: string | undefined },
  since: number,
): Trouble => ({
  message,
  since,
  ...(fix === undefined ? {} : { fix }),
});

/** All that the verdict on a commit depends on, but for what changes by the moment. */
function keyOf(
  { host, version, build }: CommandContext,
  { following }: Followed,
  { from, signers }: { from: string | undefined; signers: Signers | undefined },
): string {
  const { path } = following;
  const place = placeOf(host, path);
  return sha256(JSON.stringify([build ?? version, place, from, signers && signersDigest(signers)])).slice(
    0,
    16,
  );
}

/** Writes into the fleet's event log. */
export function noter(
  { host, terminal }: CommandContext,
  { fleet, places }: Pick<Followed, 'fleet' | 'places'>,
) {
  const log = eventLog(host, places, fleet);
  return (result: 'done' | 'failed' | 'skipped', message: string): void => {
    log.note({ event: 'gitops', result, message });
    const trouble = log.trouble();
    if (trouble !== undefined) terminal.err(`The event log is incomplete: ${trouble}\n`);
  };
}
