/** The fleet's state while it is being changed: kept in memory, written whole and durably after each change. */
import { HostError, type Files } from '../host/host.ts';
import type { Places } from '../model/places.ts';
import type { AgentRecord, FleetState } from '../model/state.ts';
import { formatState } from '../record/state.ts';

export interface StateStore {
  readonly current: FleetState;
  /** Changes the record of an agent, in memory. */
  change(agent: string, change: (record: AgentRecord) => void): void;
  forget(agent: string): void;
  rename(from: string, to: string): void;
  /** Writes it, if it differs from what was last written. Throws HostError. */
  save(): void;
}

export function stateStore(files: Files, places: Places, state: FleetState): StateStore {
  const current = structuredClone(state);
  let written = formatState(state);
  return {
    current,
    change(agent, change) {
      // Not `??=`: an agent may be named as something that every object has.
      if (!Object.hasOwn(current.agents, agent)) current.agents[agent] = { restarts: 0 };
      change(current.agents[agent] as AgentRecord);
    },
    forget(agent) {
      delete current.agents[agent];
    },
    rename(from, to) {
      const record = current.agents[from];
      if (record === undefined || Object.hasOwn(current.agents, to)) return;
      current.agents[to] = record;
      delete current.agents[from];
    },
    save() {
      const text = formatState(current);
      if (text === written) return;
      files.write(places.stateFile, text, { durable: true });
      written = text;
    },
  };
}

/** Makes the state folder, and refuses one that is not plainly ours. Throws HostError. */
export function prepareState(files: Files, places: Places): void {
  const { state, locks, crashes, conversations, worktrees, rendered } = places;
  for (const folder of [state, locks, crashes, conversations, worktrees, rendered]) {
    if (files.stat(folder)?.kind === 'link') {
      throw new HostError(`${folder} is a symbolic link: mosaic writes only to a folder of its own`, {
        code: 'ELINK',
        path: folder,
      });
    }
  }
  for (const folder of [locks, crashes, conversations]) files.mkdir(folder);
}
