/** Runs that were refused before they began, so that a timer's do not fail unseen. */
import { HostError, type Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { formulaPlaces, type RunRecord } from '../../model/formula.ts';
import { placesOf } from '../../model/places.ts';
import { appendHistory, readHistory } from '../../runs/record.ts';
import { newId } from '../../runs/run.ts';
import { EXIT, type CommandError } from '../command-error.ts';
import type { EventLog } from '../event-log.ts';
import { knownFormulas } from './known.ts';
import { ranHere } from './running.ts';
import { logRun } from './run-events.ts';

export interface Refused {
  name: string;
  /** The formula's file. */
  file: string;
}

/**
 * Writes a refusal to the event log, and to the formula's history as a run that was not started. Nothing is thrown where that cannot be
 * done: the refusal itself is told all the same.
 */
export async function noteRefusal(
  host: Host,
  fleet: Fleet,
  log: EventLog,
  { name, file }: Refused,
  error: CommandError,
): Promise<void> {
  if (error.exitCode === EXIT.interrupted) return;
  const { clock, facts, files } = host;
  const own = formulaPlaces(placesOf(fleet.name, facts), name);
  const now = clock.now();
  const run: RunRecord = {
    id: newId(now, () => false),
    formula: name,
    file,
    pid: facts.pid,
    bootId: facts.bootId,
    startedAt: now,
    begun: false,
    retries: 0,
    phases: [],
    folder: own.folder,
    endedAt: now,
    reason: 'not-started',
    detail: error.fix === undefined ? error.message : `${error.message}. ${error.fix}`,
    exitCode: error.exitCode,
  };
  try {
    files.mkdir(own.folder);
    const lock = await files.lock(own.lock);
    if (lock !== undefined) {
      try {
        const taken = new Set([...readHistory(files, own).runs.map(({ id }) => id), ...files.list(own.runs)]);
        run.id = newId(now, (one) => taken.has(one));
        appendHistory(files, own, run);
      } finally {
        lock.release();
      }
    }
  } catch (trouble) {
    if (!(trouble instanceof HostError)) throw trouble;
  }
  logRun(log, { name }, { type: 'end', run });
}

/** Whose file this is, where it says so no more itself: by its runs, else by its schedule. */
export function nameOfFile(host: Host, fleet: Fleet, file: string): string | undefined {
  const places = placesOf(fleet.name, host.facts);
  try {
    const ran = ranHere(host.files, places).find(
      (name) => readHistory(host.files, formulaPlaces(places, name)).runs.at(-1)?.file === file,
    );
    return ran ?? knownFormulas(host, fleet).find((one) => one.file === file)?.name;
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}
