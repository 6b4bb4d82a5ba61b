import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { HostError } from './host.ts';

/**
 * Takes an exclusive lock on a file, and leaves our pid in it for the message of whoever comes second. The lock belongs to
 * the open file description, which flock(1) shares with us for the moment it runs: it is gone when this process is,
 * however that dies (flock(2)). Node has no call of its own for it.
 * Who waits stands in the kernel's queue.
 */
export async function acquireLock(
  path: string,
  { waitMs = 0, signal }: { waitMs?: number; signal?: AbortSignal } = {},
): Promise<{ release(): void } | undefined> {
  const until = Date.now() + waitMs;
  for (;;) {
    const fd = openLockFile(path);
    try {
      const left = Math.max(0, until - Date.now());
      if (!(await flock(fd, Math.min(left, SLICE_MS), signal))) {
        fs.closeSync(fd);
        if (left <= SLICE_MS || signal?.aborted === true) return undefined;
        continue;
      }
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
    // Somebody may have removed the file between our open and our lock: then what we hold is no one's lock.
    const there = fs.statSync(path, { throwIfNoEntry: false });
    if (there?.ino === fs.fstatSync(fd).ino) {
      notePid(fd);
      return { release: () => fs.closeSync(fd) };
    }
    fs.closeSync(fd);
  }
}

/** For a message only: a full disk keeps nobody from the lock. */
function notePid(fd: number): void {
  try {
    fs.ftruncateSync(fd);
    fs.writeSync(fd, `${process.pid}\n`, 0);
  } catch {
    // Who comes second is not told whose turn it is.
  }
}

function openLockFile(path: string): number {
  try {
    return fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new HostError(`cannot open the lock ${path}: ${message}`, {
      code: code ?? 'EUNKNOWN',
      path,
      cause: error,
    });
  }
}

/** Killed, we leave flock(1) behind: it waits no longer than this. */
const SLICE_MS = 30_000;

/** True when the lock was taken, false when another holds it, or the signal is aborted. */
function flock(fd: number, waitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const patience = waitMs === 0 ? ['--nonblock'] : ['--timeout', (waitMs / 1000).toFixed(3)];
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return resolve(false);
    const child = spawn('flock', [...patience, '--conflict-exit-code', '75', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
      // In a session of its own: what a terminal sends, Ctrl-C or the hangup of its window, is not for it.
      detached: true,
    });
    const stop = (): void => void child.kill();
    signal?.addEventListener('abort', stop);
    child.on('error', (error) =>
      reject(
        new HostError('flock(1) could not be run: it keeps two mosaics apart; install util-linux', {
          code: 'EFLOCK',
          cause: error,
        }),
      ),
    );
    child.on('exit', (code, killedBy) => {
      signal?.removeEventListener('abort', stop);
      if (code === 0) resolve(true);
      else if (code === 75 || signal?.aborted === true) resolve(false);
      else reject(new HostError(`flock(1) failed with ${code ?? killedBy}`, { code: 'EFLOCK' }));
    });
  });
}
