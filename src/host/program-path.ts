/** Where a program is, before anything is begun for it. */
import { join } from 'node:path';
import type { Files } from './host.ts';

/** Where one is looked for without a PATH. */
const USUAL_PATH = '/usr/bin:/bin';

/**
 * The first executable file of that name in the folders of a PATH, or the file itself where the name is a path; undefined where
 * there is none. What cannot be looked at counts for absent.
 */
export function findProgram(files: Files, program: string, path = USUAL_PATH): string | undefined {
  if (program === '') return undefined;
  if (program.includes('/')) return isExecutable(files, program) ? program : undefined;
  return path
    .split(':')
    .map((folder) => join(folder, program))
    .find((candidate) => isExecutable(files, candidate));
}

function isExecutable(files: Files, path: string): boolean {
  try {
    const stat = files.target(path);
    return stat?.kind === 'file' && (stat.mode & 0o111) !== 0;
  } catch {
    return false;
  }
}
