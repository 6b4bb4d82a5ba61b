/** What a session is told about its mission, put together once for prompt and capsule. */
import { visible } from '../base/visible.ts';
import type { MilestoneEntry, MissionFile, MissionPlaces, SessionEntry, Task } from '../model/mission.ts';
import { currentMilestone, nextTask, progressOf, tasksOf, type Progress } from './select.ts';

export interface BriefInput {
  places: MissionPlaces;
  record: MissionFile;
  tasks: readonly Task[];
  /** The runtime that is to go on with it. */
  runtime: string;
  /** The task asked for; absent: the mission's next one. */
  task?: Task;
  /** The session before; absent: there was none. */
  previous?: SessionEntry;
  /** Where the session works, where that is not the project itself. */
  workplace?: string;
  /** That of its workplace. */
  branch?: string;
}

export interface Brief {
  places: MissionPlaces;
  record: MissionFile;
  runtime: string;
  progress: Progress;
  /** That of the task, where it has one that the mission knows; else the current one. */
  milestone?: MilestoneEntry;
  task?: Task;
  /** The milestone has no tasks yet: to write them is what comes next. */
  unplanned: boolean;
  previous?: SessionEntry;
  workplace?: string;
  branch?: string;
}

export function briefOf(input: BriefInput): Brief {
  const { places, record, tasks, runtime, previous, workplace, branch } = input;
  const task = input.task ?? nextTask(record, tasks);
  const milestone = record.milestones.find(({ id }) => id === task?.milestone) ?? currentMilestone(record);
  return {
    places,
    record,
    runtime,
    progress: progressOf(tasks),
    unplanned: task === undefined && milestone !== undefined && tasksOf(tasks, milestone.id).length === 0,
    ...(milestone === undefined ? {} : { milestone }),
    ...(task === undefined ? {} : { task }),
    ...(previous === undefined ? {} : { previous }),
    ...(workplace === undefined ? {} : { workplace }),
    ...(branch === undefined ? {} : { branch }),
  };
}

const LONGEST = 400;

/**
 * A value from a file as it may stand in a line of a prompt or report: on one line, nothing that a terminal acts on, and
 * not so long that it hides the rest. A path is of use only whole.
 */
export function lineOf(text: string): string {
  const line = visible(text.replace(/\s+/g, ' ').trim());
  return line.length > LONGEST && !line.startsWith('/')
    ? `${line.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, '')}…`
    : line;
}

/** As `lineOf`, for a command line: half of it would be another. */
export const commandLine = (text: string): string => visible(text.replace(/\s+/g, ' ').trim());

/** A milestone by id and name. */
export const milestoneWords = ({ id, name }: MilestoneEntry): string =>
  lineOf(name === '' || name === id ? id : `${id} (${name})`);

/** A task by id and description. */
export const taskWords = ({ id, description }: Task): string =>
  lineOf(description === '' ? id : `${id}: ${description}`);
