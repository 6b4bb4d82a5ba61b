/** tmux servers that our records name and that do not answer where we look: are they gone, or only out of reach? */
import type { Host } from '../host/host.ts';
import type { LockSeen, SilentServer, TmuxServer } from '../model/observation.ts';
import { serverOf, type FleetState } from '../model/state.ts';

/** A server that is being ended is gone from its socket a moment before its process is. */
const ENDING_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * The servers that runs of this boot were in, as records and live locks say, but for the one that answers: those whose
 * processes live and go on living.
 * @param answers the server on our socket; absent when none answers there
 */
export async function observeSilentServers(
  host: Host,
  state: FleetState,
  locks: ReadonlyMap<string, LockSeen>,
  answers: TmuxServer | undefined,
): Promise<SilentServer[]> {
  let silent = living(host, recordedServers(state, locks, host.facts.bootId), answers);
  for (let waited = 0; silent.length > 0 && waited < ENDING_MS; waited += LOOK_EVERY_MS) {
    await host.clock.sleep(LOOK_EVERY_MS);
    silent = living(host, silent, answers);
  }
  return silent.map(({ server, ticks }) => ({ server, certain: ticks !== undefined }));
}

interface Recorded {
  server: TmuxServer;
  ticks: number | undefined;
}

function recordedServers(
  state: FleetState,
  locks: ReadonlyMap<string, LockSeen>,
  bootId: string,
): Recorded[] {
  const servers = new Map<string, Recorded>();
  for (const { run } of Object.values(state.agents)) {
    if (run?.bootId !== bootId) continue;
    const { server, serverStartTicks: ticks } = run;
    const key = `${server.startTime}.${server.pid}`;
    servers.set(key, { server, ticks: ticks ?? servers.get(key)?.ticks });
  }
  // With the state lost, a lock still names the run, and so its server.
  for (const seen of locks.values()) {
    const server = seen.kind === 'live' ? serverOf(seen.lock.sessionId) : undefined;
    if (server === undefined) continue;
    const key = `${server.startTime}.${server.pid}`;
    if (!servers.has(key)) servers.set(key, { server, ticks: undefined });
  }
  return [...servers.values()];
}

const living = (
  { processes }: Host,
  servers: readonly Recorded[],
  answers: TmuxServer | undefined,
): Recorded[] =>
  servers.filter(({ server: { pid }, ticks }) => {
    // The process of that pid is the server that answers: the recorded one is gone.
    if (pid === answers?.pid) return false;
    const started = processes.startTime(pid);
    return started !== undefined && (ticks === undefined || ticks === started);
  });
