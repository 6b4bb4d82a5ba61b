import type { Host } from '../host/host.ts';
import type { Fleet, Supervisor } from '../model/fleet.ts';
import type { ApplyEvent, Outcome } from '../model/outcome.ts';
import type { Places } from '../model/places.ts';
import type { Action, ActionKind, ActionOf } from '../model/plan.ts';
import type { StateStore } from './state-store.ts';

/** What every operation works with. */
export interface ApplyContext {
  host: Host;
  fleet: Fleet;
  places: Places;
  supervisor: Supervisor;
  state: StateStore;
  emit(event: ApplyEvent): void;
  /** Aborted when the user wants it to end: what is in hand is finished, nothing new is begun. */
  signal: AbortSignal;
}

/**
 * Does a batch of actions of one kind: one outcome for each, in any order, but for those that an aborted signal kept it from
 * beginning. What it throws fails them all.
 */
export type Operation<K extends ActionKind> = (
  actions: ActionOf<K>[],
  context: ApplyContext,
) => Promise<Outcome[]>;

export const done = (action: Action, detail?: string, path?: string): Outcome => ({
  action,
  result: 'done',
  ...(detail === undefined ? {} : { detail }),
  ...(path === undefined ? {} : { path }),
});

export const failed = (action: Action, detail: string, output?: string): Outcome => ({
  action,
  result: 'failed',
  detail,
  ...(output === undefined || output === '' ? {} : { output }),
});

export const skipped = (action: Action, detail: string): Outcome => ({ action, result: 'skipped', detail });
