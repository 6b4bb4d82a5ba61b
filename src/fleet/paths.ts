import { posix } from 'node:path';

/**
 * A path of the file as an absolute one: `~` and `$HOME` at its start are the home folder, anything relative is beside the
 * file. Nothing else is expanded.
 * @param folder absolute folder of the fleet file
 */
export function expandPath(path: string, home: string, folder: string): string {
  const match = /^(?:~|\$HOME|\$\{HOME\})(?=\/|$)/.exec(path);
  const full = match
    ? home + path.slice(match[0].length)
    : posix.isAbsolute(path)
      ? path
      : posix.join(folder, path);
  const normal = posix.normalize(full);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}

/** The beginning of a path that a person expects to be expanded and that is not, such as `~bob` or `$WORK`. */
export function unexpanded(path: string): string | undefined {
  const match = /^(?:~[\w.-]+|\$\w+|\$\{\w+\})/.exec(path)?.[0];
  return match === '$HOME' || match === '${HOME}' ? undefined : match;
}
