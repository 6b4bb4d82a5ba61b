import * as fs from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Watch } from './host.ts';

/** A writer makes several events of one change. */
const QUIET_MS = 50;

/**
 * By fs.watch on each folder above each path, so that a file that is replaced, and a folder that is moved away and comes back, are
 * noticed; of a link also what it leads to. A folder that cannot be watched is left out.
 */
export const watch: Watch = (paths, changed, { each = false } = {}) => {
  const watchers = new Map<string, { inode: number; watcher: fs.FSWatcher; names: Set<string> }>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const forget = (folder: string): void => {
    watchers.get(folder)?.watcher.close();
    watchers.delete(folder);
  };
  const event = (): void => {
    if (each && !closed) changed();
    timer ??= setTimeout(() => {
      timer = undefined;
      if (closed) return;
      look();
      // What was not watched yet may have changed before it was.
      changed();
    }, QUIET_MS);
  };
  const look = (): void => {
    const wanted = foldersOf(paths);
    for (const folder of watchers.keys()) if (!wanted.has(folder)) forget(folder);
    for (const [folder, names] of wanted) {
      const inode = inodeOf(folder);
      const known = watchers.get(folder);
      if (known !== undefined && known.inode === inode) {
        known.names = names;
        continue;
      }
      forget(folder);
      if (inode === undefined) continue;
      try {
        const watcher = fs.watch(folder, { persistent: false }, (_, name) => {
          // Its own name stands for the folder itself.
          const mine = watchers.get(folder)?.names;
          if (name === null || mine?.has(name) === true || name === basename(folder)) event();
        });
        watcher.on('error', () => forget(folder));
        watchers.set(folder, { inode, watcher, names });
      } catch {
        // As many are watched as the kernel allows, or it is not for us to look at.
      }
    }
  };
  look();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      for (const folder of watchers.keys()) forget(folder);
    },
  };
};

/** The folders to watch, each with the names in it that matter. */
function foldersOf(paths: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  const all = paths.flatMap((path) => [path, realpath(path) ?? path]);
  for (const path of all) {
    for (let at = path; at !== dirname(at); at = dirname(at)) {
      const names = folders.get(dirname(at)) ?? new Set();
      folders.set(dirname(at), names.add(basename(at)));
    }
  }
  return folders;
}

function realpath(path: string): string | undefined {
  try {
    return fs.realpathSync(path);
  } catch {
    return undefined;
  }
}

function inodeOf(folder: string): number | undefined {
  try {
    return fs.statSync(folder).ino;
  } catch {
    return undefined;
  }
}
