/** What may be followed, and how a remote is shown. */
import { quoted } from '../base/text.ts';
import { FollowError } from './error.ts';

/** Protocols that git may speak on the way to the repository; the user's `insteadOf` may lead to another. */
export const PROTOCOLS = 'file:ssh:https';

const wrong = (message: string, fix?: string): FollowError => new FollowError('invalid', message, { fix });

/**
 * Throws FollowError `invalid` for a remote that git would take for an option or a program to run, or that is reached in a way
 * in which anybody between could change what comes.
 */
export function checkRemote(repo: string): void {
  if (repo === '' || /\p{Cc}/u.test(repo)) throw wrong(`${quoted(repo)} is no address of a repository`);
  if (repo.startsWith('-')) throw wrong(`the repository ${quoted(shownUrl(repo))} begins with a dash`);
  const helper = /^[a-z0-9+.-]+::/i.exec(repo)?.[0];
  if (helper !== undefined)
    throw wrong(
      `${quoted(helper)} would have git run a program of that name`,
      'Name a repository by its address.',
    );
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(repo)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['file', 'ssh', 'https'].includes(scheme)) {
    throw wrong(
      `a repository is not followed over ${scheme}`,
      'Use ssh or https, or a folder of this machine: what comes over others can be changed on its way.',
    );
  }
  if (scheme === undefined && !repo.startsWith('/') && !isScp(repo)) {
    throw wrong(
      `${quoted(repo)} is neither an absolute path nor an address`,
      'Such as https://HOST/PATH, USER@HOST:PATH or /PATH.',
    );
  }
}

/** `host:path`, as git and scp take it; a colon after a slash is part of a path. */
const isScp = (repo: string): boolean => /^[^/:\s-][^/:\s]*:./.test(repo);

export const overSsh = (repo: string): boolean =>
  /^ssh:\/\//i.test(repo) || (!/^[a-z][a-z0-9+.-]*:\/\//i.test(repo) && !repo.startsWith('/'));

/** A remote as it is kept: the slashes at its end say nothing. */
export const plainRemote = (repo: string): string => repo.replace(/(?<=[^/:])\/+$/, '');

/** Throws FollowError `invalid` for what is no name of a branch (git-check-ref-format(1)). */
export function checkBranch(branch: string): void {
  const bad =
    branch === '' ||
    // oxlint-disable-next-line no-control-regex -- what git refuses
    /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$/.test(branch) ||
    branch.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));
  if (bad) throw wrong(`${quoted(branch)} is no name of a branch`);
}

/** Throws FollowError `invalid` for a path that does not stay within the repository. */
export function checkPath(path: string): void {
  if (isInside(path)) return;
  throw wrong(`${quoted(path)} is no path within a repository`, 'Such as fleet.yaml or hosts/fleet.yaml.');
}

/** A relative path of plain names. */
export const isInside = (path: string): boolean =>
  path !== '' &&
  !/\p{Cc}/u.test(path) &&
  path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');

/** The remote without the name and the password, and without the parameters, that an address may hold. */
export const shownUrl = (repo: string): string =>
  repo
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^?#]*)[?#].*$/i, '$1');

/** A text of git's, in which the remote may stand with its password: both are taken out. */
export function withoutSecrets(text: string, repo: string): string {
  const secrets = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)@/i.exec(repo)?.[1];
  const shown = text.replaceAll(repo, shownUrl(repo)).replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@']*@/gi, '$1');
  const password = secrets?.split(':').slice(1).join(':');
  return password === undefined || password === '' ? shown : shown.replaceAll(password, '***');
}
