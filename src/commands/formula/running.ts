/** The runs of formulas that last, for reports on the fleet. */
import type { Files, Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { formulaPlaces, type RunRecord } from '../../model/formula.ts';
import { placesOf, type Places } from '../../model/places.ts';
import { runningLine } from '../../report/formula-list.ts';
import { runningRun } from '../../runs/record.ts';

/** A line, or nothing. Throws HostError. */
export const runningText = (host: Host, fleet: Fleet): string =>
  runningLine(runningHere(host, fleet), host.clock.now());

/** Names of those that have run on this host. Throws HostError. */
export const ranHere = (files: Files, { formulas }: Pick<Places, 'formulas'>): string[] =>
  files.list(formulas).filter((name) => isName(name) && files.stat(`${formulas}/${name}`)?.kind === 'folder');

/** A name goes into paths: whatever else stands there is no formula's. */
const isName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(name);

/** Throws HostError. */
function runningHere(host: Host, fleet: Fleet): RunRecord[] {
  const places = placesOf(fleet.name, host.facts);
  return ranHere(host.files, places).flatMap((name) => runningRun(host, formulaPlaces(places, name)) ?? []);
}
