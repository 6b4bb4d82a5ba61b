/**
 * Where what is followed lies, and which revision of it is in force. Apart from what reads and checks it, since every command on a fleet
 * asks whether its file is a followed one.
 */
import { join } from 'node:path';
import type { Files } from '../host/host.ts';
import type { Following } from '../model/gitops.ts';
import type { Places } from '../model/places.ts';

export type Kept = Pick<Places, 'gitops' | 'gitopsFile'>;

export const mirrorOf = ({ gitops }: Kept): string => join(gitops, 'mirror');
export const recordFile = ({ gitops }: Kept): string => join(gitops, 'status.json');
export const syncLock = ({ gitops }: Kept): string => join(gitops, 'sync.lock');
export const currentLink = ({ gitops }: Kept): string => join(gitops, 'current');
export const revisionsOf = ({ gitops }: Kept): string => join(gitops, 'revisions');
export const revisionOf = (places: Kept, sha: string): string => join(revisionsOf(places), sha);
/** The fleet file in force: one path for all revisions, so that nothing that is made of it depends on which. */
export const currentFile = (places: Kept, { path }: Pick<Following, 'path'>): string =>
  join(currentLink(places), path);

const inForce = /^revisions\/([0-9a-f]{40,64})$/;

/** The commit whose files are in force; undefined: none yet. */
export function shaInForce(files: Files, places: Kept): string | undefined {
  return inForce.exec(files.readLink(currentLink(places)) ?? '')?.[1];
}

/** Puts a revision, whose folder is whole, in force. Throws HostError. */
export const putInForce = (files: Files, places: Kept, sha: string): void =>
  files.writeLink(currentLink(places), `revisions/${sha}`);

/** Whether a fleet file is one of a followed repository. */
export const isFollowed = ({ gitops }: Pick<Places, 'gitops'>, file: string): boolean =>
  file.startsWith(`${gitops}/`);

/** The commit that a fleet file is of; undefined for a file that stands for itself. Throws HostError. */
export const revisionOfFile = (files: Files, places: Kept, file: string): string | undefined =>
  file.startsWith(`${currentLink(places)}/`) ? shaInForce(files, places) : undefined;
