/** Processes of the fake machine: they live until something ends them. */
import type { Processes } from '../../src/host/host.ts';

export interface FakeProcess {
  pid: number;
  startTime: number;
  /** Epoch ms. */
  startedAt: number;
  parent: number;
  env: Record<string, string>;
  cwd: string;
  /** The control group that it lives in. */
  scope?: string;
  /** When it ends by itself, and how. */
  ends?: { at: number; status: number };
  /** Told once, when it has ended. */
  ended(how: { status?: number; signal?: number }): void;
}

export interface ProcessTable {
  host: Processes;
  all(): FakeProcess[];
  start(process: Omit<FakeProcess, 'pid' | 'startTime' | 'startedAt'>): FakeProcess;
  end(pid: number, how: { status?: number; signal?: number }): void;
  /** Ends what ends by itself until then. */
  passed(now: number): void;
  /** Another boot: nothing is left, pids begin anew. */
  clear(): void;
}

const SIGNALS = { SIGTERM: 15, SIGKILL: 9 };

export function processTable(clock: () => number): ProcessTable {
  const running = new Map<number, FakeProcess>();
  let nextPid = 100;
  let ticks = 1;
  const end: ProcessTable['end'] = (pid, how) => {
    const process = running.get(pid);
    if (process === undefined) return;
    running.delete(pid);
    process.ended(how);
  };
  return {
    all: () => [...running.values()],
    start(given) {
      const process = { ...given, pid: nextPid++, startTime: ticks++, startedAt: clock() };
      running.set(process.pid, process);
      return process;
    },
    end,
    passed(now) {
      for (const { pid, ends } of running.values()) {
        if (ends !== undefined && ends.at <= now) end(pid, { status: ends.status });
      }
    },
    clear() {
      running.clear();
      nextPid = 100;
      ticks = 1;
    },
    host: {
      startTime: (pid) => running.get(pid)?.startTime,
      startedAt: (pid) => running.get(pid)?.startedAt,
      terminalActivity: () => undefined,
      list: () =>
        [...running.values()].map(({ pid, parent, startTime }) => ({ pid, parent, startTime, memory: 0 })),
      environment: (pid) => running.get(pid)?.env,
      cwd: (pid) => running.get(pid)?.cwd,
      signal(pid, startTime, signal) {
        if (running.get(pid)?.startTime !== startTime) return false;
        if (signal !== 'SIGCHLD') end(pid, { signal: SIGNALS[signal] });
        return true;
      },
      availableMemory: () => undefined,
    },
  };
}
