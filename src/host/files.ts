import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { absentAsUndefined, asHostError, attempt, codeOf } from './failures.ts';
import { HostError, type Files, type FileStat, type WriteOptions } from './host.ts';
import { acquireLock } from './lock.ts';
import { realProcesses } from './processes.ts';
import { readExact, readFile, readInput, readStart } from './read.ts';
import { clearUnfinished, unfinishedName } from './unfinished.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = fs.constants;

/** The real file system. Synchronous: a reconcile reads many small files, and that is several times faster so. */
export const realFiles: Files = {
  read: readFile,
  readStart,
  readExact,
  readInput,

  write(path, text, options = {}) {
    if (options.fresh === true) return attempt('write', path, () => writeFresh(path, text, options));
    const folder = dirname(path);
    const fresh = join(folder, unfinishedName());
    attempt('write', path, () => {
      clearOnce(folder);
      try {
        const fd = fs.openSync(fresh, 'wx', options.mode ?? 0o600);
        try {
          fs.writeFileSync(fd, text);
          if (options.durable === true) fs.fsyncSync(fd);
        } finally {
          fs.closeSync(fd);
        }
        if (options.over !== undefined && readExact(path) !== options.over) throw changedMeanwhile(path);
        fs.renameSync(fresh, path);
      } catch (error) {
        fs.rmSync(fresh, { force: true });
        throw error;
      }
      if (options.durable === true) syncFolder(folder);
    });
  },

  append(path, text, options = {}) {
    attempt('append to', path, () => {
      // Through no link: what stands elsewhere is not ours to add to.
      const fd = fs.openSync(path, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW, options.mode ?? 0o600);
      try {
        // A line that an earlier writer was stopped in is ended first, so that it costs no other.
        const { size } = fs.fstatSync(fd);
        const last = Buffer.alloc(1);
        const torn = size > 0 && fs.readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10;
        appendWhole(fd, Buffer.from((torn ? '\n' : '') + text), size);
        if (options.durable === true) fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  },

  mkdir(path, mode = 0o700) {
    attempt('make the folder', path, () => fs.mkdirSync(path, { recursive: true, mode }));
  },

  list: (path) => absentAsUndefined('list', path, () => fs.readdirSync(path).sort()) ?? [],

  stat: (path) => absentAsUndefined('look at', path, () => fileStat(fs.lstatSync(path))),
  target: (path) => absentAsUndefined('look at', path, () => fileStat(fs.statSync(path))),
  realpath: (path) => absentAsUndefined('resolve', path, () => fs.realpathSync(path)),

  readLink: (path) =>
    absentAsUndefined('look at', path, () =>
      fs.lstatSync(path).isSymbolicLink() ? fs.readlinkSync(path) : undefined,
    ),

  writeLink(path, target) {
    const folder = dirname(path);
    const fresh = join(folder, unfinishedName());
    attempt('write', path, () => {
      clearOnce(folder);
      try {
        fs.symlinkSync(target, fresh);
        fs.renameSync(fresh, path);
      } catch (error) {
        fs.rmSync(fresh, { force: true });
        throw error;
      }
      syncFolder(folder);
    });
  },

  room(path) {
    try {
      const { bavail, bsize, ffree, files } = fs.statfsSync(path);
      return { freeBytes: bavail * bsize, ...(files === 0 ? {} : { freeInodes: ffree }) };
    } catch (error) {
      throw asHostError('look at the file system of', path, error);
    }
  },

  rename(from, to) {
    attempt('move to', to, () => fs.renameSync(from, to));
  },

  remove(path) {
    absentAsUndefined('remove', path, () => fs.unlinkSync(path));
  },

  removeEmptyFolder(path) {
    if (removeFolder(path)) return true;
    // What a killed writer left keeps no folder.
    if (realFiles.stat(path)?.kind !== 'folder') return false;
    clearUnfinished({ files: realFiles, processes: realProcesses }, path);
    return removeFolder(path);
  },

  lock: acquireLock,
};

/** A disk that is full takes a part, and says so only at the next call: then all of it is taken back. */
function appendWhole(fd: number, bytes: Buffer, oldSize: number): void {
  let written = 0;
  try {
    while (written < bytes.length) written += fs.writeSync(fd, bytes, written);
  } catch (error) {
    // But not what another process has added meanwhile.
    if (written > 0 && fs.fstatSync(fd).size === oldSize + written) fs.ftruncateSync(fd, oldSize);
    throw error;
  }
}

function removeFolder(path: string): boolean {
  try {
    fs.rmdirSync(path);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error))) return false;
    throw asHostError('remove', path, error);
  }
}

const cleared = new Set<string>();

/** Removes the new files that writers left beside the old ones when they were killed; looks once into each folder. */
function clearOnce(folder: string): void {
  if (cleared.has(folder)) return;
  cleared.add(folder);
  try {
    clearUnfinished({ files: realFiles, processes: realProcesses }, folder);
  } catch {
    // They are in nobody's way: what cannot be written fails by itself.
  }
}

/** Not by a new file moved into place: only here the system itself sees to it that nothing is there. */
function writeFresh(path: string, text: string, { mode = 0o600, durable = false }: WriteOptions): void {
  const fd = fs.openSync(path, 'wx', mode);
  try {
    fs.writeFileSync(fd, text);
    if (durable) fs.fsyncSync(fd);
  } catch (error) {
    fs.rmSync(path, { force: true });
    throw error;
  } finally {
    fs.closeSync(fd);
  }
  if (durable) syncFolder(dirname(path));
}

const changedMeanwhile = (path: string): HostError =>
  new HostError(`${path} was changed by another program meanwhile`, { code: 'ESTALE', path });

function syncFolder(path: string): void {
  const fd = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function fileStat(stat: fs.Stats): FileStat {
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? 'link'
        : 'other';
  const { uid, size, mtimeMs, ino } = stat;
  return { kind, mode: stat.mode & 0o7777, uid, size, modifiedAt: mtimeMs, inode: ino };
}
