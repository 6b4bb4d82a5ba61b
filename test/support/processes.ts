import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One line of /proc (proc(5)); zombies are left out, since nobody can end them twice. */
export interface ProcessSeen {
  pid: number;
  parent: number;
  /** Clock ticks since boot: together with the pid it names one process for good. */
  startTime: string;
}

/** Every process this user may see. What ends while it is being read is left out. */
export function listProcesses(): ProcessSeen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** Pids of the direct children of a process. */
export function childrenOf(parent: number): number[] {
  return listProcesses().flatMap((seen) => (seen.parent === parent ? [seen.pid] : []));
}

/**
 * Processes that belong to a world: their environment or command line names its folder, or they work inside it. This also
 * finds what left its session, its terminal or its parent.
 */
export function processesOf(folder: string): ProcessSeen[] {
  return listProcesses().filter(({ pid }) => pid !== process.pid && belongsTo(pid, folder));
}

/** Kills exactly the processes that belong to the folder, and says whether there were any. Synchronous, for exit handlers. */
export function killProcessesOf(folder: string): boolean {
  const found = processesOf(folder);
  for (const { pid, startTime } of found) {
    if (readProcess(pid)?.startTime === startTime) kill(pid);
  }
  return found.length > 0;
}

/** SIGKILL; a process that is gone already is as good as killed. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process that is not a zombie has this pid. */
export const isAlive = (pid: number): boolean => readProcess(pid) !== undefined;

function readProcess(pid: number): ProcessSeen | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The name is in parentheses and may itself contain some: the fields begin after the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields ?? [];
  const startTime = fields?.[19];
  if (state === undefined || startTime === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, parent: Number(parent), startTime };
}

function belongsTo(pid: number, folder: string): boolean {
  const names = (file: string) =>
    attempt(() => readFileSync(`/proc/${pid}/${file}`, 'latin1'))?.includes(folder) ?? false;
  return (
    names('environ') ||
    names('cmdline') ||
    (attempt(() => readlinkSync(`/proc/${pid}/cwd`))?.startsWith(folder) ?? false)
  );
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
