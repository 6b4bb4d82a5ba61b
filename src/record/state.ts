/** state.json: the on-disk form of `FleetState` (schemas/state.schema.json). */
import { state as valid } from '../generated/state.js';
import type { AgentRecord, FleetState } from '../model/state.ts';
import { parseChecked } from './json.ts';
import { toCamel, toSnake } from './keys.ts';

const OPAQUE = ['fields'];

/** Throws an Error in words when the text is not a state file. */
export function parseState(text: string): FleetState {
  const { agents, reload_pending, outage_at } = parseChecked(text, valid) as {
    agents: Record<string, unknown>;
    reload_pending: boolean;
    outage_at?: number;
  };
  return {
    agents: Object.fromEntries(
      Object.entries(agents).map(([name, record]) => [name, toCamel(record, OPAQUE) as AgentRecord]),
    ),
    reloadPending: reload_pending,
    ...(outage_at === undefined ? {} : { outageAt: outage_at }),
  };
}

export function formatState(state: FleetState): string {
  const agents = Object.fromEntries(
    Object.entries(state.agents)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, record]) => [name, toSnake(record, OPAQUE)]),
  );
  const data = {
    format_version: 1,
    reload_pending: state.reloadPending,
    ...(state.outageAt === undefined ? {} : { outage_at: state.outageAt }),
    agents,
  };
  return `${JSON.stringify(data, undefined, 1)}\n`;
}
