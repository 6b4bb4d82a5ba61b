/** The runs of formulas that last, for reports on the fleet. */
import type { Files, Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { formulaPlaces, type RunRecord } from '../../model/formula.ts';
import { placesOf, type Places } from '../../model/places.ts';
import { orphanLine } from '../../report/formula-left.ts';
import { runningLine } from '../../report/formula-list.ts';
import { readCurrent, readHistory, runningRun } from '../../runs/record.ts';

/** A line on those that last, one for each that a dead mosaic left; or nothing. Throws HostError. */
export function runningText(host: Host, fleet: Fleet): string {
  const now = host.clock.now();
  const left = leftHere(host, fleet).map((run) => orphanLine(run, now));
  return `${runningLine(runningHere(host, fleet), now)}${left.join('')}`;
}

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

/** Runs that nobody sees to any more: each agent may still be at work. Throws HostError. */
export function leftHere(host: Host, fleet: Fleet): RunRecord[] {
  const places = placesOf(fleet.name, host.facts);
  return ranHere(host.files, places).flatMap((name) => {
    const own = formulaPlaces(places, name);
    const current = readCurrent(host.files, own);
    if (!('run' in current)) return [];
    const { run } = current;
    // Asked after it: one that is brought to its end meanwhile is in the history, and another that begins is alive.
    if (runningRun(host, own) !== undefined) return [];
    return readHistory(host.files, own).runs.some(({ id }) => id === run.id) ? [] : [run];
  });
}
