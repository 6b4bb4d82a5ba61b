/** What a bootstrap asks to follow: as it is told, else as it stands, else as usual. */
import { FollowError } from '../../gitops/error.ts';
import type { Followed } from '../../gitops/followed.ts';
import { readSigners } from '../../gitops/signature.ts';
import { checkBranch, checkPath, checkRemote, plainRemote } from '../../gitops/source.ts';
import type { Following } from '../../model/gitops.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { givenPath } from '../given-path.ts';
import { inWords } from './in-words.ts';

/** What is absent was not given. */
export interface Wish {
  repo: string;
  branch?: string;
  path?: string;
  intervalMs?: number;
  timeoutMs?: number;
  /** A file of signers; false: none are asked for any more. */
  verifySignatures?: string | false;
}

const USUAL = { branch: 'main', path: 'fleet.yaml', intervalMs: 60_000, timeoutMs: 5 * 60_000 };

/**
 * The configuration that is wished for, over the one that stands. Throws CommandError for what cannot be followed at all.
 * @param before what stands; of another fleet's or remote's, only what it has in common with this one
 */
export function followingOf(context: CommandContext, wish: Wish, before: Partial<Following> = {}): Following {
  const given = {
    ...(wish.branch === undefined ? {} : { branch: wish.branch }),
    ...(wish.path === undefined ? {} : { path: wish.path }),
    ...(wish.intervalMs === undefined ? {} : { intervalMs: wish.intervalMs }),
    ...(wish.timeoutMs === undefined ? {} : { timeoutMs: wish.timeoutMs }),
  };
  const { signers: trusted, ...rest } = before;
  const following: Following = { ...USUAL, ...rest, ...given, repo: remoteOf(context, wish) };
  try {
    checkRemote(following.repo);
    checkBranch(following.branch);
    checkPath(following.path);
  } catch (error) {
    if (error instanceof FollowError) throw new CommandError(error.message, EXIT.usage, { fix: error.fix });
    throw error;
  }
  if (following.intervalMs < 1000)
    throw new CommandError('--interval is less than a second', EXIT.usage, { fix: 'Such as 1m.' });
  if (following.timeoutMs < 1)
    throw new CommandError('--timeout leaves no time at all', EXIT.usage, { fix: 'Such as 5m.' });
  const signers = signersOf(context, wish, trusted);
  return signers === undefined ? following : { ...following, signers };
}

const remoteOf = ({ host }: CommandContext, { repo }: Wish): string =>
  plainRemote(/^\.{1,2}(?:\/|$)/.test(repo) ? givenPath(host, repo) : repo);

function signersOf(
  context: CommandContext,
  { verifySignatures }: Wish,
  trusted: string | undefined,
): string | undefined {
  if (verifySignatures === undefined) return trusted;
  if (verifySignatures === false) return undefined;
  const signers = givenPath(context.host, verifySignatures);
  inWords(() => readSigners(context, signers));
  return signers;
}

/**
 * The fleet that follows what is wished for already; or, where only another branch or path of its repository is, what of it was not said.
 * Throws CommandError where it could be several.
 */
export function knownOf(
  context: CommandContext,
  wish: Wish,
  all: readonly Followed[],
): { known?: Followed; before: Partial<Following> } {
  const repo = remoteOf(context, wish);
  const same = all.filter(({ following }) => plainRemote(following.repo) === repo);
  const fits = same.filter(
    ({ following }) =>
      (wish.branch ?? following.branch) === following.branch &&
      (wish.path ?? following.path) === following.path,
  );
  const [one, another] = fits.length > 0 ? fits : same;
  if (one === undefined) return { before: {} };
  if (another !== undefined && (wish.branch === undefined || wish.path === undefined))
    throw new CommandError(
      `several fleets follow that repository: ${same.map(({ fleet }) => fleet).join(', ')}`,
      EXIT.usage,
      { fix: 'Say which is meant with both --branch and --path.' },
    );
  if (fits.length > 0) return { known: one, before: one.following };
  return { before: { branch: one.following.branch, path: one.following.path } };
}
