import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { Processes, ProcessSeen } from './host.ts';

/** Processes as /proc shows them (proc(5)). */
export const realProcesses: Processes = {
  startTime: (pid) => readStat(pid)?.startTime,

  startedAt(pid) {
    const ticks = readStat(pid)?.startTime;
    const booted = ticks === undefined ? undefined : bootedAt();
    return ticks === undefined || booted === undefined ? undefined : booted + ticks * TICK_MS;
  },

  terminalActivity(pid) {
    const terminal = terminalOf(pid);
    if (terminal === undefined) return undefined;
    // Output changes it, what is typed does not; the kernel notes it to 8 s, so that it tells no one how fast somebody types.
    return statSync(terminal, { throwIfNoEntry: false })?.mtimeMs;
  },

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

/** USER_HZ is 100 wherever Linux runs today, whatever the kernel counts in. */
const TICK_MS = 10;

/** When the machine was started; epoch ms. */
export function bootedAt(): number | undefined {
  const seconds = /^btime (\d+)$/m.exec(readOrNothing('/proc/stat') ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Where a process's controlling pseudoterminal is (proc(5), stat field 7: major and minor number in one). */
function terminalOf(pid: number): string | undefined {
  const device = Number(statFields(pid)?.(7) ?? 0);
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  return major === PSEUDOTERMINAL ? `/dev/pts/${minor}` : undefined;
}

const PSEUDOTERMINAL = 136;

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

/** Fields of /proc/PID/stat by their number, from the third on. */
function statFields(pid: number): ((number: number) => string) | undefined {
  const text = readOrNothing(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // Field 2 is the program's name in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (number) => fields[number - 3] ?? '';
}

function readStat(pid: number): ProcessSeen | undefined {
  const field = statFields(pid);
  if (field === undefined) return undefined;
  if (field(3) === 'Z' || field(3) === 'X') return undefined;
  return {
    pid,
    parent: Number(field(4)),
    startTime: Number(field(22)),
    memory: Number(field(24)) * (page ??= pageSize()),
  };
}
