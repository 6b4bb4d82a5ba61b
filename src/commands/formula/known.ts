/** Which formulas this host knows of. */
import { suggest } from '../../base/suggest.ts';
import { quoted } from '../../base/text.ts';
import type { Files, Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { placesOf, type Places } from '../../model/places.ts';
import type { FormulaOrigin } from '../../report/formula-list.ts';
import { CommandError, EXIT } from '../command-error.ts';

export interface KnownFormula {
  name: string;
  origin: FormulaOrigin;
  /** As its schedule says; of one that only has run, its record knows. */
  file?: string;
  everyMs?: number;
}

/** Those that are scheduled in their order, then, by name, those that have run. Throws HostError. */
export function knownFormulas(host: Host, fleet: Fleet): KnownFormula[] {
  return foldersOf(host.files, placesOf(fleet.name, host.facts)).map((name) => ({ name, origin: 'runs' }));
}

const foldersOf = (files: Files, { formulas }: Places): string[] =>
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
