/** Processes that a session's programs left behind, found by the environment that tmux gave them. */
import type { Host } from '../host/host.ts';

const PATIENCE_MS = 5_000;
const POLL_MS = 25;

interface Remaining {
  pid: number;
  startTime: number;
}

/**
 * Ends every process that was started within one of these runs and still lives: first asked (SIGTERM), then made to. tmux
 * puts `TMUX=socket,server pid,session number` into the environment of all that it starts, and a child keeps it, also when
 * it has left the session with setsid(2).
 */
export async function endRemains(host: Host, runs: readonly string[]): Promise<void> {
  const ends = new Set(runs.flatMap((run) => tmuxVariableEnd(run) ?? []));
  if (ends.size === 0) return;
  // A program that was hung up on may be ending just now: it gets a moment before anybody asks.
  if (await allGone(host, () => find(host, ends), 250)) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const { pid, startTime } of find(host, ends)) host.processes.signal(pid, startTime, signal);
    if (await allGone(host, () => find(host, ends), PATIENCE_MS)) return;
  }
}

/** `START.PID.SESSION` to `,PID,SESSION`. */
function tmuxVariableEnd(run: string): string | undefined {
  const [, pid, session] = run.split('.');
  return pid === undefined || session === undefined ? undefined : `,${pid},${session}`;
}

function find(host: Host, ends: ReadonlySet<string>): Remaining[] {
  return host.processes.list().filter(({ pid }) => {
    if (pid === host.facts.pid) return false;
    const environment = host.processes.environment(pid);
    const value = environment?.['TMUX'];
    if (value === undefined || environment?.['MOSAIC_FLEET'] === undefined) return false;
    return ends.has(value.slice(value.lastIndexOf(',', value.lastIndexOf(',') - 1)));
  });
}

async function allGone(host: Host, look: () => Remaining[], patienceMs: number): Promise<boolean> {
  const until = host.clock.now() + patienceMs;
  for (;;) {
    if (look().length === 0) return true;
    if (host.clock.now() >= until) return false;
    await host.clock.sleep(POLL_MS);
  }
}
