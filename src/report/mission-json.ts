/** A mission for programs (schemas/coord-mission.schema.json, schemas/coord-status.schema.json). */
import { jsonText } from '../base/visible.ts';
import { currentMilestone, nextTask, progressOf, strayTasks, tasksOf } from '../mission/select.ts';
import type { MissionFile, SessionEntry, Task } from '../model/mission.ts';
import { defined } from './defined.ts';
import { isoSeconds } from './format.ts';
import { nextSteps } from './mission-next.ts';
import { liveness, recordOf, sessionSentence, taskList, type MissionView } from './mission-parts.ts';

/** Any value of these reports as indented text. */
export const reportJson = (value: object): string => `${jsonText(value, 2)}\n`;

/** The dashboard, with nothing left out. Only of a project that has a mission. */
export function missionJson(view: MissionView, record: MissionFile, where: string) {
  const { seen } = view;
  const tasks = taskList(view);
  const current = currentMilestone(record);
  const next = nextTask(record, tasks);
  return defined({
    format_version: 1 as const,
    project: seen.places.project,
    mission: missionOf(record),
    branch: seen.branch,
    progress: progressJson(tasks),
    current_milestone: current === undefined ? undefined : { id: current.id, name: current.name },
    milestones: record.milestones.map((milestone) => ({
      id: milestone.id,
      name: milestone.name,
      status: milestone.status,
      ...progressJson(tasksOf(tasks, milestone.id)),
    })),
    stray_tasks: strayTasks(record, tasks).map(({ id }) => id),
    sessions: record.sessions.map(sessionJson),
    session: livenessJson(view),
    next_task: next === undefined ? undefined : taskJson(next),
    conditions: view.conditions.map(({ code, name, seen: what, done }) => ({ code, name, seen: what, done })),
    missing: seen.missing,
    next: nextSteps(view, where).map(({ text, command }) => defined({ text, command })),
  });
}

/** `mosaic coord status`. */
export const statusJson = (view: MissionView) =>
  defined({
    format_version: 1 as const,
    project: view.seen.places.project,
    mission_id: recordOf(view)?.mission_id,
    stale_after_seconds: view.staleAfterMs === undefined ? undefined : Math.round(view.staleAfterMs / 1000),
    ...livenessJson(view),
  });

export const missionOf = (record: MissionFile) => ({
  id: record.mission_id,
  name: record.name,
  status: record.status,
});

export const taskJson = ({ id, status, milestone, description }: Task) => ({
  id,
  status,
  milestone,
  description,
});

function progressJson(tasks: readonly Task[]) {
  const { done, total, pct } = progressOf(tasks);
  return { tasks_done: done, tasks_total: total, pct };
}

function livenessJson(view: MissionView) {
  const found = liveness(view);
  const { lock, dead, host, lost, why } = found;
  return defined({
    state: found.state,
    explanation: sessionSentence(view),
    session_id: lock?.session_id ?? lost,
    runtime: lock?.runtime,
    agent: lock?.agent ?? undefined,
    pid: lock?.pid,
    started_at: lock?.started_at,
    milestone_id: lock?.milestone_id ?? undefined,
    starting: found.starting ? true : undefined,
    host,
    why: dead ?? why,
    changed_at: view.seen.changedAt === undefined ? undefined : isoSeconds(view.seen.changedAt),
  });
}

/** Empty and null are what is not known: left out. */
export const sessionJson = (session: SessionEntry) =>
  defined({
    session_id: session.session_id,
    runtime: given(session.runtime),
    agent: given(session.agent),
    pid: session.pid ?? undefined,
    started_at: given(session.started_at),
    ended_at: given(session.ended_at),
    ended_reason: given(session.ended_reason),
    duration_seconds: session.duration_seconds ?? undefined,
    milestone_id: given(session.milestone_id),
    last_task_id: given(session.last_task_id),
    idle: session.idle,
  });

const given = (text: string | null | undefined): string | undefined =>
  text === null || text === '' ? undefined : text;
