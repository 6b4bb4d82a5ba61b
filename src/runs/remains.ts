/** Processes that a session's programs left behind, found by the environment that tmux gave them. */
import type { Host } from '../host/host.ts';

const PATIENCE_MS = 5_000;
const ROUND_MS = 250;
const POLL_MS = 25;

interface Remaining<K> {
  /** Whose it is. */
  of: K;
  pid: number;
  startTime: number;
}

/** Whose a process is by the environment that it was started with; undefined: nobody's. */
export type Belongs<K> = (environment: Readonly<Record<string, string>>) => K | undefined;

/**
 * Ends every process that was started within one of these runs and still lives. tmux puts `TMUX=socket,server pid,session number` into
 * the environment of all that it starts, and a child keeps it, also when it has left the session with setsid(2).
 * @returns what could not be ended: a pid, by run
 */
export async function endRemains(host: Host, runs: readonly string[]): Promise<Map<string, number>> {
  const ends = new Map(runs.flatMap((run) => tmuxVariableEnd(run).map((end) => [end, run] as const)));
  if (ends.size === 0) return new Map();
  return endProcesses(host, ({ TMUX: value, MOSAIC_FLEET: fleet }) =>
    value === undefined || fleet === undefined
      ? undefined
      : ends.get(value.slice(value.lastIndexOf(',', value.lastIndexOf(',') - 1))),
  );
}

/**
 * Ends all processes of this user that belong to somebody, but for ourselves: first asked (SIGTERM), then made to.
 * @returns what could not be ended: a pid, by whose it is
 */
export async function endProcesses<K>(host: Host, belongs: Belongs<K>): Promise<Map<K, number>> {
  // A program that was hung up on may be ending just now: it gets a moment before anybody asks.
  await allGone(host, find(host, belongs), 250);
  let left = find(host, belongs);
  signalAll(host, left, 'SIGTERM');
  await allGone(host, left, PATIENCE_MS);
  left = find(host, belongs);
  // One that forks while it is looked for leaves a child that only the next round finds.
  for (const until = host.clock.now() + PATIENCE_MS; left.length > 0 && host.clock.now() < until;) {
    signalAll(host, left, 'SIGKILL');
    await allGone(host, left, ROUND_MS);
    left = find(host, belongs);
  }
  return new Map(left.map(({ of, pid }) => [of, pid]));
}

function signalAll(
  host: Host,
  processes: readonly Remaining<unknown>[],
  signal: 'SIGTERM' | 'SIGKILL',
): void {
  for (const { pid, startTime } of processes) host.processes.signal(pid, startTime, signal);
}

/** `START.PID.SESSION` to `,PID,SESSION`; nothing for what names no run. */
function tmuxVariableEnd(run: string): string[] {
  const [, pid, session] = run.split('.');
  return pid === undefined || session === undefined ? [] : [`,${pid},${session}`];
}

function find<K>(host: Host, belongs: Belongs<K>): Remaining<K>[] {
  return host.processes.list().flatMap(({ pid, startTime }) => {
    if (pid === host.facts.pid) return [];
    const environment = host.processes.environment(pid);
    const of = environment === undefined ? undefined : belongs(environment);
    return of === undefined ? [] : [{ of, pid, startTime }];
  });
}

async function allGone(
  host: Host,
  processes: readonly Remaining<unknown>[],
  patienceMs: number,
): Promise<void> {
  const until = host.clock.now() + patienceMs;
  const lives = ({ pid, startTime }: Remaining<unknown>): boolean =>
    host.processes.startTime(pid) === startTime;
  let left = processes.filter(lives);
  while (left.length > 0 && host.clock.now() < until) {
    await host.clock.sleep(POLL_MS);
    left = left.filter(lives);
  }
}
