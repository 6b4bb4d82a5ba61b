/** Whose turn it is on a mission: a session's, the quality gates', a person's, or nobody's. */
import type { Mission } from '../model/fleet.ts';
import type { MissionFile, MissionSeen, PromptKind, Task } from '../model/mission.ts';
import { shellWord } from '../base/shell.ts';
import { counted, listed } from '../base/text.ts';
import type { ConditionCode } from './conditions.ts';
import { currentMilestone, idleSessions, isOpen, lastSession, nextTask, tasksOf } from './select.ts';
import { gateFailures, hasGates, settled, unverified } from './settle.ts';
import { progressDigest } from './sessions.ts';

export type Turn =
  /** The next session may begin. Without a task, it has to break its milestone into tasks first. */
  | { kind: 'work'; prompt: PromptKind; milestone: string; task?: Task }
  /** A session is at work, or about to be; what waits for its end, in words. */
  | { kind: 'live'; session: string; agent?: string; waits?: string }
  /** The quality gates are to be run over milestones whose tasks are all closed. */
  | { kind: 'verify'; milestones: string[]; command: string }
  | { kind: 'verifying' }
  | { kind: 'complete' }
  | Held;

export interface Held {
  kind: 'held';
  why: 'paused' | 'failed' | 'idle' | 'gates' | 'deadlock' | 'invalid' | 'conflict';
  code?: ConditionCode;
  reason: string;
  fix: string;
}

/** What a mission is now: its record as it should be, its tasks, and whose turn it is. */
export interface MissionNow {
  /** As it should be; absent where there is none yet and none is wished, or it cannot be read. */
  record?: MissionFile;
  tasks: Task[];
  turn: Turn;
}

/**
 * @param wish the fleet file's mission; absent where a project is looked at without one
 * @param now epoch ms
 */
export function missionNow(seen: MissionSeen, wish: Mission | undefined, now: number): MissionNow {
  const { record, tasks, places } = seen;
  const at = wish === undefined ? '' : ` --project ${shellWord(places.project)}`;
  if (!record.known) {
    const fix = record.fix ?? `Mend it by hand; mosaic coord mission${at} shows the place.`;
    return { tasks: [], turn: { kind: 'held', why: 'invalid', reason: record.why, fix } };
  }
  if (!tasks.known) {
    const turn: Held = {
      kind: 'held',
      why: 'invalid',
      reason: tasks.why,
      fix: tasks.fix ?? `Mend the table; mosaic coord mission${at} shows each place.`,
    };
    return { ...(record.value === undefined ? {} : { record: record.value }), tasks: [], turn };
  }
  const there = record.value ?? (wish === undefined ? undefined : newRecord(wish, now));
  if (there === undefined) {
    const turn: Held = {
      kind: 'held',
      why: 'invalid',
      reason: `there is no mission in ${places.project}`,
      fix: 'mosaic coord init makes one.',
    };
    return { tasks: tasks.value ?? [], turn };
  }
  if (wish !== undefined && there.mission_id !== wish.id) {
    const turn: Held = {
      kind: 'held',
      why: 'conflict',
      reason: `${places.mission} is of the mission ${there.mission_id}, not of ${wish.id}`,
      fix: 'Give the mission that id or another project, or move the files of the old one away.',
    };
    return { record: there, tasks: tasks.value ?? [], turn };
  }
  const list = tasks.value ?? [];
  const settledRecord = settled(there, wish, list, now);
  return { record: settledRecord, tasks: list, turn: turnOf(settledRecord, list, seen, at) };
}

/** The record of a mission that has none yet, without its milestones. */
export function newRecord(
  wish: Pick<Mission, 'id' | 'name' | 'project' | 'qualityGates'>,
  now: number,
): MissionFile {
  return {
    schema_version: 1,
    mission_id: wish.id,
    name: wish.name,
    description: '',
    status: 'active',
    project_path: wish.project,
    quality_gates: wish.qualityGates ?? '',
    task_prefix: '',
    tasks_file: 'docs/TASKS.md',
    manifest_file: 'docs/MISSION-MANIFEST.md',
    scratchpad_file: `docs/scratchpads/${wish.id}.md`,
    orchestrator_dir: '.mosaic/orchestrator',
    created_at: new Date(now).toISOString(),
    milestones: [],
    sessions: [],
  };
}

function turnOf(record: MissionFile, tasks: Task[], seen: MissionSeen, at: string): Turn {
  const { lock } = seen;
  if (lock.kind === 'live' || lock.kind === 'starting') {
    const agent = lock.lock.agent ?? '';
    const waits = waitingGates(record, tasks);
    return {
      kind: 'live',
      session: lock.lock.session_id,
      ...(agent === '' ? {} : { agent }),
      ...(waits === undefined ? {} : { waits }),
    };
  }
  const unclear = unclearLock(seen, at);
  if (unclear !== undefined) return unclear;
  if (seen.gatesRunning) return { kind: 'verifying' };
  if (record.status === 'completed') return { kind: 'complete' };
  if (record.status !== 'active') return notActive(record.status, at);
  const finished = unverified(record, tasks);
  const most = record.policy?.max_idle_sessions ?? 3;
  if (isGated(record) && finished.length > 0 && !isMending(record, tasks)) {
    const failures = gateFailures(record);
    if (failures < most)
      return {
        kind: 'verify',
        milestones: finished.map(({ id }) => id),
        command: record.quality_gates ?? '',
      };
    return {
      kind: 'held',
      why: 'gates',
      code: 'F5',
      reason: `the quality gates failed ${counted(failures, 'time')} in a row over ${listed(finished.map(({ id }) => id))}`,
      fix: `Look at ${seen.places.gatesLog}; when it is mended, mosaic coord verify${at} runs them again.`,
    };
  }
  return workOrHeld(record, tasks, most, at);
}

const isGated = (record: MissionFile): boolean => hasGates(record) && (record.policy?.verify ?? true);

/** Gates are run only when nobody works in the same files. */
function waitingGates(record: MissionFile, tasks: readonly Task[]): string | undefined {
  const finished = isGated(record) && record.status === 'active' ? unverified(record, tasks) : [];
  if (finished.length === 0 || isMending(record, tasks)) return undefined;
  return `the quality gates of ${listed(finished.map(({ id }) => id))} wait for it to end`;
}

/** The task that was appended for the last failure is still open: the gates would only fail again. */
const isMending = ({ milestones }: MissionFile, tasks: readonly Task[]): boolean =>
  milestones.some(
    ({ status, gates }) =>
      status !== 'completed' &&
      gates?.exit_code !== 0 &&
      tasks.some(({ id, status: of }) => id === gates?.remediation && of !== 'done' && of !== 'cancelled'),
  );

function unclearLock({ lock, places }: MissionSeen, at: string): Held | undefined {
  if (lock.kind === 'elsewhere') {
    return {
      kind: 'held',
      why: 'conflict',
      reason: `${lock.lock.session_id} runs on the host ${lock.host}: whether it lives cannot be told from here`,
      fix: `Look there; when that machine is gone for good, remove ${places.lock}.`,
    };
  }
  if (lock.kind !== 'corrupt') return undefined;
  return {
    kind: 'held',
    why: 'invalid',
    code: 'F3',
    reason: `${places.lock} cannot be used: ${lock.why}`,
    fix: `Look whether a session still runs; then mosaic coord resume --clean-lock${at}.`,
  };
}

function notActive(status: 'inactive' | 'paused' | 'failed', at: string): Held {
  if (status === 'failed') {
    return {
      kind: 'held',
      why: 'failed',
      reason: 'mission.json says that it failed',
      fix: `Set its status to active there to take it up again; mosaic coord mission${at} shows how far it came.`,
    };
  }
  return { kind: 'held', why: 'paused', reason: `it is ${status}`, fix: 'Set its state to active to go on.' };
}

function workOrHeld(record: MissionFile, tasks: Task[], most: number, at: string): Turn {
  const task = nextTask(record, tasks);
  const milestone = currentMilestone(record);
  const stuck = tasks.filter(({ status }) => status === 'blocked' || status === 'failed');
  // A milestone without tasks is work too: to plan it.
  const planning = task === undefined && milestone !== undefined && tasksOf(tasks, milestone.id).length === 0;
  if (milestone === undefined || (task === undefined && !planning))
    return { kind: 'held', why: 'deadlock', code: 'F10', ...deadlock(record, stuck, at) };
  const idle = idleNow(record, tasks);
  if (idle >= most) {
    return {
      kind: 'held',
      why: 'idle',
      code: 'F1',
      reason: `${counted(idle, 'session')} in a row ended without any task changing`,
      fix: `Read the scratchpad; then mosaic coord run ${task === undefined ? 'TASK' : shellWord(task.id)}${at}, or mosaic apply --restart its agent.`,
    };
  }
  return {
    kind: 'work',
    prompt: promptKind(record),
    milestone: task?.milestone ?? milestone.id,
    ...(task === undefined ? {} : { task }),
  };
}

/** Nothing is left that a session could do, and the mission is not completed. */
function deadlock(
  { milestones }: MissionFile,
  stuck: readonly Task[],
  at: string,
): Pick<Held, 'reason' | 'fix'> {
  if (milestones.length === 0)
    return { reason: 'it has no milestones', fix: 'Give it some, in the fleet file or in mission.json.' };
  if (stuck.length === 0)
    return {
      reason: 'no milestone is open, and not all are completed',
      fix: 'Set a milestone to pending in mission.json when it can go on.',
    };
  const those = listed(stuck.slice(0, 5).map(({ id }) => id));
  return {
    reason: `all tasks that remain are blocked or failed: ${those}${stuck.length > 5 ? ' …' : ''}`,
    fix: `Set one of them to not-started when it can go on, or to cancelled; mosaic coord run TASK${at} retries one.`,
  };
}

/** Idle sessions in a row, unless somebody has changed a task since the last. */
function idleNow(record: MissionFile, tasks: readonly Task[]): number {
  const last = lastSession(record);
  const left = last?.tasks_digest_after ?? last?.tasks_digest;
  return left === undefined || left !== progressDigest(tasks) ? 0 : idleSessions(record);
}

/** After an end that the session did not choose, what lies about has to be looked at first. */
export function promptKind(record: MissionFile): PromptKind {
  const last = lastSession(record);
  if (last === undefined) return 'first';
  if (isOpen(last)) return record.sessions.length > 1 || (last.pid ?? 0) > 0 ? 'recover' : 'first';
  const reason = last.ended_reason ?? 'unknown';
  return reason === 'completed' || reason === 'premature' || reason === 'handoff' ? 'continue' : 'recover';
}
