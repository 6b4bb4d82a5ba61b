/** The differences of two fleet files as rows, the gravest first: agents that differ in the same way share one. */
import { listed } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type {
  AgentDiff,
  Consequence,
  FieldChange,
  FieldValue,
  FleetDiff,
  FormulaDiff,
} from '../model/diff.ts';

export interface DiffRow {
  kind: 'agent' | 'mission' | 'formula' | 'setting';
  names: string[];
  change: 'added' | 'removed' | 'renamed' | 'changed';
  consequence: Consequence;
  reason: string;
  /** What differs, where that is the same for all of them. */
  fields: FieldChange[];
  /** Each with what the file says of it, where that is not the same. */
  each: { name: string; fields: FieldChange[] }[];
}

const weight: Record<Consequence, number> = {
  conflict: 0,
  stop: 1,
  move: 2,
  restart: 3,
  hold: 4,
  start: 5,
  rename: 6,
  none: 7,
};

export function diffRows(diff: FleetDiff): DiffRow[] {
  const settings = diff.settings.map(({ field, reason, agents, ...sides }): DiffRow => {
    const users = agents === undefined || agents.length === 0 ? '' : `; used by ${fewOf(agents, 3)}`;
    return {
      kind: 'setting',
      names: [field],
      change: 'changed',
      consequence: 'none',
      reason: `${reason}${users}`,
      fields: [{ field, ...sides }],
      each: [],
    };
  });
  const agents = [...grouped(diff.agents).values()].toSorted(
    (a, b) => weight[a.consequence] - weight[b.consequence],
  );
  const missions = diff.missions.map(({ mission, ...one }) => rowOf('mission', mission, one));
  const formulas = diff.formulas.map(({ formula, ...one }) => rowOf('formula', formula, one));
  return [...agents, ...settings, ...missions, ...formulas];
}

/** Of what stands beside the agents. */
function rowOf(
  kind: 'mission' | 'formula',
  name: string,
  { change, reason, fields }: Pick<FormulaDiff, 'change' | 'reason' | 'fields'>,
): DiffRow {
  return {
    kind,
    names: [name],
    change,
    consequence: 'none',
    reason,
    fields: change === 'changed' ? fields : [],
    each: change === 'changed' ? [] : [{ name, fields }],
  };
}

function grouped(agents: readonly AgentDiff[]): Map<string, DiffRow> {
  const rows = new Map<string, DiffRow>();
  for (const { agent, change, consequence, reason, fields } of agents) {
    const isWhole = change === 'added' || change === 'removed';
    const key = JSON.stringify([change, consequence, reason, isWhole ? [] : fields]);
    const row = rows.get(key) ?? {
      kind: 'agent',
      names: [],
      change,
      consequence,
      reason,
      fields: isWhole ? [] : fields,
      each: [],
    };
    row.names.push(agent);
    if (isWhole && fields.length > 0) row.each.push({ name: agent, fields });
    rows.set(key, row);
  }
  return rows;
}

/** The first names, and how many more there are. */
export function fewOf(names: readonly string[], most: number, show = visible): string {
  const few = names.length > most + 1 ? names.slice(0, most) : names;
  const more = names.length - few.length;
  return listed([...few.map(show), ...(more === 0 ? [] : [`${more} more`])]);
}

const longest = 60;

/** A value on one line, cut where it is long; undefined where it has lines of its own. */
export function shortValue(value: FieldValue | undefined): string | undefined {
  if (value === undefined) return '(none)';
  if (typeof value === 'string' && value.trimEnd().includes('\n')) return undefined;
  const text = visible(Array.isArray(value) ? `[${value.join(', ')}]` : String(value).trimEnd());
  const characters = Array.from(text);
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : text;
}

/** Fields with their values on one side, for a diff of both. */
export const sideFields = (
  fields: readonly FieldChange[],
  side: 'before' | 'after',
): Record<string, FieldValue> =>
  Object.fromEntries(
    fields.flatMap((change) => (change[side] === undefined ? [] : [[change.field, change[side]]])),
  );
