/** Brings a mission's record to what the fleet file wishes, and to what its task table tells. */
import type { Mission } from '../model/fleet.ts';
import type { MilestoneEntry, MissionFile, MissionPolicy, Task } from '../model/mission.ts';
import { isFinished, tasksOf } from './select.ts';

/** What of the fleet file's mission a record is brought to. */
export type MissionWish = Pick<
  Mission,
  | 'name'
  | 'milestones'
  | 'qualityGates'
  | 'state'
  | 'continue'
  | 'maxIdleSessions'
  | 'verify'
  | 'deadlockAfterMs'
>;

/** Milestones that the fleet file no longer has and that stay, since work on them was begun. */
export const keptMilestones = (record: MissionFile, wish: Pick<Mission, 'milestones'>): MilestoneEntry[] =>
  record.milestones.filter(
    ({ id, ...entry }) => !wish.milestones.some((one) => one.id === id) && wasBegun(entry),
  );

const wasBegun = ({ status, started_at }: Pick<MilestoneEntry, 'status' | 'started_at'>): boolean =>
  status !== 'pending' || (started_at ?? '') !== '';

/**
 * The record as it should be: name, gates, policy and milestones as wished, milestones under way and completed as the tasks say.
 * The same object when nothing is to change.
 * @param now epoch ms, for what begins or is completed by it
 */
export function settled(
  record: MissionFile,
  wish: MissionWish | undefined,
  tasks: readonly Task[],
  now: number,
): MissionFile {
  const wished = wish === undefined ? record : asWished(record, wish);
  const gated = (wish === undefined ? (wished.policy?.verify ?? true) : wish.verify) && hasGates(wished);
  const milestones = wished.milestones.map((milestone) => advanced(milestone, tasks, gated, now));
  const next = { ...wished, milestones };
  const status = statusOf(next, wish?.state);
  const after = { ...next, status };
  return JSON.stringify(after) === JSON.stringify(record) ? record : after;
}

export const hasGates = ({ quality_gates }: Pick<MissionFile, 'quality_gates'>): boolean =>
  (quality_gates ?? '').trim() !== '';

/** What of it is kept in the record. */
export const policyOf = (
  wish: Pick<Mission, 'continue' | 'maxIdleSessions' | 'verify' | 'deadlockAfterMs'>,
): MissionPolicy => ({
  continue: wish.continue,
  max_idle_sessions: wish.maxIdleSessions,
  verify: wish.verify,
  deadlock_after_seconds: wish.deadlockAfterMs / 1000,
});

function asWished(record: MissionFile, wish: MissionWish): MissionFile {
  const known = new Map(record.milestones.map((milestone) => [milestone.id, milestone]));
  const milestones: MilestoneEntry[] = wish.milestones.map(({ id, name }) => {
    const entry = known.get(id);
    if (entry === undefined) return { id, name, status: 'pending' };
    return entry.name === name ? entry : { ...entry, name };
  });
  for (const kept of keptMilestones(record, wish)) {
    // After the one that it followed before, as far as that is still there.
    const before = record.milestones.slice(0, record.milestones.indexOf(kept)).reverse();
    const at = before
      .map(({ id }) => milestones.findIndex((one) => one.id === id))
      .find((index) => index >= 0);
    milestones.splice((at ?? -1) + 1, 0, kept);
  }
  return {
    ...record,
    name: wish.name,
    ...(wish.qualityGates === undefined && !hasGates(record)
      ? {}
      : { quality_gates: wish.qualityGates ?? '' }),
    milestones,
    policy: policyOf(wish),
  };
}

function advanced(
  milestone: MilestoneEntry,
  tasks: readonly Task[],
  gated: boolean,
  now: number,
): MilestoneEntry {
  const at = new Date(now).toISOString();
  const begun = tasksOf(tasks, milestone.id).some(
    ({ status }) => status !== 'not-started' && status !== 'cancelled',
  );
  const finished = isFinished(tasks, milestone.id);
  if (milestone.status === 'pending' && (begun || finished))
    return advanced({ ...milestone, status: 'in-progress', started_at: at }, tasks, gated, now);
  if (milestone.status !== 'in-progress' || !finished) return milestone;
  if (gated && milestone.gates?.exit_code !== 0) return milestone;
  return { ...milestone, status: 'completed', completed_at: at };
}

function statusOf(record: MissionFile, wished: Mission['state'] | undefined): MissionFile['status'] {
  const { status, milestones } = record;
  if (wished === 'completed') return 'completed';
  const over = milestones.length > 0 && milestones.every((milestone) => milestone.status === 'completed');
  if (over && status !== 'failed') return 'completed';
  if (wished === undefined) return status;
  if (wished === 'paused') return 'paused';
  // What a person called failed is not taken up again without one.
  return status === 'failed' ? 'failed' : 'active';
}

/** Milestones whose tasks are all closed and whose quality gates have not passed over that. */
export const unverified = (record: MissionFile, tasks: readonly Task[]): MilestoneEntry[] =>
  record.milestones.filter(({ id, status }) => status === 'in-progress' && isFinished(tasks, id));

/** How often in a row the gates have failed over a milestone that is not completed: the most of any. */
export const gateFailures = ({ milestones }: MissionFile): number =>
  Math.max(
    0,
    ...milestones.map(({ status, gates }) => (status === 'completed' ? 0 : (gates?.failures ?? 0))),
  );
