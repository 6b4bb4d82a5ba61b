/** What is kept of a formula's runs: `current.json` while one lasts, `history.jsonl` of those that have ended. */
import { HostError, type Files, type Host } from '../host/host.ts';
import type { FormulaPlaces, RunRecord } from '../model/formula.ts';
import { formatRun, parseRun } from '../record/formula.ts';

/** A record is about 1 KiB: years of runs. */
const MAX_HISTORY_BYTES = 4 * 1024 * 1024;
const KEPT_AT_LEAST = 1_000;

export type Current = { run?: RunRecord } | { damaged: string };

/** The run that lasts, or whose mosaic died. Throws HostError where the file cannot be read. */
export function readCurrent(files: Files, { current }: Pick<FormulaPlaces, 'current'>): Current {
  const text = files.read(current);
  if (text === undefined) return {};
  try {
    return { run: parseRun(text) };
  } catch (error) {
    return { damaged: `${current} is damaged: ${(error as Error).message}` };
  }
}

/** Throws HostError. */
export function writeCurrent(
  files: Files,
  { current }: Pick<FormulaPlaces, 'current'>,
  run: RunRecord,
): void {
  files.write(current, `${formatRun(run)}\n`, { durable: true });
}

export interface History {
  /** Oldest first. */
  runs: RunRecord[];
  /** Lines that are no record, such as one that a full disk has cut: they are passed over. */
  damaged: number;
}

/** Throws HostError where the file cannot be read. */
export function readHistory(files: Files, { history }: Pick<FormulaPlaces, 'history'>): History {
  const lines = (files.read(history) ?? '').split('\n').filter((line) => line.trim() !== '');
  const runs = lines.flatMap((line) => {
    try {
      return [parseRun(line)];
    } catch {
      return [];
    }
  });
  return { runs, damaged: lines.length - runs.length };
}

/**
 * One that cannot be read would keep every run from being written down: it is moved aside. Gives a sentence where it was. Throws
 * HostError where that fails too.
 */
export function clearHistory(files: Files, places: Pick<FormulaPlaces, 'history'>): string | undefined {
  let why = '';
  for (let tries = 0; tries < 2; tries++) {
    try {
      readHistory(files, places);
      return undefined;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      why = error.message;
    }
  }
  const aside = freeName(files, `${places.history}.damaged`);
  files.rename(places.history, aside);
  return `${why}; it is ${aside} now`;
}

function freeName(files: Files, path: string): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? path : `${path}-${count}`;
    if (files.stat(name) === undefined) return name;
  }
}

/** Adds a run that has ended, unless it is there already. Throws HostError. */
export function appendHistory(files: Files, places: Pick<FormulaPlaces, 'history'>, run: RunRecord): void {
  const { history } = places;
  const { runs } = readHistory(files, places);
  if (runs.some(({ id }) => id === run.id)) return;
  files.append(history, `${formatRun(run)}\n`, { durable: true });
  if ((files.stat(history)?.size ?? 0) <= MAX_HISTORY_BYTES) return;
  const kept = [...runs, run].slice(-KEPT_AT_LEAST);
  files.write(history, kept.map((one) => `${formatRun(one)}\n`).join(''), { durable: true });
}

/**
 * The run that lasts at this moment: its mosaic lives. Asks no lock, since who looks must not keep a run from beginning.
 * Throws HostError.
 */
export function runningRun(
  { files, processes, facts }: Pick<Host, 'files' | 'processes' | 'facts'>,
  places: Pick<FormulaPlaces, 'current'>,
): RunRecord | undefined {
  const current = readCurrent(files, places);
  const run = 'run' in current ? current.run : undefined;
  if (run === undefined || run.bootId !== facts.bootId) return undefined;
  const startTime = processes.startTime(run.pid);
  return startTime !== undefined && startTime === run.pidStartTime ? run : undefined;
}

export const isRunning = (
  host: Pick<Host, 'files' | 'processes' | 'facts'>,
  places: Pick<FormulaPlaces, 'current'>,
): boolean => runningRun(host, places) !== undefined;
