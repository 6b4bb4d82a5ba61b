/** What a plan comes to, in numbers and in one sentence. Light: an in-sync run loads nothing else of the plan's reports. */
import { counted } from '../base/text.ts';
import type { Change, Plan } from '../model/plan.ts';

/** How many agents get each change; `hold` counts the holds of the fleet too. */
export type PlanCounts = Record<Change, number>;

export function planCounts(plan: Plan): PlanCounts {
  const counts: PlanCounts = {
    start: 0,
    restart: 0,
    stop: 0,
    adopt: 0,
    rename: 0,
    record: 0,
    hold: plan.holds.length + ofMissions(plan, 'hold'),
    conflict: ofMissions(plan, 'conflict'),
    unknown: 0,
    none: 0,
  };
  for (const { change } of plan.verdicts) counts[change]++;
  return counts;
}

/** Without those that their agents are counted for already. */
const ofMissions = ({ missions, verdicts }: Plan, change: Change): number =>
  missions.filter(
    (mission) =>
      mission.change === change &&
      !verdicts.some((verdict) => verdict.agent === mission.agent && verdict.change === change),
  ).length;

/** Nothing would be done, nothing is held back and nothing is in the way. */
export const isInSync = (plan: Plan): boolean =>
  plan.refused === undefined &&
  plan.actions.length === 0 &&
  plan.holds.length === 0 &&
  plan.verifications.length === 0 &&
  plan.missions.every(({ change }) => change === 'none') &&
  plan.verdicts.every(({ change }) => change === 'none');

/**
 * The last line of every form of a plan, such as `Plan: 3 to start, 2 held, 40 unchanged.`, or what there is to say when
 * nothing is to do. Steps that belong to no agent are named only where no agent changes.
 */
export function summaryLine(plan: Plan): string {
  const counts = planCounts(plan);
  if (isInSync(plan)) {
    // Where it is of no agent at all, as when only the timers of formulas are seen to.
    if (plan.verdicts.length + plan.missions.length === 0) return 'Nothing to do.';
    const missions = plan.missions.length === 0 ? '' : `, ${counted(plan.missions.length, 'mission')}`;
    return `Nothing to do: ${counted(counts.none, 'agent')}${missions} as wanted.`;
  }
  const changing = [
    part(counts.start, 'to start'),
    part(counts.restart, 'to restart'),
    part(counts.stop, 'to stop'),
    part(counts.adopt, 'to adopt'),
    part(counts.rename, 'to rename'),
    part(counts.record, 'to record'),
  ].flat();
  const parts = [
    ...(changing.length > 0 ? changing : otherSteps(plan)),
    ...part(counts.hold, 'held'),
    ...(counts.conflict === 0 ? [] : [counted(counts.conflict, 'conflict')]),
    ...part(counts.unknown, 'unknown'),
    ...(plan.verifications.length === 0
      ? []
      : [`${counted(plan.verifications.length, 'mission')} to verify`]),
    `${counts.none} unchanged`,
  ];
  return `Plan${plan.refused === undefined ? '' : ' (refused)'}: ${parts.join(', ')}.`;
}

const part = (n: number, words: string): string[] => (n === 0 ? [] : [`${n} ${words}`]);

function otherSteps(plan: Plan): string[] {
  const writes = plan.actions.filter(({ kind }) => kind === 'write-file').length;
  const removals = plan.actions.filter(({ kind }) => kind === 'remove-file').length;
  const others = plan.actions.length - writes - removals;
  return [
    ...(writes === 0 ? [] : [`${counted(writes, 'file')} to write`]),
    ...(removals === 0 ? [] : [`${counted(removals, 'file')} to remove`]),
    ...(others === 0 ? [] : [counted(others, writes + removals === 0 ? 'step' : 'other step')]),
  ];
}
