/** The runs of formulas that last, for reports on the fleet. */
import type { Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { formulaPlaces, type RunRecord } from '../../model/formula.ts';
import { placesOf } from '../../model/places.ts';
import { runningLine } from '../../report/formula-list.ts';
import { runningRun } from '../../runs/record.ts';
import { ranHere } from './known.ts';

/** A line, or nothing. Throws HostError. */
export const runningText = (host: Host, fleet: Fleet): string =>
  runningLine(runningHere(host, fleet), host.clock.now());

/** Throws HostError. */
export function runningHere(host: Host, fleet: Fleet): RunRecord[] {
  const places = placesOf(fleet.name, host.facts);
  return ranHere(host.files, places).flatMap((name) => runningRun(host, formulaPlaces(places, name)) ?? []);
}
