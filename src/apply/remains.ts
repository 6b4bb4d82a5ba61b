/** Processes that a session's programs left behind, found by the environment that tmux gave them. */
import type { Host } from '../host/host.ts';

const PATIENCE_MS = 5_000;
const ROUND_MS = 250;
const POLL_MS = 25;

interface Remaining {
  /** Key of the run that it was started in. */
  run: string;
  pid: number;
  startTime: number;
}

/**
 * Ends every process that was started within one of these runs and still lives: first asked (SIGTERM), then made to. tmux
 * puts `TMUX=socket,server pid,session number` into the environment of all that it starts, and a child keeps it, also when
 * it has left the session with setsid(2).
 * @returns what could not be ended: a pid, by run
 */
export async function endRemains(host: Host, runs: readonly string[]): Promise<Map<string, number>> {
  const ends = new Map(runs.flatMap((run) => tmuxVariableEnd(run).map((end) => [end, run] as const)));
  if (ends.size === 0) return new Map();
  // A program that was hung up on may be ending just now: it gets a moment before anybody asks.
  await allGone(host, find(host, ends), 250);
  let left = find(host, ends);
  signalAll(host, left, 'SIGTERM');
  await allGone(host, left, PATIENCE_MS);
  left = find(host, ends);
  // One that forks while it is looked for leaves a child that only the next round finds.
  for (const until = host.clock.now() + PATIENCE_MS; left.length > 0 && host.clock.now() < until;) {
    signalAll(host, left, 'SIGKILL');
    await allGone(host, left, ROUND_MS);
    left = find(host, ends);
  }
  return new Map(left.map(({ run, pid }) => [run, pid]));
}

function signalAll(host: Host, processes: readonly Remaining[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const { pid, startTime } of processes) host.processes.signal(pid, startTime, signal);
}

/** `START.PID.SESSION` to `,PID,SESSION`; nothing for what names no run. */
function tmuxVariableEnd(run: string): string[] {
  const [, pid, session] = run.split('.');
  return pid === undefined || session === undefined ? [] : [`,${pid},${session}`];
}

function find(host: Host, ends: ReadonlyMap<string, string>): Remaining[] {
  return host.processes.list().flatMap(({ pid, startTime }) => {
    if (pid === host.facts.pid) return [];
    const environment = host.processes.environment(pid);
    const value = environment?.['TMUX'];
    if (value === undefined || environment?.['MOSAIC_FLEET'] === undefined) return [];
    const run = ends.get(value.slice(value.lastIndexOf(',', value.lastIndexOf(',') - 1)));
    return run === undefined ? [] : [{ run, pid, startTime }];
  });
}

async function allGone(host: Host, processes: readonly Remaining[], patienceMs: number): Promise<void> {
  const until = host.clock.now() + patienceMs;
  const lives = ({ pid, startTime }: Remaining): boolean => host.processes.startTime(pid) === startTime;
  let left = processes.filter(lives);
  while (left.length > 0 && host.clock.now() < until) {
    await host.clock.sleep(POLL_MS);
    left = left.filter(lives);
  }
}
