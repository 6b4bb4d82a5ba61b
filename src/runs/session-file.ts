/** The tmux files that start sessions: they hold secrets, and none outlives the moment of its use. */
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import { clearUnfinished } from '../host/unfinished.ts';
import { runPlaces, type FormulaPlaces } from '../model/formula.ts';

/** Removes what a mosaic that was killed left of them, also of one that was not whole yet. Throws HostError. */
export function forgetSessionFiles(
  host: Pick<Host, 'files' | 'processes'>,
  places: Pick<FormulaPlaces, 'runs'>,
): void {
  const { files } = host;
  for (const id of files.list(places.runs)) {
    const { folder, session } = runPlaces(places, id);
    if (files.stat(join(places.runs, id))?.kind !== 'folder') continue;
    files.remove(session);
    clearUnfinished(host, folder);
  }
}
