/** Everything that lies in a world, to show that a command wrote nothing. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from '../../support/world.ts';

/**
 * Path, kind, mode, time of change and content of all files, by path. Left out are sockets and what the user manager keeps
 * in the runtime folder and its log, which go on by themselves; and the flag that tmux and the manager raise when an agent ends,
 * which they do when they come to it.
 */
export function snapshot(world: World): Record<string, string> {
  const seen: Record<string, string> = {};
  const outside = new Set(['run', 'manager.log', 'tmux'].map((name) => world.path(name)));
  const flag = join(world.home, '.local/state/mosaic/test/wake');
  const visit = (path: string): void => {
    if (outside.has(path) || path === flag) return;
    const stat = lstatSync(path);
    const about = `${stat.mode.toString(8)} ${path === dirname(flag) ? '' : stat.mtimeMs}`;
    if (stat.isDirectory()) {
      seen[path] = about;
      for (const name of readdirSync(path)) visit(join(path, name));
    } else if (stat.isSymbolicLink()) {
      seen[path] = `${about} ${readlinkSync(path)}`;
    } else if (stat.isFile()) {
      seen[path] = `${about} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    }
  };
  visit(world.folder);
  return seen;
}

/** Paths of all regular files below a folder that hold a text. */
export function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text))
    .sort();
}
