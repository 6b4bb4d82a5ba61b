/** Where git keeps things, as its files say (gitrepository-layout(5)). */
import { basename, dirname, join, resolve } from 'node:path';
import type { Files } from '../host/host.ts';

/** Where a worktree's `.git` file says its git directory is; undefined when it is no such file. */
export function gitDirOf(files: Files, path: string): string | undefined {
  try {
    const file = join(path, '.git');
    if (files.stat(file)?.kind !== 'file') return undefined;
    const text = files.read(file);
    return text?.startsWith('gitdir: ') === true
      ? resolve(path, withoutNewline(text.slice('gitdir: '.length)))
      : undefined;
  } catch {
    return undefined;
  }
}

/** The git directory that a repository's worktrees share, real; undefined when the folder is no repository's top. */
export function commonDirOf(files: Files, repository: string): string | undefined {
  const inside = join(repository, '.git');
  const kind = files.target(inside)?.kind;
  let gitDir: string | undefined;
  if (kind === 'folder') gitDir = inside;
  else if (kind === 'file') gitDir = gitDirOf(files, repository);
  else if (files.stat(join(repository, 'HEAD')) !== undefined) gitDir = repository;
  if (gitDir === undefined || files.target(join(gitDir, 'HEAD'))?.kind !== 'file') return undefined;
  const common = files.read(join(gitDir, 'commondir'));
  return files.realpath(common === undefined ? gitDir : resolve(gitDir, withoutNewline(common)));
}

/** The path as git would record it: links above its last part resolved, as far as the folders exist. */
export function canonicalPath(files: Files, path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  const real = files.realpath(parent);
  return join(real ?? canonicalPath(files, parent), basename(path));
}

export const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '');

/** The git directory of the working tree that a folder is in; undefined outside of any. */
export function gitDirAround(files: Files, folder: string): string | undefined {
  const inside = join(folder, '.git');
  const kind = files.target(inside)?.kind;
  if (kind === 'folder') return inside;
  if (kind === 'file') return gitDirOf(files, folder);
  const parent = dirname(folder);
  return parent === folder ? undefined : gitDirAround(files, parent);
}

/** The branch checked out, as HEAD says; undefined when it is detached, or kept in a form that only git reads. */
export function branchOf(files: Files, gitDir: string): string | undefined {
  const head = withoutNewline(files.read(join(gitDir, 'HEAD')) ?? '');
  const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1];
  return branch === '.invalid' ? undefined : branch;
}
