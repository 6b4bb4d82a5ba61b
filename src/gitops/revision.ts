/** What our copy of a repository has at a commit: who wrote it, where it stands in the history, which files it has. */
import { createHash } from 'node:crypto';
import { byteLength, quoted } from '../base/text.ts';
import type { Revision } from '../model/gitops.ts';
import { ask, failed, type Asking } from './ask.ts';
import { FollowError } from './error.ts';
import { WANTED } from './mirror.ts';

/** The commit at the tip of what was fetched. Throws FollowError. */
export async function readTip(asking: Asking, mirror: string): Promise<Revision> {
  const format = '%H%x00%s%x00%an%x00%ct';
  const result = await ask(asking, mirror, ['log', '-1', '--no-color', `--format=${format}`, WANTED, '--']);
  const [sha = '', subject = '', author = '', seconds = ''] = result.stdout.trimEnd().split('\0');
  if (result.code !== 0 || !/^[0-9a-f]{40,64}$/.test(sha) || !/^\d+$/.test(seconds))
    throw asMirror(failed(asking, 'read the last commit of', result));
  return { sha, subject: subject.slice(0, 200), author: author.slice(0, 100), at: Number(seconds) * 1000 };
}

/**
 * Whether a commit comes after another one; false also where the copy does not have that one. Throws FollowError `mirror` where the
 * copy may be what lacks it.
 */
export async function descends(
  asking: Asking,
  mirror: string,
  { sha, from, fresh }: { sha: string; from: string; fresh: boolean },
): Promise<boolean> {
  const result = await ask(asking, mirror, ['merge-base', '--is-ancestor', from, sha]);
  if (result.code === 0) return true;
  if (result.code === 1) return false;
  // One that was fetched just now has all that leads to the tip: what is not there does not.
  if (fresh && result.code === 128) return false;
  throw asMirror(failed(asking, 'read the history of', result));
}

/** What stands at a path: a file, or why it is none. */
export type Entry = { blob: string } | { wrong: string };

/** As many bytes of one file are taken. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The entries at these paths in a commit. No link is followed. Throws FollowError. */
export async function entriesOf(
  asking: Asking,
  mirror: string,
  sha: string,
  paths: readonly string[],
): Promise<Map<string, Entry>> {
  const result = await ask(asking, mirror, ['ls-tree', '-z', '--full-tree', sha, '--', ...paths], {
    env: { GIT_LITERAL_PATHSPECS: '1' },
  });
  if (result.code !== 0) throw asMirror(failed(asking, 'read the files of', result));
  const found = new Map<string, Entry>(paths.map((path) => [path, { wrong: 'is not there' }]));
  for (const line of result.stdout.split('\0')) {
    const [, mode = '', blob = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (found.has(path)) found.set(path, entryOf(mode, blob));
  }
  return found;
}

const kinds: Record<string, string> = {
  '120000': 'is a symbolic link',
  '160000': 'is a submodule',
  '040000': 'is a folder',
};

const entryOf = (mode: string, blob: string): Entry =>
  mode.startsWith('100') ? { blob } : { wrong: kinds[mode] ?? 'is no file' };

/** A file's text, exactly; or why there is none. */
export type Content = { text: string } | { wrong: string };

/** The contents of blobs, by their names; what the copy lacks is fetched. Throws FollowError. */
export async function contentsOf(
  asking: Asking,
  mirror: string,
  blobs: readonly string[],
): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>();
  for (const blob of new Set(blobs)) {
    const result = await ask(asking, mirror, ['cat-file', 'blob', blob], { remote: true });
    if (result.failure === 'too-much-output') contents.set(blob, { wrong: tooLarge });
    else if (result.code !== 0) throw failed(asking, 'get a file of', result);
    else contents.set(blob, contentOf(blob, result.stdout));
  }
  return contents;
}

const tooLarge = `is larger than ${MAX_BYTES / 1024 / 1024} MiB`;

/** A text is what the blob holds only where it has its name: a blob is named by what is in it. */
function contentOf(blob: string, text: string): Content {
  const size = byteLength(text);
  if (size > MAX_BYTES) return { wrong: tooLarge };
  const hash = createHash(blob.length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${size}\0`)
    .update(text);
  return hash.digest('hex') === blob ? { text } : { wrong: 'is not UTF-8 text' };
}

/** Asked of our copy alone, whatever goes wrong is its fault, unless git itself could not be run. */
const asMirror = (error: FollowError): FollowError =>
  error.kind === 'remote' ? new FollowError('mirror', error.message, { fix: error.fix }) : error;

/** Where a file stands, for a message. */
export const at = (path: string, sha: string): string => `${quoted(path)} at ${sha.slice(0, 10)}`;
