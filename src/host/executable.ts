/** Whether a program can be executed, told before it is: a shell that fails to become it would only give an exit code. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { codeOf, reasonOf } from './failures.ts';

/**
 * Why a program could not be started in that folder, as far as its file tells; undefined where nothing speaks against it.
 * @param path PATH, for a program without a slash in it
 */
export function unstartable(file: string, path: string | undefined, cwd: string): string | undefined {
  if (!isFolder(cwd)) return `the folder ${cwd} is not there`;
  const folders = file.includes('/') ? [''] : (path ?? '/usr/bin:/bin').split(':');
  let why = 'it is not installed or not on the PATH';
  for (const folder of folders) {
    const candidate = resolve(cwd, folder, file);
    const trouble = unexecutable(candidate);
    if (trouble === undefined) return interpreterTrouble(candidate, cwd);
    if (trouble !== ABSENT) why = trouble;
  }
  return why;
}

const ABSENT = 'it is not there';

function unexecutable(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'it is no file';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(codeOf(error)) ? ABSENT : reasonOf(error);
  }
}

function interpreterTrouble(script: string, cwd: string): string | undefined {
  const interpreter = interpreterOf(script);
  if (interpreter === undefined) return undefined;
  const trouble = unexecutable(resolve(cwd, interpreter));
  return trouble === undefined ? undefined : `its interpreter ${interpreter}: ${trouble}`;
}

/** What a script's first line names (execve(2)); undefined where it names none, or may not be read. */
function interpreterOf(path: string): string | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const head = Buffer.alloc(256);
      const text = head.toString('latin1', 0, readSync(descriptor, head));
      return /^#![ \t]*([^ \t\n]+)/.exec(text)?.[1];
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
