/** What is there for formulas that a timer runs. Reads only. */
import { join } from 'node:path';
import type { Files, Host } from '../host/host.ts';
import type { Fleet, ScheduledFormula } from '../model/fleet.ts';
import type { FormulasSeen, UnitsSeen } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { parseInstalled } from '../record/installed.ts';
import { observeCrontab } from './crontab.ts';

/** @param units tells whether a manager could have timers */
export async function observeFormulas(
  host: Host,
  { formulas }: Pick<Fleet, 'formulas'>,
  places: Places,
  units: Source<UnitsSeen>,
): Promise<FormulasSeen> {
  const { files } = host;
  const installed = readInstalled(files, places);
  const all = [...formulas, ...(installed.known ? installed.value : [])];
  const byCron = all.length > 0 && units.known && units.value.manager === 'absent';
  const cron = byCron ? await observeCrontab(host) : undefined;
  const crontab = cron?.known === true ? cron.value.text : undefined;
  return {
    installed,
    ...(crontab === undefined ? {} : { crontab }),
    files: new Map(all.map(({ file }) => [file, seeFile(files, file)])),
    enabled: new Set(
      files.list(join(places.units, 'timers.target.wants')).filter((name) => name.includes('-formula-')),
    ),
  };
}

/** The host's own list; unknown where it cannot be read. */
export function readInstalled(
  files: Files,
  { installedFormulas }: Pick<Places, 'installedFormulas'>,
): Source<ScheduledFormula[]> {
  try {
    const text = files.read(installedFormulas);
    return known(text === undefined ? [] : parseInstalled(text));
  } catch (error) {
    return unknown(
      `${installedFormulas} cannot be used: ${(error as Error).message}`,
      'Move it away, and install its formulas again: mosaic formula install.',
    );
  }
}

function seeFile(files: Files, path: string): 'file' | 'absent' | 'not-a-file' | 'unreadable' {
  try {
    const stat = files.target(path);
    if (stat === undefined) return 'absent';
    return stat.kind === 'file' ? 'file' : 'not-a-file';
  } catch {
    return 'unreadable';
  }
}
