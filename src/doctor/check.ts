/** One thing that `mosaic doctor` looks at: facts are gathered from the host, and judged by what depends on them alone. */
import type { Host } from '../host/host.ts';
import type { OwnProgram } from '../host/own-program.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Observation, UnitsSeen } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import type { Source } from '../model/source.ts';
import { shellLine } from '../base/shell.ts';

/** `unknown`: could not be told, and never counts as ok. */
export type Health = 'ok' | 'warning' | 'broken' | 'not-applicable' | 'unknown';

export interface Finding {
  health: Health;
  /** One sentence, without its full stop. */
  message: string;
  /** What to do about it, in words. */
  advice?: string;
  /** A line for a POSIX shell that mends it. */
  command?: string;
}

/** The machine, as every check is given it. */
export interface Machine {
  host: Host;
  own: OwnProgram;
  /** This version of mosaic needs as much of node, as its package.json says (`>=20.19`). */
  nodeNeeded: string;
  /** Asked once for all checks. */
  units: Promise<Source<UnitsSeen>>;
  /** Aborted when the check's time is up. */
  signal: AbortSignal;
}

/** The same with a fleet. */
export interface Patient extends Machine {
  fleet: Fleet;
  /** Where its file is. */
  file: string;
  places: Places;
  /** One look at the host for all checks. */
  observed: Promise<Observation>;
  /** What each of other hosts answers, by name: why not, or undefined where it does. Absent: they are not to be asked. */
  reach?: () => Promise<Map<string, Finding | undefined>>;
}

export interface Check<On extends Machine = Machine> {
  /** For programs and people: words and hyphens. */
  id: string;
  /** Throws what the host throws. */
  run(on: On): Promise<readonly Finding[]>;
}

/**
 * @param gather asks the host; it alone may
 * @param judge every trouble that the facts tell of, or one finding that says that all is well
 */
export const check = <On extends Machine, Facts>(
  id: string,
  gather: (on: On) => Facts | Promise<Facts>,
  judge: (facts: Facts) => readonly Finding[],
): Check<On> => ({ id, run: async (on) => judge(await gather(on)) });

export const ok = (message: string): Finding[] => [{ health: 'ok', message }];
export const notApplicable = (message: string): Finding[] => [{ health: 'not-applicable', message }];
export const unknownFinding = (message: string, advice?: string): Finding[] => [
  { health: 'unknown', message, ...(advice === undefined ? {} : { advice }) },
];

/** A command line of mosaic for this fleet, wherever it is run. */
export const mosaicLine = (file: string, ...words: string[]): string =>
  shellLine(['mosaic', ...words, '--file', file]);

/** What only root may do, for whoever is not. */
export const asRoot = (uid: number, line: string): string => (uid === 0 ? line : `sudo ${line}`);
