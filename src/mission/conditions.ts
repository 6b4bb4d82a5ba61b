/** What is wrong with a mission, by code and name, and what is done about it. */
import { formatDuration } from '../base/duration.ts';
import { shellWord } from '../base/shell.ts';
import { counted, listed } from '../base/text.ts';
import type { Mission } from '../model/fleet.ts';
import type { MissionFile, MissionSeen, SessionEntry, Task } from '../model/mission.ts';
import { isOpen, lastSession, nextTask, strayTasks } from './select.ts';
import { missionNow, type MissionNow } from './turn.ts';

export type ConditionCode = 'F1' | 'F2' | 'F3' | 'F4' | 'F5' | 'F6' | 'F7' | 'F8' | 'F9' | 'F10';

const names: Record<ConditionCode, string> = {
  F1: 'premature stop',
  F2: 'context exhausted',
  F3: 'crash',
  F4: 'error spiral',
  F5: 'quality gate failed',
  F6: 'infrastructure',
  F7: 'false completion',
  F8: 'scope drift',
  F9: 'subagent failure',
  F10: 'deadlock',
};

export interface Condition {
  code: ConditionCode;
  /** Such as 'premature stop'. */
  name: string;
  /** What was seen: a clause, such as 'sess-003 ended after 12m, 5 tasks remain'. */
  seen: string;
  /** What was or is to be done about it: a clause. */
  done: string;
}

export interface ConditionInput {
  seen: MissionSeen;
  /** Epoch ms. */
  now: number;
  /** The fleet file's mission, where it is known. */
  wish?: Mission;
  /** What only the reconciler knows: that many agents failed together, that a restart budget is used up. */
  also?: readonly Pick<Condition, 'code' | 'seen' | 'done'>[];
  /** What keeps the next session back, where only the reconciler knows: a clause. */
  waits?: string;
}

/** Those that hold, by code. */
export function conditionsOf({ seen, now, wish, also = [], waits }: ConditionInput): Condition[] {
  const mission = missionNow(seen, wish, now);
  const found = [...also, ...lasting(mission, seen, now, waits)];
  const codes = Object.keys(names) as ConditionCode[];
  return codes.flatMap((code) => {
    const condition = found.find((one) => one.code === code);
    return condition === undefined ? [] : [{ ...condition, name: names[code] }];
  });
}

type Found = Pick<Condition, 'code' | 'seen' | 'done'>;

function lasting(mission: MissionNow, seen: MissionSeen, now: number, waits: string | undefined): Found[] {
  const { record, tasks, turn } = mission;
  if (record === undefined) return turn.kind === 'held' && turn.code !== undefined ? [held(turn)] : [];
  const over = record.status === 'completed' || record.status === 'failed';
  return [
    ...(over ? [] : lastEnd(mission, record, seen, waits)),
    ...spirals(record, tasks),
    ...(over ? [] : failedGates(mission, record)),
    ...drift(record, tasks),
    ...failedTasks(tasks),
    ...(over ? [] : deadlock(mission, record, seen, now)),
  ];
}

const held = (turn: { code?: ConditionCode; reason: string; fix: string }): Found => ({
  code: turn.code ?? 'F10',
  seen: turn.reason,
  done: turn.fix,
});

/** F1, F2, F3: how the last session ended, while no other is at work. */
function lastEnd(
  { turn, tasks }: MissionNow,
  record: MissionFile,
  { lock, places }: MissionSeen,
  waits: string | undefined,
): Found[] {
  if (lock.kind === 'corrupt')
    return [
      {
        code: 'F3',
        seen: `${places.lock} cannot be used: ${lock.why}`,
        done: 'nothing is started; mosaic coord resume looks into it',
      },
    ];
  const last = lastSession(record);
  if (last === undefined || turn.kind === 'live' || turn.kind === 'complete') return [];
  if (turn.kind === 'held' && turn.why === 'conflict') return [];
  const next = waits ?? goesOn(record, turn);
  const id = last.session_id;
  if (isOpen(last) || lock.kind === 'dead') {
    const why = lock.kind === 'dead' ? lock.why : 'gone';
    if (why === 'never-started')
      return [{ code: 'F3', seen: `${id} was begun and its program never started`, done: next }];
    const byHand = record.policy?.continue !== 'auto' && turn.kind === 'work';
    const recovery = byHand ? 'mosaic coord resume tells what it left, and how to go on' : next;
    const how = why === 'reboot' ? 'the machine was started anew since' : 'its process is gone';
    return [{ code: 'F3', seen: `${id}: ${how}`, done: `its worktree is kept; ${recovery}` }];
  }
  const left = remaining(record, tasks);
  const after = lengthOf(last);
  switch (last.ended_reason) {
    case 'premature':
    case 'completed':
      if (turn.kind === 'held' && turn.why === 'idle')
        return [{ code: 'F1', seen: turn.reason, done: 'held: no more are started' }];
      return [{ code: 'F1', seen: `${id} ended${after}, ${left}`, done: next }];
    case 'handoff':
      if (turn.kind === 'held' && turn.why === 'idle')
        return [{ code: 'F1', seen: turn.reason, done: 'held: no more are started' }];
      return [{ code: 'F2', seen: `${id} handed over${after}, ${left}`, done: next }];
    case 'crashed':
      return [{ code: 'F3', seen: `${id} crashed${after}, ${left}`, done: `its worktree is kept; ${next}` }];
    case 'reboot':
      return [
        { code: 'F3', seen: `${id} was ended by a reboot, ${left}`, done: `its worktree is kept; ${next}` },
      ];
    default:
      return [];
  }
}

function goesOn(record: MissionFile, turn: MissionNow['turn']): string {
  if (turn.kind === 'verify' || turn.kind === 'verifying') return 'the quality gates come first';
  if (turn.kind === 'held') return `held: ${turn.reason}`;
  if (record.policy?.continue === 'auto') return 'the next reconcile goes on';
  return 'mosaic coord continue prints the prompt for the next session';
}

function remaining(record: MissionFile, tasks: readonly Task[]): string {
  const open = tasks.filter(({ status }) => status !== 'done' && status !== 'cancelled').length;
  if (open > 0) return `${counted(open, 'task')} remain${open === 1 ? 's' : ''}`;
  return nextTask(record, tasks) === undefined ? 'milestones remain open' : 'tasks remain';
}

const lengthOf = ({ duration_seconds: seconds }: SessionEntry): string =>
  typeof seconds === 'number' && seconds >= 1 ? ` after ${formatDuration(rounded(seconds) * 1000)}` : '';

/** Seconds as a person would say them: whole minutes from ten minutes on. */
const rounded = (seconds: number): number =>
  seconds < 600 ? Math.round(seconds) : Math.round(seconds / 60) * 60;

/** F4: a task that is blocked and that the last sessions on it crashed on. */
function spirals(record: MissionFile, tasks: readonly Task[]): Found[] {
  const blocked = tasks.flatMap(({ id, status }) => {
    const crashes = status === 'blocked' ? crashesOn(record, id) : 0;
    return crashes > 1 ? [`${id} (${counted(crashes, 'session')} crashed on it)`] : [];
  });
  if (blocked.length === 0) return [];
  return [{ code: 'F4', seen: listed(blocked), done: 'blocked; the tasks after it go on' }];
}

/** How many sessions in a row, the last ones that worked on that task, have crashed. */
export function crashesOn({ sessions }: MissionFile, task: string): number {
  const own = sessions.filter((session) => session.last_task_id === task && !isOpen(session));
  return own.length - 1 - own.findLastIndex(({ ended_reason }) => ended_reason !== 'crashed');
}

/** On how many tasks, none of them done since, the last sessions in a row have crashed. */
export function tasksCrashedOn({ sessions }: Pick<MissionFile, 'sessions'>, tasks: readonly Task[]): number {
  const ended = sessions.filter((session) => !isOpen(session));
  const first = ended.findLastIndex(({ ended_reason }) => ended_reason !== 'crashed') + 1;
  const crashedOn = new Set(ended.slice(first).map(({ last_task_id: task }) => task));
  return tasks.filter(({ id, status }) => crashedOn.has(id) && status !== 'done' && status !== 'cancelled')
    .length;
}

/** F5 and F7: the gates said no although every task of a milestone was done. */
function failedGates({ turn }: MissionNow, record: MissionFile): Found[] {
  const failed = record.milestones.flatMap(({ id, status, gates }) =>
    status !== 'completed' && gates?.ended_at !== undefined && gates.exit_code !== 0 ? [{ id, gates }] : [],
  );
  const [first] = failed;
  if (first === undefined) return [];
  const ids = listed(failed.map(({ id }) => id));
  const { exit_code: code, failures, remediation } = first.gates;
  const how = code === undefined ? 'did not end by themselves' : `failed with exit ${code}`;
  const times = failures > 1 ? `, ${failures} times in a row` : '';
  const stops = turn.kind === 'held' && turn.why === 'gates';
  return [
    {
      code: 'F5',
      seen: `the quality gates of ${ids} ${how}${times}`,
      done: stops
        ? 'held: no more are started'
        : remediation === undefined
          ? 'they run again when its tasks are done'
          : `the task ${remediation} was appended to have it mended`,
    },
    {
      code: 'F7',
      seen: `all tasks of ${ids} were done, and the quality gates say otherwise`,
      done: `a correction is in the scratchpad; ${failed.length > 1 ? 'they stay' : 'it stays'} open`,
    },
  ];
}

/** F8. */
function drift(record: MissionFile, tasks: readonly Task[]): Found[] {
  const stray = strayTasks(record, tasks);
  if (stray.length === 0) return [];
  const shown = stray
    .slice(0, 5)
    .map(({ id, milestone }) => `${id} (${milestone === '' ? 'no milestone' : milestone})`);
  const more = stray.length > shown.length ? ` and ${stray.length - shown.length} more` : '';
  const seen = `${counted(stray.length, 'task')} of no milestone of the mission: ${shown.join(', ')}${more}`;
  return [{ code: 'F8', seen, done: 'reported; no session is given them' }];
}

/** F9. */
function failedTasks(tasks: readonly Task[]): Found[] {
  const failed = tasks.filter(({ status }) => status === 'failed').map(({ id }) => id);
  const [first] = failed;
  if (first === undefined) return [];
  const seen = `${listed(failed.slice(0, 5))}${failed.length > 5 ? ' …' : ''} failed`;
  return [{ code: 'F9', seen, done: `mosaic coord run ${shellWord(first)} retries it` }];
}

/** F10. */
function deadlock({ turn }: MissionNow, record: MissionFile, seen: MissionSeen, now: number): Found[] {
  if (turn.kind === 'held' && turn.why === 'deadlock') return [held(turn)];
  const { changedAt, lock } = seen;
  const after = (record.policy?.deadlock_after_seconds ?? 6 * 3600) * 1000;
  if (lock.kind !== 'live' || changedAt === undefined || now - changedAt < after) return [];
  const still = formatDuration(rounded((now - changedAt) / 1000) * 1000);
  return [
    {
      code: 'F10',
      seen: `${lock.lock.session_id} lives, and nothing has changed for ${still}`,
      done: 'reported; it is not ended: look at it (tmux attach), or end it',
    },
  ];
}
