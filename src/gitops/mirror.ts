/** Our own copy of a followed repository. It holds nothing that could not be fetched again: one that is broken is made anew. */
import { dirname, join } from 'node:path';
import pRetry from 'p-retry';
import { quoted } from '../base/text.ts';
import type { Files } from '../host/host.ts';
import { ask, failed, noBranch, type Asking } from './ask.ts';
import { FollowError } from './error.ts';
import { shownUrl } from './source.ts';
import { removeTree } from './store.ts';

/** Where the tip of the followed branch stands in it. */
export const WANTED = 'refs/mosaic/wanted';

const RETRIES = 2;

/** The commit that the branch stands at, at the remote. Throws FollowError. */
export async function askTip(asking: Asking, mirror: string): Promise<string> {
  const { branch, repo } = asking.following;
  const ref = `refs/heads/${branch}`;
  await prepare(asking, mirror);
  return patiently(asking, async () => {
    const result = await ask(asking, mirror, ['ls-remote', '--quiet', 'origin', ref], { remote: true });
    if (result.code !== 0) throw failed(asking, 'ask', result);
    // A pattern also matches at the end of longer names.
    const line = result.stdout.split('\n').find((text) => text.split('\t')[1] === ref);
    const sha = line === undefined ? undefined : /^[0-9a-f]{40,64}(?=\t)/.exec(line)?.[0];
    if (sha === undefined) throw noBranch(quoted(shownUrl(repo)), branch);
    return sha;
  });
}

/**
 * Brings the branch into our copy: its history, and no file's content where the server can leave that out. What `read` makes
 * of it is given; where it finds the copy broken (FollowError `mirror`), a new one is fetched and read instead, and takes the place of the
 * old one only when that went well. Throws FollowError.
 * @param read is told whether the copy was made just now
 */
export async function withFetched<T>(
  asking: Asking,
  mirror: string,
  read: (mirror: string, fresh: boolean) => Promise<T>,
): Promise<T> {
  const { files } = asking.host;
  const anew = `${mirror}.new`;
  removeTree(files, anew);
  let whole = isWhole(asking, mirror);
  try {
    await prepare(asking, mirror);
    await fetch(asking, mirror, whole);
    const result = await read(mirror, false);
    await tidy(asking, mirror);
    return result;
  } catch (error) {
    if (!canBeMended(error) || asking.signal.aborted) throw error;
    whole ||= error.kind === 'partial';
  }
  const again = async (): Promise<T> => {
    await prepare(asking, anew, whole);
    await fetch(asking, anew, whole);
    const result = await read(anew, true);
    removeTree(files, mirror);
    files.rename(anew, mirror);
    return result;
  };
  try {
    return await again().catch((error: unknown) => {
      if (!canBeMended(error) || error.kind !== 'partial' || whole) throw error;
      whole = true;
      removeTree(files, anew);
      return again();
    });
  } finally {
    removeTree(files, anew);
  }
}

const canBeMended = (error: unknown): error is FollowError =>
  error instanceof FollowError && (error.kind === 'mirror' || error.kind === 'partial');

async function fetch(asking: Asking, mirror: string, whole: boolean): Promise<void> {
  const { branch } = asking.following;
  await patiently(asking, async () => {
    const result = await ask(
      asking,
      mirror,
      [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        '--no-recurse-submodules',
        '--refmap=',
        ...(whole ? [] : ['--filter=blob:none']),
        'origin',
        `+refs/heads/${branch}:${WANTED}`,
      ],
      { remote: true },
    );
    if (result.code !== 0) throw failed(asking, 'fetch', result);
  });
}

/** Again what may pass, as long as there is time. */
function patiently<T>(asking: Asking, task: () => Promise<T>): Promise<T> {
  const { host, signal, deadline } = asking;
  const mayPass = (error: unknown): boolean =>
    error instanceof FollowError && error.transient && !signal.aborted && host.clock.now() < deadline;
  return pRetry(task, {
    retries: RETRIES,
    minTimeout: 300,
    factor: 3,
    randomize: true,
    shouldRetry: ({ error }) => mayPass(error),
  });
}

/** Makes the repository where there is none, and sees to it that its configuration is ours and nobody is in the way. */
async function prepare(asking: Asking, mirror: string, whole = isWhole(asking, mirror)): Promise<void> {
  const { host, following } = asking;
  const { files } = host;
  if (!['HEAD', 'objects', 'refs'].every((name) => files.stat(join(mirror, name)) !== undefined)) {
    removeTree(files, mirror);
    files.mkdir(mirror);
    const made = await ask(asking, dirname(mirror), ['init', '--quiet', '--bare', '--template=', mirror]);
    if (made.code !== 0) throw failed(asking, 'make a copy of', made);
  }
  const put = (name: string, text: string): void => {
    if (files.read(join(mirror, name)) !== text) files.write(join(mirror, name), text);
  };
  put('config', configOf(following.repo, whole));
  put('HEAD', 'ref: refs/heads/main\n');
  // We alone work here: whatever these are, a git that was killed left them.
  const left = (folder: string, pattern: RegExp): void => {
    for (const name of files.list(folder)) if (pattern.test(name)) removeTree(files, join(folder, name));
  };
  left(mirror, /\.lock$/);
  left(join(mirror, 'refs/mosaic'), /\.lock$/);
  left(join(mirror, 'objects'), /^tmp_/);
  left(join(mirror, 'objects/pack'), /^\.?tmp[_-]/);
}

/** Whether a copy has all contents, since its server leaves out what it does not give afterwards. */
const isWhole = ({ host, following }: Asking, mirror: string): boolean =>
  host.files.read(join(mirror, 'config')) === configOf(following.repo, true);

/** The remote stands in a file alone, where no list of processes shows the password that it may hold. */
const configOf = (repo: string, whole: boolean): string => `[core]
\trepositoryformatversion = 1
\tbare = true
\tlogAllRefUpdates = false
${whole ? '' : '[extensions]\n\tpartialClone = origin\n'}[remote "origin"]
\turl = "${repo.replace(/["\\]/g, (character) => `\\${character}`)}"
${whole ? '' : '\tpromisor = true\n\tpartialclonefilter = blob:none\n'}`;

/** As many fetches bring a pack each; then they are made one. */
const PACKS = 40;

async function tidy(asking: Asking, mirror: string): Promise<void> {
  if (packs(asking.host.files, mirror) < PACKS) return;
  // Without it, the copy is only slower.
  await ask(asking, mirror, ['repack', '-a', '-d', '-q']);
}

const packs = (files: Files, mirror: string): number =>
  files.list(join(mirror, 'objects/pack')).filter((name) => name.endsWith('.pack')).length;
