import { counted } from '../base/text.ts';
import type { Consequence, FleetDiff } from '../model/diff.ts';
import { isSame } from '../model/diff.ts';

export type DiffCounts = Record<Consequence, number>;

/** How many agents get each consequence; `none` without those that do not differ. */
export function diffCounts({ agents }: FleetDiff): DiffCounts {
  const counts: DiffCounts = {
    stop: 0,
    conflict: 0,
    restart: 0,
    move: 0,
    hold: 0,
    start: 0,
    rename: 0,
    none: 0,
  };
  for (const { consequence } of agents) counts[consequence]++;
  return counts;
}

/** What differs, and what would come of it: `1 agent added, 2 changed, 9 unchanged. Applied: 1 to start, 2 held.` */
export function diffSummary(diff: FleetDiff): string {
  const { agents, missions, formulas, settings, unchanged } = diff;
  if (isSame(diff)) {
    const also = (['mission', 'formula'] as const).map((what) => {
      const n = unchanged[`${what}s`];
      return n === 0 ? '' : `, ${counted(n, what)}`;
    });
    return `No difference: ${counted(unchanged.agents, 'agent')}${also.join('')}.`;
  }
  const ofAgents = changesOf(agents, 'agent');
  const parts = [
    ...(ofAgents === '' ? [] : [`${ofAgents}, ${unchanged.agents} unchanged`]),
    ...[changesOf(missions, 'mission'), changesOf(formulas, 'formula')].filter((text) => text !== ''),
    ...(settings.length === 0 ? [] : [`${counted(settings.length, 'setting')} changed`]),
  ];
  const counts = diffCounts(diff);
  const comes = [
    part(counts.start, 'to start'),
    part(counts.restart, 'to restart'),
    part(counts.stop, 'to stop'),
    part(counts.move, 'to move'),
    part(counts.rename, 'to rename'),
    part(counts.hold, 'held'),
    counts.conflict === 0 ? [] : [counted(counts.conflict, 'conflict')],
  ].flat();
  const what = parts.length === 0 ? 'no agents' : parts.join('; ');
  const applied = comes.length === 0 ? 'no agent starts, stops or restarts' : comes.join(', ');
  return `${diff.isNew ? 'New fleet' : 'Diff'}: ${what}. Applied: ${applied}.`;
}

const part = (n: number, words: string): string[] => (n === 0 ? [] : [`${n} ${words}`]);

function changesOf(diffs: readonly { change: string }[], noun: string): string {
  const parts = ['added', 'removed', 'renamed', 'changed'].flatMap((change) => {
    const n = diffs.filter((diff) => diff.change === change).length;
    return n === 0 ? [] : [{ n, change }];
  });
  return parts.map(({ n, change }, i) => `${i === 0 ? counted(n, noun) : n} ${change}`).join(', ');
}
