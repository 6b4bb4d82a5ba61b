/** The tmux files that start sessions: they hold secrets, and none outlives the moment of its use. */
import { join } from 'node:path';
import type { Files } from '../host/host.ts';
import { runPlaces, type FormulaPlaces } from '../model/formula.ts';

/** Removes what a mosaic that was killed left of them. Throws HostError. */
export function forgetSessionFiles(files: Files, places: Pick<FormulaPlaces, 'runs'>): void {
  for (const id of files.list(places.runs)) {
    if (files.stat(join(places.runs, id))?.kind === 'folder') files.remove(runPlaces(places, id).session);
  }
}
