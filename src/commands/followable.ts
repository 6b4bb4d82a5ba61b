/** Whether hosts could follow a fleet file where it stands, as `mosaic gitops` follows one. */
import { dirname, join, relative } from 'node:path';
import { quoted } from '../base/text.ts';
import { neededFiles } from '../gitops/needed.ts';
import type { Host } from '../host/host.ts';
import type { Problem } from '../model/problem.ts';
import { git } from '../observe/git.ts';
import { topAround } from './fleet-source.ts';

/**
 * @param file the absolute path of a fleet file that is valid
 * @returns what a followed repository could not give: folders, and files that are not there, not in git, or outside
 */
export async function unfollowable(host: Host, file: string, text: string): Promise<Problem[]> {
  const repository = topAround(host.files, dirname(file));
  const top = repository ?? dirname(file);
  const { files, wrong } = neededFiles(text, relative(top, file), host.facts.home);
  if (wrong !== undefined) return [{ message: wrong.reason, fix: wrong.fix, path: '' }];
  const tracked = repository === undefined ? undefined : await trackedOf(host, top, files);
  return files.flatMap((name) => {
    const why = wrongOf(host, join(top, name)) ?? (tracked?.has(name) === false ? NOT_IN_GIT : undefined);
    if (why === undefined) return [];
    return [{ message: `${quoted(name)}, which the fleet file names, ${why.is}`, fix: why.fix, path: '' }];
  });
}

interface Wrong {
  is: string;
  fix: string;
}

const NOT_IN_GIT: Wrong = {
  is: 'is not in git',
  fix: 'git add it; a secret stays on the hosts, and is named by an absolute path, or beginning with ~.',
};

function wrongOf({ files }: Host, path: string): Wrong | undefined {
  const kind = files.stat(path)?.kind;
  if (kind === 'file') return undefined;
  if (kind === undefined)
    return {
      is: 'is not there',
      fix: 'Add it; one of the hosts is named by an absolute path, or beginning with ~.',
    };
  return { is: 'is no regular file', fix: 'Put the file itself there.' };
}

/** Those of the files that git knows; undefined where it does not answer. */
async function trackedOf(
  host: Host,
  top: string,
  files: readonly string[],
): Promise<Set<string> | undefined> {
  if (files.length === 0) return undefined;
  const args = ['--literal-pathspecs', 'ls-files', '-z', '--', ...files];
  const result = await git(host, top, args, {});
  return result.code === 0 ? new Set(result.stdout.split('\0')) : undefined;
}
