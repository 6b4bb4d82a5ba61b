/** A file system in memory. */
import { basename, dirname } from 'node:path';
import { HostError, type Files, type FileStat } from '../../src/host/host.ts';

export interface MemoryFiles extends Files {
  /** How often anything was changed through `Files`. */
  changes(): number;
  /** Puts a file and its folders there, as somebody else would. */
  put(path: string, text: string): void;
  /** Removes a folder and all below it, as somebody else would. */
  removeTree(path: string): void;
}

export function memoryFiles(): MemoryFiles {
  const files = new Map<string, { text: string; mode: number }>();
  const folders = new Set<string>(['/']);
  /** Only kept: nothing here is looked up through them. */
  const links = new Map<string, string>();
  const locked = new Set<string>();
  let changes = 0;

  const missing = (path: string): HostError =>
    new HostError(`cannot write ${path}: its folder is not there`, { code: 'ENOENT', path });
  const makeFolders = (path: string): void => {
    if (folders.has(path)) return;
    makeFolders(dirname(path));
    folders.add(path);
    changes++;
  };
  const stat = (path: string): FileStat | undefined => {
    const file = files.get(path);
    const common = { uid: 1000, modifiedAt: 0, inode: 1 };
    if (file !== undefined) return { ...common, kind: 'file', mode: file.mode, size: file.text.length };
    return folders.has(path) ? { ...common, kind: 'folder', mode: 0o700, size: 0 } : undefined;
  };
  const below = (path: string): string[] =>
    [...files.keys(), ...folders].filter((name) => name.startsWith(`${path}/`));
  const list = (path: string): string[] => {
    if (!folders.has(path)) return [];
    return [...files.keys(), ...links.keys(), ...folders]
      .filter((name) => name !== '/' && dirname(name) === path)
      .map((name) => basename(name))
      .sort();
  };
  const read = (path: string): string | undefined => {
    if (folders.has(path))
      throw new HostError(`cannot read ${path}: it is a folder`, { code: 'EISDIR', path });
    return files.get(path)?.text;
  };
  return {
    changes: () => changes,
    put(path, text) {
      makeFolders(dirname(path));
      files.set(path, { text, mode: 0o644 });
    },
    removeTree(path) {
      for (const name of [path, ...below(path)]) {
        files.delete(name);
        folders.delete(name);
      }
    },
    read,
    readStart: (path, most) => read(path)?.slice(0, most),
    readExact: read,
    readInput: async (path) => read(path),
    room: () => ({ freeBytes: 1024 ** 3 }),
    write(path, text, options = {}) {
      if (!folders.has(dirname(path))) throw missing(path);
      if (options.fresh === true && stat(path) !== undefined)
        throw new HostError(`cannot write ${path}: something is there already`, { code: 'EEXIST', path });
      if (options.over !== undefined && read(path) !== options.over)
        throw new HostError(`${path} was changed by another program meanwhile`, { code: 'ESTALE', path });
      files.set(path, { text, mode: options.mode ?? 0o600 });
      changes++;
    },
    append(path, text, { mode = 0o600 } = {}) {
      if (!folders.has(dirname(path))) throw missing(path);
      files.set(path, { mode, text: `${files.get(path)?.text ?? ''}${text}` });
      changes++;
    },
    mkdir: makeFolders,
    list,
    stat,
    target: (path) => stat(links.get(path) ?? path),
    readLink: (path) => links.get(path),
    writeLink(path, target) {
      if (!folders.has(dirname(path))) throw missing(path);
      links.set(path, target);
      changes++;
    },
    realpath: (path) => (stat(path) === undefined ? undefined : path),
    rename(from, to) {
      for (const name of [from, ...below(from)]) {
        const moved = to + name.slice(from.length);
        const file = files.get(name);
        if (file !== undefined) files.set(moved, file);
        else folders.add(moved);
        files.delete(name);
        folders.delete(name);
      }
      changes++;
    },
    remove(path) {
      if (files.delete(path) || links.delete(path)) changes++;
    },
    removeEmptyFolder(path) {
      if (!folders.has(path) || list(path).length > 0) return false;
      folders.delete(path);
      changes++;
      return true;
    },
    async lock(path) {
      if (locked.has(path)) return undefined;
      locked.add(path);
      changes++;
      return { release: () => locked.delete(path) };
    },
  };
}
