/** How far a mission is, and what comes next. */
import type { MilestoneEntry, MissionFile, SessionEntry, Task } from '../model/mission.ts';

export interface Progress {
  done: number;
  /** Without cancelled ones. */
  total: number;
  /** 0 to 100, whole; 100 only when all are done. */
  pct: number;
}

export function progressOf(tasks: readonly Task[]): Progress {
  const counted = tasks.filter(({ status }) => status !== 'cancelled');
  const done = counted.filter(({ status }) => status === 'done').length;
  const total = counted.length;
  return { done, total, pct: total === 0 ? 0 : Math.floor((done * 100) / total) };
}

/** The first milestone in progress, else the first pending one; undefined when none is left. */
export const currentMilestone = ({ milestones }: MissionFile): MilestoneEntry | undefined =>
  milestones.find(({ status }) => status === 'in-progress') ??
  milestones.find(({ status }) => status === 'pending');

export const tasksOf = (tasks: readonly Task[], milestone: string): Task[] =>
  tasks.filter((task) => task.milestone === milestone);

/**
 * The first task in progress, else the first not started, of the current milestone; then of those that follow it in the
 * mission's order. Tasks of completed or blocked milestones, or of none that the mission has, are nobody's next.
 */
export function nextTask(record: MissionFile, tasks: readonly Task[]): Task | undefined {
  const current = currentMilestone(record);
  if (current === undefined) return undefined;
  const open = record.milestones.filter(
    (milestone, index) =>
      index > record.milestones.indexOf(current) &&
      (milestone.status === 'pending' || milestone.status === 'in-progress'),
  );
  for (const { id } of [current, ...open]) {
    const own = tasksOf(tasks, id);
    const next =
      own.find(({ status }) => status === 'in-progress') ??
      own.find(({ status }) => status === 'not-started');
    if (next !== undefined) return next;
  }
  return undefined;
}

/** It has tasks, and each is done or cancelled. */
export function isFinished(tasks: readonly Task[], milestone: string): boolean {
  const own = tasksOf(tasks, milestone);
  return own.length > 0 && own.every(({ status }) => status === 'done' || status === 'cancelled');
}

/** Tasks that no milestone of the mission claims. */
export const strayTasks = ({ milestones }: MissionFile, tasks: readonly Task[]): Task[] =>
  tasks.filter(({ milestone }) => !milestones.some(({ id }) => id === milestone));

export const lastSession = ({ sessions }: MissionFile): SessionEntry | undefined => sessions.at(-1);

/** It was begun and no end is written down. */
export const isOpen = ({ ended_at }: SessionEntry): boolean =>
  ended_at === undefined || ended_at === null || ended_at === '';

/**
 * Sessions at the end of the list, in a row, that ended by themselves without any task changing. Where a task was changed
 * between two of them, by hand or by one that crashed, those before it do not count.
 */
export function idleSessions({ sessions }: MissionFile): number {
  const own = sessions.filter((session) => !isOpen(session) && byItself(session));
  const first = own.findLastIndex((session, index) => {
    const left = own[index - 1]?.tasks_digest_after;
    return session.idle !== true || (left !== undefined && left !== session.tasks_digest);
  });
  return own.length - first - (own[first]?.idle === true ? 0 : 1);
}

/** Ended because its program did: not by a crash, a reboot or an operator. */
const byItself = ({ ended_reason }: SessionEntry): boolean =>
  ended_reason === 'premature' || ended_reason === 'handoff' || ended_reason === 'completed';
