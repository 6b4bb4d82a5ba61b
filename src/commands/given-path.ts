import { isAbsolute, resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import { CommandError, EXIT } from './command-error.ts';

/** A path of the command line or the environment, made absolute. Throws CommandError where nothing says from where. */
export function givenPath({ facts }: Host, path: string): string {
  if (facts.cwdGone !== true || isAbsolute(path)) return resolve(facts.cwd, path);
  throw new CommandError(
    `${path} cannot be found: the folder that this command works in was removed`,
    EXIT.unavailable,
    { fix: 'Go to another folder, or name the file by its absolute path.' },
  );
}
