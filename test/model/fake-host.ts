/** A machine in memory behind the `Host` interface, with handles for everything that happens to machines. */
import { dirname } from 'node:path';
import type { ExecResult, Host } from '../../src/host/host.ts';
import { memoryFiles, type MemoryFiles } from './fake-files.ts';
import { processTable, type ProcessTable } from './fake-processes.ts';
import { fakeSystemd, type FakeSystemd } from './fake-systemd.ts';
import { fakeTmux, type FakeTmux } from './fake-tmux.ts';

export const HOME = '/home/u';

export interface Machine {
  /** As one run of mosaic gets it. */
  host(): Host;
  files: MemoryFiles;
  processes: ProcessTable;
  tmux: FakeTmux;
  /** Absent: no user manager runs. */
  systemd: FakeSystemd | undefined;
  now(): number;
  advance(ms: number): void;
  /** Every program that was run, with its arguments, in order. */
  calls: string[][];
  reboot(): void;
}

const START = Date.UTC(2026, 0, 2, 12);
/** What running any program costs. */
const EXEC_MS = 5;

export function createMachine(options: { systemd: boolean }): Machine {
  let now = START;
  let boots = 1;
  let bootedAt = START - 86_400_000;
  const files = memoryFiles();
  const processes = processTable(() => now);
  const calls: string[][] = [];
  const read = (path: string): string | undefined => files.read(path);
  const tmux = fakeTmux({
    processes,
    read,
    now: () => now,
    mayScope: (name) => options.systemd && !processes.all().some(({ scope }) => scope === name),
  });
  const systemd = options.systemd
    ? fakeSystemd({
        units: `${HOME}/.config/systemd/user`,
        processes,
        read,
        link: (path, target) => {
          files.mkdir(dirname(path));
          files.writeLink(path, target);
        },
        run: ([file = '', ...args]) => run(file, args, ''),
      })
    : undefined;

  function run(file: string, args: readonly string[], input: string): ExecResult {
    if (file.endsWith('tmux')) return tmux.exec(args, input);
    if (file.endsWith('systemctl') && systemd !== undefined) return systemd.exec(args);
    return { stdout: '', stderr: '', failure: 'missing', message: `${file} is not installed` };
  }

  const advance = (ms: number): void => {
    now += ms;
    processes.passed(now);
  };

  files.mkdir('/src');
  files.mkdir(HOME);
  return {
    files,
    processes,
    tmux,
    systemd,
    calls,
    now: () => now,
    advance,
    reboot() {
      boots += 1;
      bootedAt = now;
      tmux.kill();
      systemd?.reset();
      processes.clear();
      advance(60_000);
    },
    host: () => ({
      files,
      processes: processes.host,
      clock: {
        now: () => now,
        sleep: async (ms) => advance(ms),
      },
      exec: async (file, args, { input = '' } = {}) => {
        calls.push([file, ...args]);
        advance(EXEC_MS);
        return run(file, args, input.toString());
      },
      foreground: async (file) => ({ failure: `${file} is not installed` }),
      facts: {
        env: { HOME, PATH: '/usr/bin:/bin' },
        home: HOME,
        cwd: HOME,
        uid: 1000,
        user: 'u',
        pid: 99,
        hostname: 'here',
        bootId: `boot-${boots}`,
        bootedAt,
      },
    }),
  };
}
