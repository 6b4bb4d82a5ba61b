/** Writing a mission's files: each in one step, onto the disk, and through no link into nothing. */
import { dirname } from 'node:path';
import { HostError, type Files } from '../host/host.ts';
import { updateManifest } from '../mission/manifest.ts';
import { newScratchpad } from '../mission/scratchpad.ts';
import type { MissionFile, MissionPlaces } from '../model/mission.ts';
import { MissionError } from './error.ts';

/** What other programs write too may change while we look at it; so often in a row it does only by mistake. */
const ATTEMPTS = 5;

/** Replaces a file, or makes it; one that holds the text already is left. `over`: only while it holds this. */
export function put(files: Files, path: string, text: string, over?: string): void {
  // A link is no file of its own: what it leads to is replaced, and it stays.
  const target = files.realpath(path) ?? path;
  const stat = files.stat(target);
  if (stat?.kind === 'file' && (over ?? files.read(target)) === text) return;
  if (stat === undefined) files.mkdir(dirname(target), 0o777);
  files.write(target, text, {
    mode: stat?.kind === 'file' ? stat.mode & 0o777 : 0o666,
    durable: true,
    ...(over === undefined ? {} : { over }),
  });
}

/**
 * Changes a text that others write too, without any lock of theirs: when it is another one at the last moment before it is
 * replaced, the change is made anew on that. Gives what stands there at the end; undefined when there is no file.
 */
export function edit(files: Files, path: string, change: (text: string) => string): string | undefined {
  for (let attempt = 1; ; attempt++) {
    const before = files.readExact(path);
    if (before === undefined) return undefined;
    const after = change(before);
    if (after === before) return after;
    try {
      put(files, path, after, before);
      return after;
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'ESTALE') throw error;
      if (attempt < ATTEMPTS) continue;
      throw new MissionError('busy', `${path} changes again and again while it is being edited`, {
        fix: 'Try again when the program that writes it has come to rest.',
        cause: error,
      });
    }
  }
}

/** Adds an entry at the end of the scratchpad, and makes it first where it is missing. One that is there already is left out. */
export function addEntry(files: Files, places: MissionPlaces, record: MissionFile, entry: string): void {
  const { scratchpad: path } = places;
  if (path === undefined) return;
  const target = files.realpath(path) ?? path;
  if (files.stat(target) === undefined) put(files, target, scratchpadOf(record));
  if (files.read(target)?.includes(entry.trim()) === true) return;
  files.append(target, entry, { mode: 0o666, durable: true });
}

export const scratchpadOf = (record: MissionFile, prompt?: string): string =>
  newScratchpad({
    missionId: record.mission_id,
    name: record.name,
    createdAt: record.created_at ?? '',
    ...(prompt === undefined ? {} : { prompt }),
  });

/** Brings our own part of the manifest to the record. It is made of the record: where it cannot be written, nothing is lost. */
export function refreshManifest(files: Files, { manifest }: MissionPlaces, record: MissionFile): void {
  try {
    edit(files, manifest, (text) => updateManifest(text, record) ?? text);
  } catch (error) {
    if (!(error instanceof HostError || error instanceof MissionError)) throw error;
  }
}
