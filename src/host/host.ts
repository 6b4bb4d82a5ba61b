/**
 * Everything that mosaic asks of or does to the machine goes through one `Host`, so that a test can count, fail, hang or
 * kill any single call. The real one is `realHost`; tests wrap it, or replace it with a stateful fake.
 */
export interface Host {
  exec: Exec;
  foreground: Foreground;
  /** Absent: this process cannot become another program. */
  replacement?: Replacement;
  files: Files;
  processes: Processes;
  clock: Clock;
  /** Absent: changes of files are only seen by looking. */
  watch?: Watch;
  /** Absent: there is nobody to ask. */
  ask?: Ask;
  /** Facts that do not change while a command runs. */
  facts: Facts;
}

/**
 * Calls back soon after any of the paths may have changed, come or gone, once for many changes in a row; a call may be for nothing,
 * and where the system does not watch, there is none. Keeps no process alive.
 * @param options.each call at once, and for each change: one that is undone in a moment is seen too, as far as we are quick enough
 */
export type Watch = (
  paths: readonly string[],
  changed: () => void,
  options?: { each?: true },
) => { close(): void };

/** A line that a person types at the terminal, without its end; undefined where there is no terminal, or no answer. */
export type Ask = (signal?: AbortSignal) => Promise<string | undefined>;

export interface Facts {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  cwd: string;
  /** The working directory was removed: `cwd` is `/` then, and a relative path has no meaning. */
  cwdGone?: true;
  uid: number;
  user: string;
  pid: number;
  hostname: string;
  /** /etc/machine-id, where there is one (machine-id(5)). */
  machineId?: string;
  /** /proc/sys/kernel/random/boot_id, or what stands for it elsewhere. */
  bootId: string;
  /** Epoch ms at which the machine started, by its clock of now; absent where nothing tells. */
  bootedAt?: number;
}

/** Runs a program with an argument list, never through a shell. Never throws for what the program does. */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

export interface ExecOptions {
  input?: string | Uint8Array;
  cwd?: string;
  /** Added to the host's environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  /** Milliseconds until it is killed; 15 s unless told. */
  timeoutMs?: number;
  /** Aborted: it is ended. Where one is given, all that it has started ends with it, also when its time is up. */
  signal?: AbortSignal;
  /** What it prints may hold a secret value: no log of ours shows it. */
  discreet?: true;
}

export interface ExecResult {
  /** Set when the program ran and ended by itself. */
  code?: number;
  stdout: string;
  stderr: string;
  /** Set when it did not run or did not end by itself. */
  failure?: 'missing' | 'timeout' | 'signal' | 'too-much-output' | 'not-started';
  /** The failure in words, with the command's name. */
  message?: string;
}

/**
 * Runs a program in this terminal, which is its own until it ends: it has our standard streams, our environment, and whatever
 * keys the person presses. SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 that reach us go on to it; SIGINT and SIGQUIT do nothing to us, since
 * a terminal gives them to the program itself. When it stops itself, we stop too, and it goes on when we do. One that comes before the program runs keeps it from running, and is its end then.
 * Variables whose names no shell takes are not passed on. Never throws for what the program does.
 */
export type Foreground = (
  file: string,
  args: readonly string[],
  options: ForegroundOptions,
) => Promise<ForegroundResult>;

export interface ForegroundOptions {
  cwd?: string;
  /** Added to our environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  /** Where its standard output goes: our own, unless told. */
  output?: 'stderr';
  /**
   * Told the pid that the program will have, before it runs: it runs only once this is done, also when we are killed meanwhile. What
   * it throws keeps the program from running, and is thrown.
   */
  onStart: (pid: number) => void | Promise<void>;
}

/** How it ended: by itself with a code, by a signal, or that it could not be started, in words. */
export type ForegroundResult = { code: number } | { signal: string } | { failure: string };

/**
 * How this process becomes a program, which has its pid, its terminal and its working folder then: a call of what is given does not
 * return. Undefined where Node cannot, or where it would not come out right: it is to run in the foreground then.
 */
export type Replacement = (file: string, args: readonly string[]) => (() => never) | undefined;

export interface Files {
  /**
   * The text of a regular file of up to 64 MiB, decoded as UTF-8; undefined when nothing is there. Throws HostError otherwise,
   * also for a pipe or a device.
   */
  read(path: string): string | undefined;
  /** As `read`, of a file of any length its first bytes, so many at most; a character that is cut is not what it was. */
  readStart(path: string, most: number): string | undefined;
  /**
   * As `read`, for a text that is changed and written back: decoding must lose nothing. A byte order mark stays in it. Throws
   * HostError with code EILSEQ where it is no valid UTF-8.
   */
  readExact(path: string): string | undefined;
  /**
   * As `read`, for a path that the user gave: it may also be a pipe (`/dev/stdin`, `<(…)`), read to its end. Rejects with
   * HostError (`code` ABORT_ERR) when the signal is aborted before that.
   */
  readInput(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Replaces the file in one step (a new file moved over it), so that no reader sees half of it. */
  write(path: string, text: string, options?: WriteOptions): void;
  /** Adds whole lines at the end, in one write. */
  append(path: string, text: string, options?: Pick<WriteOptions, 'mode' | 'durable'>): void;
  /** Makes a folder and its parents; 0700 unless told. */
  mkdir(path: string, mode?: number): void;
  /** Names in a folder, sorted; [] when it is not there. */
  list(path: string): string[];
  /** What is at a path, links not followed; undefined when nothing is. */
  stat(path: string): FileStat | undefined;
  /** As `stat`, links followed. */
  target(path: string): FileStat | undefined;
  /** The path with every link resolved; undefined when nothing is there. */
  realpath(path: string): string | undefined;
  /** What the symbolic link at a path names, as it stands there; undefined when there is none. */
  readLink(path: string): string | undefined;
  /** Makes a symbolic link, or replaces the one that is there in one step, and forces it to the disk. */
  writeLink(path: string, target: string): void;
  /** What is left for us on the file system that a path is on. Throws HostError where nothing is at the path. */
  room(path: string): Room;
  rename(from: string, to: string): void;
  /** Removes one file or link; nothing when it is not there. */
  remove(path: string): void;
  /** Removes an empty folder, also where killed writers left unfinished files of ours in it; false when it is not empty or not there. */
  removeEmptyFolder(path: string): boolean;
  /**
   * Takes an exclusive lock that the kernel frees when this process dies; undefined when another holds it, for longer than we
   * wait (not at all unless told), or until the signal is aborted.
   */
  lock(
    path: string,
    options?: { waitMs?: number; signal?: AbortSignal },
  ): Promise<{ release(): void } | undefined>;
}

export interface WriteOptions {
  /** 0600 unless told. */
  mode?: number;
  /** Force it to the disk before it replaces the old one: for what cannot be made again. */
  durable?: boolean;
  /**
   * What the file held when the new text was made of it: where it holds anything else at the last moment before it is replaced,
   * it stays, and HostError with code ESTALE is thrown. For files that others write too, without any lock.
   */
  over?: string;
  /** Only where nothing is, be it a link to nowhere: HostError with code EEXIST is thrown otherwise. A reader may see half of it. */
  fresh?: boolean;
}

/** Of a file system; no inodes where it counts none. */
export interface Room {
  freeBytes: number;
  freeInodes?: number;
}

export interface FileStat {
  kind: 'file' | 'folder' | 'link' | 'other';
  mode: number;
  uid: number;
  size: number;
  /** Milliseconds since the epoch, with a fraction where the file system counts finer. */
  modifiedAt: number;
  inode: number;
}

export interface Processes {
  /** Start time in clock ticks since boot (proc(5), stat field 22); undefined when no such process runs (or it is a zombie). */
  startTime(pid: number): number | undefined;
  /** The same by the machine's clock of now: epoch ms, exact to a second or so. */
  startedAt(pid: number): number | undefined;
  /** Epoch ms of the last output to the terminal that controls a process; undefined without one. */
  terminalActivity(pid: number): number | undefined;
  /** All processes of this user; what could not be read is left out. */
  list(): ProcessSeen[];
  /** The environment a process was started with; undefined when it cannot be read. */
  environment(pid: number): Record<string, string> | undefined;
  /** Where a process works; undefined when it cannot be read. */
  cwd(pid: number): string | undefined;
  /** Sends a signal to exactly this process (pid and start time); false when it is gone. */
  signal(pid: number, startTime: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGCHLD'): boolean;
  availableMemory(): number | undefined;
}

export interface ProcessSeen {
  pid: number;
  parent: number;
  startTime: number;
  /** Resident memory in bytes. */
  memory: number;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after that many milliseconds, or at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A failing call on the machine, in words for a person. */
export class HostError extends Error {
  override name = 'HostError';
  readonly code: string;
  readonly path: string | undefined;
  constructor(message: string, options: { code?: string; path?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'EUNKNOWN';
    this.path = options.path;
  }
}
