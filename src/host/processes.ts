import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Processes, ProcessSeen } from './host.ts';

/** Processes as /proc shows them (proc(5)). */
export const realProcesses: Processes = {
  startTime: (pid) => readStat(pid)?.startTime,

  list() {
    const uid = process.getuid?.();
    return pids()
      .filter((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid)
      .flatMap((pid) => readStat(pid) ?? []);
  },

  environment(pid) {
    const text = readOrNothing(`/proc/${pid}/environ`);
    if (text === undefined) return undefined;
    const pairs = text.split('\0').filter((pair) => pair.includes('='));
    return Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  },

  cwd(pid) {
    try {
      return readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      return undefined;
    }
  },

  signal(pid, startTime, signal) {
    if (readStat(pid)?.startTime !== startTime) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  },

  availableMemory() {
    const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readOrNothing('/proc/meminfo') ?? '');
    return line?.[1] === undefined ? undefined : Number(line[1]) * 1024;
  },
};

const pids = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The page size, from the auxiliary vector that the kernel gave us (getauxval(3), AT_PAGESZ = 6). */
function pageSize(): number {
  const auxv = readFileSync('/proc/self/auxv');
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    if (auxv.readBigUInt64LE(at) === 6n) return Number(auxv.readBigUInt64LE(at + 8));
  }
  return 4096;
}

let page: number | undefined;

function readStat(pid: number): ProcessSeen | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // Field 2 is the program's name in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): string => fields[number - 3] ?? '';
  if (field(3) === 'Z' || field(3) === 'X') return undefined;
  return {
    pid,
    parent: Number(field(4)),
    startTime: Number(field(22)),
    memory: Number(field(24)) * (page ??= pageSize()),
  };
}
