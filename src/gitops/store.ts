/** Where a followed repository's configuration, revisions and record are kept, each replaced in one step. */
import { join } from 'node:path';
import { HostError, type Files } from '../host/host.ts';
import type { Following, FollowRecord } from '../model/gitops.ts';
import type { Places } from '../model/places.ts';
import { formatFollowing, formatFollowRecord, parseFollowing, parseFollowRecord } from '../record/gitops.ts';
import { FollowError } from './error.ts';
import { recordFile, revisionsOf, type Kept } from './layout.ts';

/** Undefined where no repository is followed. Throws FollowError `invalid` for a file that is not as it should be, HostError. */
export function readFollowing(files: Files, places: Kept): Following | undefined {
  const text = files.read(places.gitopsFile);
  if (text === undefined) return undefined;
  try {
    return parseFollowing(text);
  } catch (error) {
    throw new FollowError('invalid', `${places.gitopsFile}: ${(error as Error).message}`, {
      fix: 'Write it anew: mosaic gitops bootstrap --repo URL, with --verify-signatures FILE or --no-verify-signatures.',
    });
  }
}

/** Throws HostError. */
export function writeFollowing(files: Files, places: Places, following: Following): void {
  files.mkdir(places.rendered);
  files.write(places.gitopsFile, formatFollowing(following), { durable: true });
}

/** A record that cannot be read counts for none: it is history. */
export function readRecord(files: Files, places: Kept): FollowRecord {
  try {
    const text = files.read(recordFile(places));
    return text === undefined ? {} : parseFollowRecord(text);
  } catch (error) {
    if (error instanceof HostError && error.code === 'EACCES') throw error;
    return {};
  }
}

/** Written only where it says something new. Throws HostError. */
export function writeRecord(files: Files, places: Kept, record: FollowRecord): void {
  const text = formatFollowRecord(record);
  if (files.read(recordFile(places)) === text) return;
  files.write(recordFile(places), text, { durable: true });
}

/** As many older revisions stay, for whoever wants to look. */
const KEPT = 3;

/** Removes revisions that are neither in force nor among the last few, and what was left half made. Throws HostError. */
export function pruneRevisions(files: Files, places: Kept, needed: readonly (string | undefined)[]): void {
  const folder = revisionsOf(places);
  const age = (name: string): number => files.stat(join(folder, name))?.modifiedAt ?? 0;
  const others = files.list(folder).filter((name) => !needed.includes(name));
  const whole = others.filter((name) => !name.endsWith('.tmp')).sort((a, b) => age(b) - age(a));
  const gone = [...others.filter((name) => name.endsWith('.tmp')), ...whole.slice(KEPT)];
  for (const name of gone) removeTree(files, join(folder, name));
}

/** Removes what is at a path, through no link. Throws HostError. */
export function removeTree(files: Files, path: string): void {
  if (files.stat(path)?.kind !== 'folder') {
    files.remove(path);
    return;
  }
  for (const name of files.list(path)) removeTree(files, join(path, name));
  files.removeEmptyFolder(path);
}

/** Configuration, mirror, revisions and record: nothing is followed any more. Throws HostError. */
export function forgetFollowing(files: Files, places: Kept): void {
  files.remove(places.gitopsFile);
  removeTree(files, places.gitops);
}
