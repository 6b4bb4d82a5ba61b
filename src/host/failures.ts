/** Failing calls on the file system, in words for a person. */
import { HostError } from './host.ts';

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';

/** @throws {HostError} for anything but a path at which nothing is */
export function absentAsUndefined<T>(doing: string, path: string, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw asHostError(doing, path, error);
  }
}

/** @throws {HostError} */
export function attempt(doing: string, path: string, call: () => unknown): void {
  try {
    call();
  } catch (error) {
    throw asHostError(doing, path, error);
  }
}

const inWords: Record<string, string> = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'something is there already',
  ENOENT: 'its folder is not there',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENXIO: 'it is a socket, or a device without a driver',
  EIO: 'the device failed',
};

/** Why a call of the system failed. */
export const reasonOf = (error: unknown): string => inWords[codeOf(error)] ?? (error as Error).message;

export function asHostError(doing: string, path: string, error: unknown): HostError {
  if (error instanceof HostError) return error;
  return new HostError(`cannot ${doing} ${path}: ${reasonOf(error)}`, {
    code: codeOf(error),
    path,
    cause: error,
  });
}
