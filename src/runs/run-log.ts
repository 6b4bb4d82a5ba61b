/** The record of the run in hand: what is changed in it is written down at once. */
import { HostError, type Files } from '../host/host.ts';
import type { FormulaPlaces, PhaseNote, RunRecord } from '../model/formula.ts';
import type { Report } from './progress.ts';
import { writeCurrent } from './record.ts';

export interface RunLog {
  readonly record: RunRecord;
  /** Never throws for what the disk does: a run that cannot be written down any more is brought to its end all the same. */
  change(change: (record: RunRecord) => void): void;
  note(note: PhaseNote): void;
}

/** An agent that writes phases in a loop fills no disk. */
const MAX_NOTES = 500;

export function runLog(
  files: Files,
  places: Pick<FormulaPlaces, 'current'>,
  record: RunRecord,
  report: Report,
): RunLog {
  let said: string | undefined;
  const change: RunLog['change'] = (how) => {
    how(record);
    try {
      writeCurrent(files, places, record);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.message !== said) report({ type: 'trouble', message: error.message });
      said = error.message;
    }
  };
  return {
    record,
    change,
    note: (note) =>
      change(({ phases }) => {
        phases.push(note);
        if (phases.length > MAX_NOTES) phases.splice(0, phases.length - MAX_NOTES);
      }),
  };
}
