/** What is done with an agent in whose slot the reconciler carries a mission on. */
import { crashesOn, tasksCrashedOn } from '../mission/conditions.ts';
import { currentMilestone, nextTask, tasksOf } from '../mission/select.ts';
import type { Turn } from '../mission/turn.ts';
import type { Task } from '../model/mission.ts';
import type { Ended } from '../model/state.ts';
import { sameDefinition } from '../render/definition.ts';
import { startable, type Decision, type Step } from './decision.ts';
import { backoffMs, countedLimits, countedRestarts, endInWords, nextStart } from './ending.ts';
import { startAsked, type Situation } from './situation.ts';

/** The reconciler starts the sessions of its mission, and no others. */
export const isCarriedOn = ({ mission, wanted }: Situation): boolean =>
  mission !== undefined &&
  wanted === 'running' &&
  mission.wish.continue === 'auto' &&
  mission.wish.state !== 'completed';

type Work = Turn & { kind: 'work' };

/** The session that may begin now. */
const workOf = (s: Situation): Work | undefined => workIn(s, s.mission?.now.turn);

/** The session that may begin in that turn: also where only an operator's word lifts what holds it. */
function workIn(s: Situation, turn: Turn | undefined): Work | undefined {
  const { mission } = s;
  if (mission === undefined || turn === undefined || mission.conflict !== undefined) return undefined;
  if (turn.kind === 'work') return turn;
  const liftable = turn.kind === 'held' && (turn.why === 'idle' || turn.why === 'gates');
  const { record, tasks } = mission.now;
  if (startAsked(s) === undefined || !liftable || record === undefined) return undefined;
  const task = nextTask(record, tasks);
  const milestone = task?.milestone ?? currentMilestone(record)?.id;
  return milestone === undefined
    ? undefined
    : { kind: 'work', prompt: 'recover', milestone, ...(task === undefined ? {} : { task }) };
}

/** A start that was asked for of an agent whose mission has nothing to do gives its agent back to the operator. */
const isGivenBack = (s: Situation): boolean =>
  startAsked(s) !== undefined && s.mission?.now.turn.kind === 'complete';

/** Not live, and no session of the mission may begin. */
export const isHeld = (s: Situation): boolean => isCarriedOn(s) && workOf(s) === undefined && !isGivenBack(s);

export const hasWork = (s: Situation): boolean => isCarriedOn(s) && workOf(s) !== undefined;

/** With a restart of its agent's live session, the next one of its mission begins, where there is work. */
export function beginsAnew(s: Situation): Step[] {
  const work = isCarriedOn(s) ? workIn(s, s.mission?.afterwards) : undefined;
  return work === undefined ? [] : [{ do: 'begin', prompt: work.prompt }];
}

/**
 * It lives and no session follows on it: it is let finish, where nobody asks for its restart. A program that were started in its
 * place would have nothing to do, and keep the mission from going on once it may.
 */
export const isLetFinish = (s: Situation): boolean =>
  isCarriedOn(s) && s.mission?.ofAgent === true && beginsAnew(s).length === 0;

/** The quality gates are due as soon as it no longer lives, and are run before anything else starts in its slot. */
export const isBeforeGates = (s: Situation): boolean =>
  isCarriedOn(s) && s.mission?.conflict === undefined && s.mission?.afterwards.kind === 'verify';

export function held(s: Situation, ended: Ended | undefined): Decision {
  const fresh = ended !== undefined && s.record.ended?.run !== ended.run;
  const record = ended === undefined ? [] : recordStep(s, ended);
  const turn = s.mission?.now.turn;
  const leftOver: Step[] = s.record.stopping === undefined ? [] : [{ do: 'stop', because: 'remains' }];
  const steps = [...record, ...leftOver];
  if (turn?.kind === 'complete') {
    return {
      status: 'completed',
      change: fresh || leftOver.length > 0 ? 'record' : 'none',
      reason: `its mission ${s.mission?.wish.id} is completed`,
      steps,
    };
  }
  const why = s.mission?.conflict?.reason ?? waiting(turn);
  return {
    status: 'held',
    change: fresh || leftOver.length > 0 ? 'record' : turn?.kind === 'verify' ? 'none' : 'hold',
    reason: `mission ${s.mission?.wish.id}: ${why}`,
    ...(turn?.kind === 'held' ? { fix: turn.fix } : {}),
    steps,
  };
}

function waiting(turn: Turn | undefined): string {
  switch (turn?.kind) {
    case 'held':
      return turn.reason;
    case 'live':
      return `${turn.session} is at work on it${turn.agent === undefined ? ' in a terminal' : ''}`;
    case 'verify':
      return `the quality gates of ${turn.milestones.join(', ')} come first`;
    case 'verifying':
      return 'its quality gates run';
    default:
      return 'nothing to do';
  }
}

/** So many tasks in a row are taken to be at fault for an agent's crashes; when it crashes on the next too, it is not the tasks. */
const MOST_SET_ASIDE = 2;

/** The next session of the mission: now, later, or after the task that it crashes on is set aside. */
export function nextSession(s: Situation, ended: Ended | undefined): Decision {
  const work = workOf(s);
  const wish = s.agent?.restart;
  if (work === undefined || wish === undefined) throw new Error(`${s.name} has no mission to go on with`);
  const on = onTo(s, work);
  const begin = (because: string, restarts: number, before: Step[] = [], next = work): Decision =>
    startable(
      s,
      {
        status: 'absent',
        change: s.session.kind === 'dead' ? 'restart' : 'start',
        reason: because === '' ? onTo(s, next) : `${because}; ${onTo(s, next)}`,
        steps: [
          ...record,
          ...before,
          { do: 'stop', because: 'remains' },
          { do: 'begin', prompt: next.prompt },
          { do: 'start', restarts },
        ],
      },
      [...record, ...before],
    );
  const record = ended === undefined ? [] : recordStep(s, ended);
  const asked = startAsked(s);
  if (asked !== undefined) return begin(asked, 0);
  if (ended === undefined || s.record.stopping !== undefined) return begin('', 0);

  const how = endInWords(ended);
  const stay = (decision: Omit<Decision, 'steps' | 'change'>): Decision => ({
    ...decision,
    change: record.length > 0 ? 'record' : 'hold',
    steps: record,
  });
  if (ended.cause === 'exit') return begin(how, 0);
  if (s.together || ended.cause === 'outage') {
    // Not the task's fault, nor the agent's: waits longer each time, and charges nobody.
    const at = ended.at + backoffMs(failuresTogether(s), wish);
    if (at <= s.now) return begin(`${how} together with others`, s.record.restarts);
    return stay({
      status: 'backoff',
      reason: `${how} together with others (F6 infrastructure): waits before it starts again; ${on}`,
      until: at,
    });
  }
  const restarts = Math.min(countedRestarts(s, ended), crashesBefore(s, work.task));
  const next = nextStart(ended, { restarts, limits: countedLimits(s, ended) }, wish, s.now);
  if (next.kind === 'due') return begin(how, restarts + (next.charged ? 1 : 0));
  if (next.kind === 'later') {
    const cause = ended.cause === 'limit' ? `${how} at a usage limit` : how;
    const budget = next.charged ? ` (restart ${restarts + 1} of ${wish.maxRestarts})` : '';
    return stay({
      status: 'backoff',
      reason: `${cause}: waits before it starts again${budget}; ${on}`,
      until: next.at,
    });
  }
  const redefined = s.definition !== undefined && !sameDefinition(ended.definition, s.definition.hash);
  const { record: mission = { sessions: [] }, tasks = [] } = s.mission?.now ?? {};
  const manyTasks = tasksCrashedOn(mission, tasks) > MOST_SET_ASIDE;
  if (redefined && (next.why !== 'budget' || work.task === undefined || manyTasks))
    return begin(`${how}; its definition changed since`, 0);
  if (next.why !== 'budget') {
    return stay({
      status: 'crashed',
      reason: `${how}; restart.policy is never`,
      fix: `mosaic apply --restart ${s.name} goes on with the mission.`,
    });
  }
  if (work.task === undefined) {
    return stay({
      status: 'blocked',
      reason: `crash loop: ${how}, after ${restarts} restarts without a task to set aside; stays down`,
      fix: `Look at its crash records, then mosaic apply --restart ${s.name}.`,
    });
  }
  if (manyTasks) {
    return stay({
      status: 'blocked',
      reason: `crash loop: ${how}, on one task after the other, so it is none of theirs; stays down`,
      fix: `Look at its crash records; then set the blocked tasks to not-started, and mosaic apply --restart ${s.name}.`,
    });
  }
  return setAside(s, work.task, `${how}, after ${restarts} restarts on ${work.task.id}`, begin, record);
}

/** F4: the task is blocked, and the mission goes on with the next, if there is one. */
function setAside(
  s: Situation,
  task: Task,
  spiral: string,
  begin: (because: string, restarts: number, before: Step[], next: Work) => Decision,
  record: Step[],
): Decision {
  const block: Step = { do: 'block-task', task: task.id };
  const { record: mission, tasks = [] } = s.mission?.now ?? {};
  const others = tasks.map((one) =>
    one.id === task.id ? Object.assign({}, one, { status: 'blocked' as const }) : one,
  );
  const next = mission && nextTask(mission, others);
  const begins = (of: string): Work => ({ kind: 'work', prompt: 'recover', milestone: of });
  const milestone = mission && currentMilestone(mission);
  const planning = milestone !== undefined && tasksOf(others, milestone.id).length === 0;
  const reason = `error spiral (F4): ${spiral}: ${task.id} is blocked`;
  if (next !== undefined) return begin(reason, 0, [block], { ...begins(next.milestone), task: next });
  if (planning) return begin(reason, 0, [block], begins(milestone.id));
  return {
    status: 'held',
    change: 'record',
    reason: `${reason}, and no other task is left`,
    fix: `Set ${task.id} to not-started when it can go on.`,
    steps: [...record, block],
  };
}

const onTo = (s: Situation, work: Work): string => `${s.mission?.wish.id}: ${describe(work)}`;

const describe = ({ prompt, task, milestone }: Work): string =>
  `${prompt === 'first' ? 'begins with' : prompt === 'recover' ? 'recovers on' : 'continues with'} ${task?.id ?? `planning ${milestone}`}`;

function recordStep(s: Situation, ended: Ended): Step[] {
  if (s.record.ended?.run === ended.run) return [];
  const cause = s.together && ended.cause === 'crash' ? 'outage' : ended.cause;
  const restarts = countedRestarts(s, ended);
  return [{ do: 'record', ended: { ...ended, cause }, restarts, limits: countedLimits(s, ended) }];
}

/** Crashes in a row on that task before the present end: a task that goes well starts the budget anew. */
function crashesBefore(s: Situation, task: Task | undefined): number {
  const { record } = s.mission?.now ?? {};
  if (record === undefined || task === undefined) return Number.MAX_SAFE_INTEGER;
  return Math.max(0, crashesOn(record, task.id) - 1);
}

/** Sessions in a row that ended for no fault of their own, the present one not counted. */
function failuresTogether(s: Situation): number {
  const sessions = s.mission?.now.record?.sessions ?? [];
  return Math.max(
    0,
    sessions.length - 1 - sessions.findLastIndex(({ ended_reason }) => ended_reason !== 'unknown') - 1,
  );
}
