/** Files that ship with mosaic, beside the program. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The text of a file of our own package, such as `units/mosaic-agent@.service`. */
export const packageFile = (path: string): string => readFileSync(packagePath(path), 'utf8');

/** Where a file of our own package is. */
export function packagePath(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`mosaic's own file ${path} is not installed`);
    folder = parent;
  }
  return join(folder, path);
}
