/** Formulas in few words: what stands of their units, and of their files. */
import { join } from 'node:path';
import type { Fleet, ScheduledFormula } from '../../src/model/fleet.ts';
import type { FileSeen, FormulasSeen } from '../../src/model/observation.ts';
import { known, unknown } from '../../src/model/source.ts';
import { stickyPath } from '../../src/render/artefacts.ts';
import { formulaUnitNames, formulaUnits } from '../../src/render/formula-units.ts';
import { placesFor, settingFor } from './setting.ts';

/**
 * - up: its timer runs, and comes back after a reboot
 * - new: nothing stands of it
 * - changed: its timer is as the fleet file said before; `service` for its service
 * - inactive, disabled: its timer does not run; would not come back
 * - foreign: a file that is not ours has the name of its timer
 * - no file: the formula itself is not there
 */
export type FormulaWords =
  'up' | 'new' | 'changed' | 'service' | 'inactive' | 'disabled' | 'foreign' | 'no file';

export interface SeenFormulas {
  /** By name; those of the fleet file run by the clock as it says, unless told. */
  formulas?: Record<string, FormulaWords>;
  /** The host's own list. */
  installed?: 'unknown' | ScheduledFormula[];
  crontab?: string;
}

const EVERY_MS = 3_600_000;

/** Those of the file and of the host's list, then those that only something stands of. */
function all(fleet: Fleet, { installed = [], formulas = {} }: SeenFormulas): ScheduledFormula[] {
  const listed = installed === 'unknown' ? [] : installed;
  const wanted = [...fleet.formulas, ...listed];
  const gone = Object.keys(formulas).filter((name) => wanted.every((one) => one.name !== name));
  return [...wanted, ...gone.map((name) => ({ name, file: `/src/${name}.toml`, everyMs: EVERY_MS }))];
}

const wordsOf = ({ formulas }: SeenFormulas, name: string): FormulaWords => formulas?.[name] ?? 'up';

const timerOf = (fleet: Fleet, name: string): string =>
  formulaUnitNames(fleet.systemd.unitPrefix, name).timer;

export const formulasSeen = (fleet: Fleet, seen: SeenFormulas): FormulasSeen => ({
  installed:
    seen.installed === 'unknown' ? unknown('formulas.json cannot be used') : known(seen.installed ?? []),
  ...(seen.crontab === undefined ? {} : { crontab: seen.crontab }),
  files: new Map(
    all(fleet, seen).map(({ name, file }) => [file, wordsOf(seen, name) === 'no file' ? 'absent' : 'file']),
  ),
  enabled: new Set(
    all(fleet, seen).flatMap(({ name }) =>
      ['new', 'disabled', 'foreign'].includes(wordsOf(seen, name)) ? [] : [timerOf(fleet, name)],
    ),
  ),
});

/** The units that are active. */
export const formulaUnitsSeen = (fleet: Fleet, seen: SeenFormulas): string[] =>
  all(fleet, seen).flatMap(({ name }) =>
    ['new', 'inactive', 'foreign'].includes(wordsOf(seen, name)) ? [] : [timerOf(fleet, name)],
  );

export function formulaFiles(fleet: Fleet, seen: SeenFormulas): [path: string, file: FileSeen][] {
  const { formulas, path } = settingFor(fleet);
  const { units } = placesFor(fleet);
  return all(fleet, seen).flatMap((wish): [string, FileSeen][] => {
    const words = wordsOf(seen, wish.name);
    const names = formulaUnitNames(fleet.systemd.unitPrefix, wish.name);
    const at = (name: string): string => join(units, name);
    if (words === 'new') return [];
    if (words === 'foreign')
      return [[at(names.timer), { kind: 'foreign', why: 'it was not made by mosaic' }]];
    const context = {
      ...formulas,
      fleet: fleet.name,
      prefix: fleet.systemd.unitPrefix,
      file: fleet.file,
      path: stickyPath(undefined, path),
    };
    const texts = formulaUnits(
      {
        ...wish,
        everyMs: words === 'changed' ? 60_000 : wish.everyMs,
        file: words === 'service' ? '/src/was.toml' : wish.file,
      },
      context,
    );
    return [
      [at(names.service), { kind: 'ours', text: texts.service }],
      [at(names.timer), { kind: 'ours', text: texts.timer }],
    ];
  });
}
