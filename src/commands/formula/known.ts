/** Which formulas this host knows of. */
import { shellWord } from '../../base/shell.ts';
import { suggest } from '../../base/suggest.ts';
import { quoted } from '../../base/text.ts';
import { loadFormula } from '../../formula/load.ts';
import type { Files, Host } from '../../host/host.ts';
import type { Fleet, ScheduledFormula } from '../../model/fleet.ts';
import { placesOf, type Places } from '../../model/places.ts';
import { parseInstalled } from '../../record/installed.ts';
import type { FormulaOrigin } from '../../report/formula-list.ts';
import { CommandError, EXIT } from '../command-error.ts';
import { ranHere } from './running.ts';

export interface KnownFormula {
  /** Its own, as its file says, which its runs are recorded under; where the file says none, that of its schedule. */
  name: string;
  origin: FormulaOrigin;
  /** As its schedule says; of one that only has run, its record knows. */
  file?: string;
  everyMs?: number;
  /** What its timer is named for. */
  schedule?: string;
  /** Why its file cannot be run. */
  trouble?: string;
}

/**
 * Those of the fleet file in its order, those that are installed on this host, and by name those that only have run. Where the fleet file
 * has one of a name too, that one counts. Throws HostError.
 */
export function knownFormulas(host: Host, fleet: Fleet): KnownFormula[] {
  const places = placesOf(fleet.name, host.facts);
  const scheduled = new Map<string, KnownFormula>();
  const add = (origin: FormulaOrigin, { name, file, everyMs }: ScheduledFormula): void => {
    if (!scheduled.has(name))
      scheduled.set(name, { name, origin, file, everyMs, schedule: name, ...ownName(host, file) });
  };
  for (const formula of fleet.formulas) add('fleet', formula);
  for (const formula of installedOn(host.files, places).formulas) add('installed', formula);
  const names = new Set([...scheduled.values()].map(({ name }) => name));
  const ran = ranHere(host.files, places).filter((name) => !names.has(name));
  return [...scheduled.values(), ...ran.map((name): KnownFormula => ({ name, origin: 'runs' }))];
}

/** A schedule may have a name of its own. */
function ownName({ files, facts }: Host, file: string): Pick<KnownFormula, 'trouble'> & { name?: string } {
  let text: string | undefined;
  try {
    text = files.read(file);
  } catch (error) {
    return { trouble: (error as Error).message };
  }
  if (text === undefined) return { trouble: `${file} is not there` };
  const loaded = loadFormula({ text, file, home: facts.home });
  return loaded.ok
    ? { name: loaded.value.name }
    : { trouble: `its file is not valid: mosaic formula check ${shellWord(file)}` };
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

/** By its own name, or that of its schedule. Throws CommandError where nobody knows of it. */
export function requireKnown(host: Host, fleet: Fleet, name: string): KnownFormula {
  const known = knownFormulas(host, fleet);
  const found = known.find((one) => one.name === name) ?? known.find((one) => one.schedule === name);
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
