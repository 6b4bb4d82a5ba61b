/** What stands in our files: state, locks, rendered files, secrets. Reads only. */
import { join } from 'node:path';
import type { Files, Host, HostError } from '../host/host.ts';
import type { FileSeen, FolderSeen, LockSeen } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { emptyState, type FleetState } from '../model/state.ts';
import { parseSessionLock } from '../record/session-lock.ts';
import { parseState } from '../record/state.ts';
import { isOurs } from '../render/artefacts.ts';
import { formulaOfUnit } from '../render/formula-units.ts';
import { agentOfUnit, unitNames } from '../render/unit-names.ts';
import { fleetOf } from '../render/header.ts';

export function observeState(files: Files, places: Places): Source<FleetState> {
  try {
    const text = files.read(places.stateFile);
    return known(text === undefined ? emptyState() : parseState(text));
  } catch (error) {
    return unknown(
      `${places.stateFile} cannot be used: ${(error as Error).message}`,
      'Move it away: only restart counts and what is suspended are lost with it.',
    );
  }
}

/** Every file that we may have rendered, and instance units that stand in the way of ours. */
export function observeRendered(
  files: Files,
  places: Places,
  fleet: { name: string; unitPrefix: string },
): Map<string, FileSeen> {
  const names = unitNames(fleet.unitPrefix);
  const units = files
    .list(places.units)
    .filter(
      (name) =>
        [names.holder, names.template, names.wake].includes(name) ||
        agentOfUnit(fleet.unitPrefix, name) !== undefined ||
        formulaOfUnit(fleet.unitPrefix, name) !== undefined,
    );
  const paths = [
    ...units.map((name) => join(places.units, name)),
    places.tmuxConf,
    places.holderFile,
    ...files
      .list(places.agentFiles)
      .filter((name) => name.endsWith('.tmux'))
      .map((name) => join(places.agentFiles, name)),
  ];
  const seen = new Map(paths.map((path) => [path, seeFile(files, path, fleet.name)]));
  // Of formulas' units also those that stand under a former prefix; what is not ours there is nobody's concern.
  for (const name of units) {
    const path = join(places.units, name);
    const other = (formulaOfUnit(fleet.unitPrefix, name)?.prefix ?? fleet.unitPrefix) !== fleet.unitPrefix;
    if (other && seen.get(path)?.kind !== 'ours') seen.delete(path);
  }
  return seen;
}

function seeFile(files: Files, path: string, fleet: string): FileSeen {
  try {
    const text = files.read(path);
    if (text === undefined) return { kind: 'absent' };
    if (isOurs(fleet, text)) return { kind: 'ours', text };
    const other = fleetOf(text);
    return {
      kind: 'foreign',
      why: other === undefined ? 'it was not made by mosaic' : `it belongs to the fleet ${other}`,
    };
  } catch (error) {
    return { kind: 'foreign', why: (error as HostError).message };
  }
}

/** Session locks by agent, judged by pid, start time and boot. */
export function observeLocks(host: Host, places: Places): Map<string, LockSeen> {
  const locks = new Map<string, LockSeen>();
  for (const name of host.files.list(places.locks)) {
    if (!name.endsWith('.json')) continue;
    const agent = name.slice(0, -'.json'.length);
    try {
      const text = host.files.read(join(places.locks, name));
      if (text === undefined) continue;
      const lock = parseSessionLock(text);
      const sameBoot = lock.bootId === undefined || lock.bootId === host.facts.bootId;
      const startTime = sameBoot && lock.pid > 0 ? host.processes.startTime(lock.pid) : undefined;
      const live =
        startTime !== undefined && (lock.pidStartTime === undefined || lock.pidStartTime === startTime);
      locks.set(agent, { kind: live ? 'live' : 'dead', lock });
    } catch (error) {
      locks.set(agent, { kind: 'corrupt', why: (error as Error).message });
    }
  }
  return locks;
}

export function observeFolders(files: Files, paths: Iterable<string>): Map<string, FolderSeen> {
  const seen = new Map<string, FolderSeen>();
  for (const path of paths) {
    if (!seen.has(path)) seen.set(path, seeFolder(files, path));
  }
  return seen;
}

function seeFolder(files: Files, path: string): FolderSeen {
  try {
    const stat = files.target(path);
    if (stat === undefined) return 'absent';
    return stat.kind === 'folder' ? 'folder' : 'not-a-folder';
  } catch {
    return 'unreadable';
  }
}
