/** tmux servers that our records name and that do not answer where we look: are they gone, or only out of reach? */
import type { Host } from '../host/host.ts';
import type { SilentServer, TmuxServer } from '../model/observation.ts';
import type { FleetState } from '../model/state.ts';

/** A server that is being ended is gone from its socket a moment before its process is. */
const ENDING_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * The servers of recorded runs of this boot, but for the one that answers, whose processes live and go on living.
 * @param answers the server on our socket; absent when none answers there
 */
export async function observeSilentServers(
  host: Host,
  state: FleetState,
  answers: TmuxServer | undefined,
): Promise<SilentServer[]> {
  let silent = living(host, recordedServers(state, host.facts.bootId), answers);
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

function recordedServers(state: FleetState, bootId: string): Recorded[] {
  const servers = new Map<string, Recorded>();
  for (const { run } of Object.values(state.agents)) {
    if (run?.bootId !== bootId) continue;
    const { server, serverStartTicks: ticks } = run;
    const key = `${server.startTime}.${server.pid}`;
    servers.set(key, { server, ticks: ticks ?? servers.get(key)?.ticks });
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
