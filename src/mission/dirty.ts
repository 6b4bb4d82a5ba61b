/** What stands in a mission's folder that is nowhere else. */
import { counted } from '../base/text.ts';
import { visible } from '../base/visible.ts';

export interface DirtyState {
  /** `XY path`, as `git status --short` prints them, without its quotes: the first ones. */
  files: string[];
  /** How many there are beside those. */
  more: number;
  stashes: number;
  /** Commits that no remote branch holds; absent: the repository has no remote. */
  unpushed?: number;
  /** A merge, a rebase or the like that was begun and not ended. */
  operation?: string;
}

export const isClean = ({ files, stashes, unpushed, operation }: DirtyState): boolean =>
  files.length === 0 && stashes === 0 && (unpushed ?? 0) === 0 && operation === undefined;

/** In one line: '3 changed files, 1 stash, 2 unpushed commits', or 'clean'. */
export function dirtyWords(dirty: DirtyState): string {
  const { files, more, stashes, unpushed, operation } = dirty;
  const changed = files.length + more;
  const parts = [
    changed === 0 ? '' : counted(changed, 'changed file'),
    stashes === 0 ? '' : stashes === 1 ? '1 stash' : `${stashes} stashes`,
    unpushed === undefined || unpushed === 0 ? '' : counted(unpushed, 'unpushed commit'),
    operation === undefined ? '' : `a ${visible(operation)} in the middle`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'clean' : parts.join(', ');
}

/** A line for each changed file, and one for how many more there are. */
export function dirtyLines({ files, more }: DirtyState): string[] {
  return [...files.map(visible), ...(more === 0 ? [] : [`… and ${more} more`])];
}
