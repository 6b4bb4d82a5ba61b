/** Which formulas this host knows of. */
import { suggest } from '../../base/suggest.ts';
import { quoted } from '../../base/text.ts';
import type { Files, Host } from '../../host/host.ts';
import type { Fleet, ScheduledFormula } from '../../model/fleet.ts';
import { placesOf, type Places } from '../../model/places.ts';
import { parseInstalled } from '../../record/installed.ts';
import type { FormulaOrigin } from '../../report/formula-list.ts';
import { CommandError, EXIT } from '../command-error.ts';

export interface KnownFormula {
  name: string;
  origin: FormulaOrigin;
  /** As its schedule says; of one that only has run, its record knows. */
  file?: string;
  everyMs?: number;
}

/**
 * Those of the fleet file in its order, those that are installed on this host, and by name those that only have run. Where the fleet file
 * has one of a name too, that one counts. Throws HostError.
 */
export function knownFormulas(host: Host, fleet: Fleet): KnownFormula[] {
  const places = placesOf(fleet.name, host.facts);
  const scheduled = new Map<string, KnownFormula>();
  const add = (origin: FormulaOrigin, { name, file, everyMs }: ScheduledFormula): void => {
    if (!scheduled.has(name)) scheduled.set(name, { name, origin, file, everyMs });
  };
  for (const formula of fleet.formulas) add('fleet', formula);
  for (const formula of installedOn(host.files, places).formulas) add('installed', formula);
  const ran = ranHere(host.files, places).filter((name) => !scheduled.has(name));
  return [...scheduled.values(), ...ran.map((name): KnownFormula => ({ name, origin: 'runs' }))];
}

/** This host's own list; none where it is damaged. */
export function installedOn(
  files: Files,
  { installedFormulas: path }: Pick<Places, 'installedFormulas'>,
): { formulas: ScheduledFormula[]; damaged?: string } {
  const text = files.read(path);
  try {
    return { formulas: text === undefined ? [] : parseInstalled(text) };
  } catch (error) {
    return { formulas: [], damaged: `${path} is damaged: ${(error as Error).message}` };
  }
}

/** Names of those that have run on this host. */
export const ranHere = (files: Files, { formulas }: Pick<Places, 'formulas'>): string[] =>
  files.list(formulas).filter((name) => isName(name) && files.stat(`${formulas}/${name}`)?.kind === 'folder');

/** A name goes into paths: whatever else stands there is no formula's. */
const isName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(name);

/** Throws CommandError where nobody knows of it. */
export function requireKnown(host: Host, fleet: Fleet, name: string): KnownFormula {
  const known = knownFormulas(host, fleet);
  const found = known.find((one) => one.name === name);
  if (found !== undefined) return found;
  const near = suggest(
    name,
    known.map((one) => one.name),
  );
  throw new CommandError(`there is no formula ${quoted(name)} in the fleet ${fleet.name}`, EXIT.usage, {
    fix:
      near !== undefined
        ? `Did you mean ${near}?`
        : known.length === 0
          ? 'None is scheduled here, and none has run.'
          : 'See them all: mosaic formula list',
  });
}
