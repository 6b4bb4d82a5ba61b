/** When the next round of `apply --watch` is due: at an interval, and as soon as something happens. */
import type { FileStat, Host } from '../host/host.ts';

export interface Alarm {
  /** The file whose changes from now on ring: to be told before it is read. Another one than before replaces it. */
  watchFile(path: string): void;
  /** The flag that rings when it is raised. */
  watchFlag(path: string): void;
  /** Takes the flag down, and takes the file for seen as it is: what rings from now on is for the next round. */
  lower(): void;
  ring(): void;
  /**
   * Resolves when it rings, when `ms` have passed, or when it is `at` (epoch ms), whatever comes first: at once where that moment
   * has passed already; also soon after a machine wakes that slept over it.
   */
  wait(ms: number, at?: number): Promise<void>;
  close(): void;
}

/**
 * Timers stand still while a machine sleeps, and its clock goes on: a long wait is looked up from as often. That costs nothing
 * that could be measured beside a round.
 */
const SLICE_MS = 5_000;

export function createAlarm(
  host: Pick<Host, 'clock' | 'files'> & Partial<Pick<Host, 'watch'>>,
  signal: AbortSignal,
): Alarm {
  let file: string | undefined;
  let flag: string | undefined;
  /** It cannot be taken down: it says nothing then. */
  let stuck = false;
  let known: string | undefined;
  let watched: { key: string; close(): void } | undefined;
  let rung = new AbortController();

  const ring = (): void => rung.abort();
  const stamp = (): string | undefined => (file === undefined ? undefined : stampOf(host, file));
  /** Whether it was for something: the folders have other files too. */
  const changed = (): void => {
    if ((!stuck && raised(host, flag)) || stamp() !== known) ring();
  };
  const watch = (): void => {
    const paths = [file, flag].filter((path) => path !== undefined);
    const key = paths.join('\0');
    if (watched?.key === key) return;
    watched?.close();
    const watching = host.watch?.(paths, changed);
    watched = { key, close: () => watching?.close() };
  };

  return {
    ring,
    watchFile(path) {
      file = path;
      known = stamp();
      watch();
    },
    watchFlag(path) {
      flag = path;
      watch();
    },
    lower() {
      rung = new AbortController();
      // Also where nobody gets to read it, since it is gone.
      known = stamp();
      if (flag === undefined) return;
      try {
        host.files.remove(flag);
        stuck = false;
      } catch {
        stuck = true;
      }
    },
    async wait(ms, at) {
      changed();
      const began = host.clock.now();
      const due = Math.min(began + ms, at ?? Number.POSITIVE_INFINITY);
      let left = due - began;
      while (left > 0 && host.clock.now() < due && !signal.aborted && !rung.signal.aborted) {
        const slice = Math.min(left, SLICE_MS);
        await host.clock.sleep(slice, AbortSignal.any([signal, rung.signal]));
        // A clock that was set back must not make it wait longer.
        left -= slice;
        // Also where the system does not watch.
        changed();
      }
      rung = new AbortController();
    },
    close: () => watched?.close(),
  };
}

function raised({ files }: Pick<Host, 'files'>, flag: string | undefined): boolean {
  try {
    return flag !== undefined && files.stat(flag) !== undefined;
  } catch {
    return false;
  }
}

/** Changes when the file does; `gone` for one that is not there. */
function stampOf({ files }: Pick<Host, 'files'>, path: string): string {
  let stat: FileStat | undefined;
  try {
    stat = files.target(path);
  } catch (error) {
    return (error as Error).message;
  }
  return stat === undefined ? 'gone' : `${stat.modifiedAt} ${stat.size} ${stat.mode}`;
}
