import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { realExec } from './exec.ts';
import { realFiles } from './files.ts';
import type { Clock, Facts, Host } from './host.ts';
import { realProcesses } from './processes.ts';

const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};

function readLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function realFacts(): Facts {
  const { uid, username, homedir } = userInfo();
  const env = { ...process.env };
  // cron and plain ssh commands come without it, though the user manager runs.
  if (env['XDG_RUNTIME_DIR'] === undefined && existsSync(`/run/user/${uid}`)) {
    env['XDG_RUNTIME_DIR'] = `/run/user/${uid}`;
  }
  const machineId = readLine('/etc/machine-id');
  return {
    env,
    home: env['HOME'] ?? homedir,
    cwd: process.cwd(),
    uid,
    user: username,
    pid: process.pid,
    hostname: hostname(),
    ...(machineId === undefined || machineId === '' ? {} : { machineId }),
    bootId: readLine('/proc/sys/kernel/random/boot_id') ?? 'unknown',
  };
}

/** The machine that this process runs on. */
export function realHost(): Host {
  const facts = realFacts();
  return {
    exec: realExec(facts),
    files: realFiles,
    processes: realProcesses,
    clock: realClock,
    facts,
  };
}
