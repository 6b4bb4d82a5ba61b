/** Ends the runs of a fleet's formulas, as Ctrl-C does: who runs them ends their sessions, and sees to what is in their worktrees. */
import type { Host } from '../../host/host.ts';
import { formulaPlaces } from '../../model/formula.ts';
import type { Places } from '../../model/places.ts';
import { runningRun } from '../../runs/record.ts';

/** As long as the unit of a timer's run has for it (units/mosaic-formula.service). */
const PATIENCE_MS = 120_000;
const LOOK_MS = 100;

/**
 * Also of those that were begun by hand. One that does not end in time is left to what follows.
 * @returns whether there were any
 */
export async function endRuns(host: Host, places: Places): Promise<boolean> {
  const live = (): number[] =>
    host.files
      .list(places.formulas)
      .flatMap((name) => runningRun(host, formulaPlaces(places, name))?.pid ?? []);
  const until = host.clock.now() + PATIENCE_MS;
  const told = new Set<number>();
  for (let pids = live(); pids.length > 0 && host.clock.now() < until; pids = live()) {
    for (const pid of pids.filter((one) => !told.has(one))) {
      const startTime = host.processes.startTime(pid);
      if (startTime !== undefined) host.processes.signal(pid, startTime, 'SIGTERM');
      told.add(pid);
    }
    await host.clock.sleep(LOOK_MS);
  }
  return told.size > 0;
}
