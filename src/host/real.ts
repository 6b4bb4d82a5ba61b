import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { ask } from './ask.ts';
import { replacement } from './become.ts';
import { realExec } from './exec.ts';
import { realFiles } from './files.ts';
import { foreground } from './foreground.ts';
import { HostError, type Clock, type Facts, type Host } from './host.ts';
import { bootedAt, realProcesses } from './processes.ts';
import { watch } from './watch.ts';

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

/** Who we are. In a container the uid may have no entry in the user database, and userInfo() throws. */
function user(): { uid: number; name: string; home: string | undefined } {
  try {
    const { uid, username, homedir } = userInfo();
    return { uid, name: username, home: homedir };
  } catch {
    const uid = process.getuid?.() ?? 0;
    return { uid, name: String(uid), home: undefined };
  }
}

function homeOf(env: NodeJS.ProcessEnv, { name, home }: ReturnType<typeof user>): string {
  const wish = env['HOME'];
  if (wish?.startsWith('/') === true) return wish;
  if (home !== undefined) return home;
  throw new HostError(`nothing says where the home folder of user ${name} is: set HOME`, { code: 'EHOME' });
}

/** The working directory, unless it was removed while we stand in it. */
function workingDirectory(): Pick<Facts, 'cwd' | 'cwdGone'> {
  try {
    return { cwd: process.cwd() };
  } catch {
    return { cwd: '/', cwdGone: true };
  }
}

function realFacts(): Facts {
  const self = user();
  const env = { ...process.env };
  // cron and plain ssh commands come without it, though the user manager runs.
  if (env['XDG_RUNTIME_DIR'] === undefined && existsSync(`/run/user/${self.uid}`)) {
    env['XDG_RUNTIME_DIR'] = `/run/user/${self.uid}`;
  }
  const booted = bootedAt();
  const machineId = readLine('/etc/machine-id');
  return {
    env,
    home: homeOf(env, self),
    ...workingDirectory(),
    uid: self.uid,
    user: self.name,
    pid: process.pid,
    hostname: hostname(),
    ...(machineId === undefined || machineId === '' ? {} : { machineId }),
    bootId: readLine('/proc/sys/kernel/random/boot_id') ?? 'unknown',
    ...(booted === undefined ? {} : { bootedAt: booted }),
  };
}

/** The machine that this process runs on. Throws HostError where nothing says where the user's home folder is. */
export function realHost(): Host {
  const facts = realFacts();
  return {
    exec: realExec(facts),
    foreground: foreground(facts),
    replacement: replacement(facts),
    files: realFiles,
    processes: realProcesses,
    clock: realClock,
    watch,
    ask,
    facts,
  };
}
