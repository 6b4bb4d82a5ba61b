/** The parts of a mission that reports are made of. */
import { formatDuration } from '../base/duration.ts';
import { visible } from '../base/visible.ts';
import { conditionsOf, type Condition } from '../mission/conditions.ts';
import { lineOf } from '../mission/brief.ts';
import { lengthWords } from '../mission/ending.ts';
import { livenessOf, momentOf, STALE_AFTER_MS, type Liveness } from '../mission/liveness.ts';
import { tasksOf, type Progress } from '../mission/select.ts';
import type {
  DeadWhy,
  MilestoneEntry,
  MissionFile,
  MissionSeen,
  SessionEntry,
  Task,
} from '../model/mission.ts';
import { ago, duration } from './format.ts';
import type { Style } from './style.ts';

/** A mission as it was seen, and what is wrong with it. */
export interface MissionView {
  seen: MissionSeen;
  conditions: readonly Condition[];
  /** Epoch ms. */
  now: number;
  /** How long nothing may change before its session is called stale; 30 minutes unless told. */
  staleAfterMs?: number;
}

export const viewOf = (seen: MissionSeen, now: number, staleAfterMs?: number): MissionView => ({
  seen,
  conditions: conditionsOf({ seen, now }),
  now,
  ...(staleAfterMs === undefined ? {} : { staleAfterMs }),
});

export const recordOf = ({ seen }: MissionView): MissionFile | undefined =>
  seen.record.known ? seen.record.value : undefined;

/** None where the table cannot be read. */
export const taskList = ({ seen }: MissionView): Task[] => (seen.tasks.known ? (seen.tasks.value ?? []) : []);

export const liveness = ({ seen, now, staleAfterMs }: MissionView): Liveness =>
  livenessOf(seen, now, staleAfterMs);

/** As many cells of `width` as are done of the total: some for the first, all only for the last. */
export function bar({ done, total }: Pick<Progress, 'done' | 'total'>, width: number): string {
  const part = total === 0 ? 0 : Math.floor((done * width) / total);
  const full = done === 0 ? 0 : Math.max(1, part);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `5 of 12 tasks done, 41%`. */
export const progressWords = ({ done, total, pct }: Progress): string =>
  total === 0 ? 'no tasks yet' : `${done} of ${total} ${total === 1 ? 'task' : 'tasks'} done, ${pct}%`;

export const missionStyles: Record<MissionFile['status'], Style | undefined> = {
  inactive: 'dim',
  active: 'green',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
};

export const milestoneStyles: Record<MilestoneEntry['status'], Style | undefined> = {
  pending: undefined,
  'in-progress': 'cyan',
  completed: 'green',
  blocked: 'red',
};

export function stateWords({ state, starting, host }: Liveness): { word: string; style?: Style } {
  switch (state) {
    case 'running':
      if (host !== undefined) return { word: 'elsewhere', style: 'yellow' };
      return { word: starting ? 'starting' : 'running', style: 'green' };
    case 'stale':
      return { word: 'stale', style: 'yellow' };
    case 'dead':
      return { word: 'dead', style: 'red' };
    case 'none':
      return { word: 'none' };
    case 'unknown':
      return { word: 'unknown', style: 'red' };
  }
}

const deadWords: Record<DeadWhy, string> = {
  gone: 'its process is gone',
  reused: 'its process is gone, another one bears its pid',
  reboot: 'the machine was started anew since',
  'never-started': 'its program was never started',
};

/** The session of the lock in a sentence, safe to print. */
export function sessionSentence(view: MissionView): string {
  const found = liveness(view);
  const { lock } = found;
  if (found.state === 'unknown')
    return `The lock ${visible(view.seen.places.lock)} cannot be read: ${visible(found.why ?? '')}.`;
  if (lock === undefined)
    return found.lost === undefined
      ? 'No session is at work.'
      : `No session is at work; ${lineOf(found.lost)} has no end written down, and its lock is gone.`;
  const began = momentOf(lock.started_at);
  const since = began === undefined ? '' : `, begun ${ago(began, view.now)}`;
  const who = `${lineOf(lock.session_id)} (${whoWords(lock)})`;
  if (found.dead !== undefined) return `${who} is dead: ${deadWords[found.dead]}${since}.`;
  const still =
    found.stillMs === undefined
      ? ''
      : `, last change ${found.stillMs < 1000 ? 'now' : `${duration(found.stillMs)} ago`}`;
  if (found.host !== undefined)
    return `${who} runs on ${lineOf(found.host)}, where alone it can be told whether it lives${since}${still}.`;
  if (found.starting) return `${who} is being started${since}.`;
  if (found.state === 'stale') {
    const limit = formatDuration(view.staleAfterMs ?? STALE_AFTER_MS);
    return `${who} is stale: it lives, but nothing has changed for ${duration(found.stillMs ?? 0)} (more than ${limit})${since}.`;
  }
  return `${who} is running${since}${still}.`;
}

function whoWords({ runtime, agent, pid }: { runtime: string; agent?: string | null; pid: number }): string {
  return [
    lineOf(runtime),
    agent === undefined || agent === null || agent === '' ? '' : `agent ${lineOf(agent)}`,
    pid === 0 ? '' : `pid ${pid}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** How a session of the record stands: its reason, or that it runs. */
export function endWords(session: SessionEntry, view: MissionView): { text: string; style?: Style } {
  const reason = session.ended_reason ?? '';
  if (reason !== '') {
    const idle = session.idle === true ? ', idle' : '';
    const bad = reason === 'crashed' || reason === 'reboot' || reason === 'unknown';
    return { text: `${lineOf(reason)}${idle}`, ...(bad ? { style: 'red' as const } : {}) };
  }
  const found = liveness(view);
  if (found.lock?.session_id !== session.session_id) return { text: 'no end known', style: 'red' };
  const { word, style } = stateWords(found);
  return { text: word, ...(style === undefined ? {} : { style }) };
}

/** How long a session took, or has taken so far. */
export function lengthOf(session: SessionEntry, now: number): string {
  const { duration_seconds: seconds } = session;
  if (typeof seconds === 'number') return lengthWords(seconds);
  const began = momentOf(session.started_at);
  const ended = momentOf(session.ended_at) ?? now;
  return began === undefined ? '' : lengthWords((ended - began) / 1000);
}

/** What stands out among a milestone's tasks: `1 in progress, 2 blocked`. */
export function notable(tasks: readonly Task[], milestone: string): string {
  const own = tasksOf(tasks, milestone);
  const count = (status: Task['status'], word: string): string => {
    const n = own.filter((task) => task.status === status).length;
    return n === 0 ? '' : `${n} ${word}`;
  };
  return [count('in-progress', 'in progress'), count('blocked', 'blocked'), count('failed', 'failed')]
    .filter((part) => part !== '')
    .join(', ');
}
