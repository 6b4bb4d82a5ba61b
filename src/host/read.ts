/** Reading files, and only what is one: a pipe or a device could keep the whole process waiting, deaf to Ctrl-C. */
import { isUtf8 } from 'node:buffer';
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import { asHostError, absentAsUndefined, codeOf } from './failures.ts';
import { HostError } from './host.ts';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = fs.constants;

const MAX_BYTES = 64 * 1024 * 1024;

/** `Files.read`. */
export const readFile = (path: string): string | undefined => readBytes(path)?.toString('utf8');

/** `Files.readStart`. */
export const readStart = (path: string, most: number): string | undefined =>
  opened(path, (fd) => {
    requireRegular(path, fs.fstatSync(fd));
    const bytes = Buffer.alloc(most);
    let length = 0;
    for (let count = -1; count !== 0 && length < most; length += count)
      count = fs.readSync(fd, bytes, length, most - length, null);
    return bytes.toString('utf8', 0, length);
  });

/** `Files.readExact`. */
export function readExact(path: string): string | undefined {
  const bytes = readBytes(path);
  if (bytes === undefined || isUtf8(bytes)) return bytes?.toString('utf8');
  throw new HostError(`cannot read ${path}: it is no valid UTF-8 text`, { code: 'EILSEQ', path });
}

const readBytes = (path: string): Buffer | undefined =>
  opened(path, (fd) => readRegular(fd, path, fs.fstatSync(fd)));

const opened = <T>(path: string, task: (fd: number) => T): T | undefined =>
  absentAsUndefined('read', path, () => {
    const fd = open(path);
    try {
      return task(fd);
    } finally {
      fs.closeSync(fd);
    }
  });

/** `Files.readInput`. */
export async function readInput(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const fd = absentAsUndefined('read', path, () => openInput(path));
  if (fd === undefined) return undefined;
  let pipe: Socket;
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFIFO() && !stat.isSocket()) {
      const bytes = readRegular(fd, path, stat);
      fs.closeSync(fd);
      return bytes.toString('utf8');
    }
    pipe = new Socket({ fd, readable: true, writable: false, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    fs.closeSync(fd);
    throw asHostError('read', path, error);
  }
  return readPipe(pipe, path);
}

/** Standard input may be a socket, which has no path to open it by. */
function openInput(path: string): number {
  try {
    return open(path);
  } catch (error) {
    if (path === '/dev/stdin' && codeOf(error) === 'ENXIO' && fs.fstatSync(0).isSocket()) return 0;
    throw error;
  }
}

/** Without waiting: opened so, a pipe that nobody writes to, or a modem, answers at once. */
const open = (path: string): number => fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

function readRegular(fd: number, path: string, stat: fs.Stats): Buffer {
  requireRegular(path, stat);
  if (stat.size > MAX_BYTES) throw tooLarge(path);
  return fs.readFileSync(fd);
}

function requireRegular(path: string, stat: fs.Stats): void {
  if (stat.isDirectory())
    throw new HostError(`cannot read ${path}: it is a folder`, { code: 'EISDIR', path });
  if (!stat.isFile()) {
    throw new HostError(`cannot read ${path}: it is no regular file`, { code: 'EINVAL', path });
  }
}

async function readPipe(pipe: Socket, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw tooLarge(path);
      chunks.push(chunk);
    }
  } catch (error) {
    throw asHostError('read', path, error);
  } finally {
    pipe.destroy();
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooLarge = (path: string): HostError =>
  new HostError(`cannot read ${path}: it is larger than 64 MiB`, { code: 'EFBIG', path });
