import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { childrenOf, isAlive, kill } from './processes.ts';
import { until } from './until.ts';

/** Something that the tests need and this machine does not have. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** A user manager (systemd --user) of one world, alone in its mount and pid namespaces and its own control groups. */
export interface UserManager {
  /** What goes before a command line to run it beside the manager, in that folder. */
  enter: (cwd: string) => readonly string[];
  /** Ends it in good order with everything it has started, starts it again, and resolves when it has reached its default target. */
  restart: () => Promise<void>;
  /** Ends it with everything in its namespace, and waits until its processes and control groups are gone. */
  stop(): Promise<void>;
  /** As `stop`, for exit handlers: blocks, for two seconds at most. */
  stopNow(): void;
}

const programs = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'];

/**
 * The hierarchies in which systemd makes control groups, on a unified machine or a legacy one. The manager gets a group of
 * its own in each: it derives its units' groups from it, and would otherwise share `app.slice` with its neighbours.
 */
const hierarchies = ['', 'unified', 'systemd', 'memory', 'pids', 'cpu', 'cpu,cpuacct', 'cpuacct', 'blkio'];

/**
 * Runs as the namespace's init, so it must also reap orphans: bash does that even while it reads. Its standard input is a
 * pipe from the test: whatever way the test ends, the read ends with it, and the kernel takes the whole namespace away.
 */
const init = `
for folder in ${hierarchies.map((name) => `'/sys/fs/cgroup/${name}'`).join(' ')}; do
  [ -w "$folder/cgroup.procs" ] && mkdir "$folder/$GROUP" && echo 0 >"$folder/$GROUP/cgroup.procs"
done
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 1
[ -z "$NAME" ] || hostname "$NAME" || exit 1
again=$AGAIN
unset GROUP NAME AGAIN
trap 'exit 1' TERM
{
  while "$0" --user --log-target=console --default-standard-output=inherit </dev/null; [ -e "$again" ]; do
    # What a stopped unit leaves behind ends with the machine too: all but this shell and the namespace's init.
    kill -KILL -1
    # As logind does with the folder: old sockets would be taken for the new manager's.
    rm -rf "$XDG_RUNTIME_DIR"/*
    rm "$again"
  done
  kill -TERM $$
} &
read -r _
`;

/**
 * Starts a manager that sees exactly `env`, and resolves when it answers and has reached its default target.
 *
 * @param scratch the world's folder; its name becomes that of the control groups
 * @param log takes everything that the manager and its units print
 * @param hostname what the machine is called in there; else as it is
 * @throws {Unavailable} where namespaces or systemd are not to be had
 */
export async function startManager(
  scratch: string,
  env: Record<string, string>,
  log: string,
  hostname?: string,
): Promise<UserManager> {
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) throw new Unavailable('systemd is not installed');
  const isRoot = process.getuid?.() === 0;
  const named = hostname === undefined ? [] : ['--uts'];
  const userNamespace = isRoot ? [] : ['--user', '--map-root-user'];
  const group = basename(scratch);
  const again = join(scratch, 'manager.again');
  const output = openSync(log, 'a', 0o600);
  const anchor = spawn(
    'unshare',
    [
      ...userNamespace,
      ...named,
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'bash',
      '-c',
      init,
      program,
    ],
    {
      cwd: scratch,
      env: { ...env, GROUP: group, AGAIN: again, NAME: hostname ?? '' },
      stdio: ['pipe', output, output],
    },
  );
  closeSync(output);
  const failed = new Promise<never>((_, reject) => {
    anchor.once('error', (error) => reject(new Unavailable(`unshare: ${error.message}`)));
    anchor.once('exit', () => reject(new Unavailable('it ended at once (it needs root)')));
  });
  failed.catch(() => {});
  const end = () => {
    if (anchor.pid !== undefined) kill(anchor.pid);
    anchor.stdin?.destroy();
  };
  try {
    const init = await Promise.race([untilAnswering(env, anchor), failed]);
    const sameUser = isRoot ? [] : ['--user', '--preserve-credentials'];
    const inside = ['nsenter', ...sameUser, ...named, '--mount', '--pid', '--target', String(init), '--'];
    // Another mount namespace begins in its root folder, wherever nsenter was started.
    const enter = (cwd: string) => [...inside, 'env', `--chdir=${cwd}`];
    await untilBooted([...enter(scratch), 'systemctl', '--user', 'is-system-running', '--wait'], env);
    return {
      enter,
      restart: async () => {
        writeFileSync(again, '');
        const [file, ...args] = [...enter(scratch), 'systemctl', '--user', 'exit'];
        spawn(file, args, { env, stdio: 'ignore' });
        await until('the manager has ended', () => !existsSync(again), 60_000);
        await untilAnswering(env, anchor);
        await untilBooted([...enter(scratch), 'systemctl', '--user', 'is-system-running', '--wait'], env);
      },
      async stop() {
        end();
        await until('the user manager is gone', () => !isAlive(init));
        await until('its control groups are gone', () => removeGroups(group));
      },
      stopNow() {
        end();
        const pause = new Int32Array(new SharedArrayBuffer(4));
        for (let tries = 0; tries < 200 && !removeGroups(group); tries += 1) Atomics.wait(pause, 0, 0, 10);
      },
    };
  } catch (error) {
    end();
    await until('its control groups are gone', () => removeGroups(group));
    const why = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`no user manager can be started here: ${why}\n${readFileSync(log, 'utf8')}`);
  }
}

/** Resolves with the pid of the namespace's init once the manager's private socket is there, or its failure is certain. */
async function untilAnswering(env: Record<string, string>, anchor: ChildProcess): Promise<number> {
  const socket = join(env['XDG_RUNTIME_DIR'] ?? '', 'systemd/private');
  const isOver = () => anchor.exitCode !== null || anchor.signalCode !== null;
  await until('the user manager listens', () => existsSync(socket) || isOver(), 20_000);
  return until('its init is seen', () => childrenOf(anchor.pid ?? -1)[0] ?? isOver(), 10_000).then(Number);
}

async function untilBooted(command: readonly string[], env: Record<string, string>): Promise<void> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let answer = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  }
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (!/^(running|degraded)$/m.test(answer)) throw new Error(`is-system-running says: ${answer.trim()}`);
}

/** Removes what is left of the manager's control groups; false while the kernel still holds one. */
function removeGroups(name: string): boolean {
  return hierarchies.every((hierarchy) => removeGroup(join('/sys/fs/cgroup', hierarchy, name)));
}

function removeGroup(folder: string): boolean {
  if (!existsSync(folder)) return true;
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!children.every((entry) => removeGroup(join(folder, entry.name)))) return false;
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
