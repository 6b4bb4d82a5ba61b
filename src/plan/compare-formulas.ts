/** The formulas that two fleet files have come by the clock. */
import { formatDuration } from '../base/duration.ts';
import type { FormulaDiff } from '../model/diff.ts';
import type { Fleet, ScheduledFormula } from '../model/fleet.ts';
import { changesOf, formulaFields } from './compare-fields.ts';

/** Those that differ: in the head's order, then those that are gone. */
export function compareFormulas(base: Fleet, head: Fleet): FormulaDiff[] {
  const old = new Map(base.formulas.map((formula) => [formula.name, formula]));
  const names = new Set(head.formulas.map(({ name }) => name));
  // Who has no timers says so of each formula, and has a person see to it.
  const timers = head.supervisor !== 'none';
  return [
    ...head.formulas.flatMap((after): FormulaDiff[] => {
      const before = old.get(after.name);
      const fields = changesOf(before === undefined ? {} : formulaFields(before), formulaFields(after));
      if (fields.length === 0) return [];
      const change = before === undefined ? 'added' : 'changed';
      return [{ formula: after.name, change, reason: comesTo(before, after, timers), fields }];
    }),
    ...base.formulas
      .filter(({ name }) => !names.has(name))
      .map(({ name }): FormulaDiff => ({
        formula: name,
        change: 'removed',
        reason: timers
          ? 'its timer is taken away, unless it was installed on a host too; a run that lasts goes on to its end'
          : 'apply speaks of it no more',
        fields: [],
      })),
  ];
}

function comesTo(before: ScheduledFormula | undefined, after: ScheduledFormula, timers: boolean): string {
  if (!timers) return 'no timer: the fleet is without systemd';
  if (before === undefined) return `a timer runs it every ${formatDuration(after.everyMs)}`;
  if (before.everyMs !== after.everyMs)
    return `its timer is started anew, to come every ${formatDuration(after.everyMs)}`;
  return 'from its next run on';
}
