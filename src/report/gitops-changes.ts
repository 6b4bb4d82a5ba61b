/** What of the configuration of a followed repository has become another. */
import { visible } from '../base/visible.ts';
import { shownUrl } from '../gitops/source.ts';
import type { Following } from '../model/gitops.ts';
import { duration } from './format.ts';

const shown: readonly [string, (following: Following) => string][] = [
  ['repository', ({ repo }) => shownUrl(repo)],
  ['branch', ({ branch }) => branch],
  ['path', ({ path }) => path],
  ['interval', ({ intervalMs }) => duration(intervalMs)],
  ['timeout', ({ timeoutMs }) => duration(timeoutMs)],
  ['signers', ({ signers }) => signers ?? 'none'],
];

/** A line for each; one for a password that is another, without it. */
export function followingChanges(before: Following, after: Following): string[] {
  const lines = shown.flatMap(([name, of]) =>
    of(before) === of(after) ? [] : [`${name}: ${visible(of(before))} → ${visible(of(after))}`],
  );
  const credentials = before.repo !== after.repo && shownUrl(before.repo) === shownUrl(after.repo);
  return credentials ? ['credentials of the repository: changed', ...lines] : lines;
}
