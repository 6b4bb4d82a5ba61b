/** What the plan says of each mission: its state, the conditions that hold, what is done with it. */
import { shellWord } from '../base/shell.ts';
import { counted } from '../base/text.ts';
import { conditionsOf, crashesOn, type ConditionInput } from '../mission/conditions.ts';
import { progressOf } from '../mission/select.ts';
import type { Mission } from '../model/fleet.ts';
import type { Action, MissionVerdict, Verification } from '../model/plan.ts';
import type { Decision } from './decision.ts';
import {
  joinAction,
  keptMilestoneHolds,
  killedSession,
  missionActions,
  standing,
  type MissionTurn,
} from './missions.ts';
import type { Gathering } from './gather.ts';
import { endInWords, endedRun } from './ending.ts';
import type { Situation } from './situation.ts';
import { missionWorkplace, ownWorktree } from './workplace.ts';

export interface Decided {
  s: Situation;
  decision: Decision;
}

export interface MissionPart {
  verdicts: MissionVerdict[];
  actions: Action[];
  verifications: Verification[];
  holds: { subject: string; reason: string; fix: string }[];
}

/** Missions whose agents the plan is about. */
export function missionPart(
  g: Gathering,
  turns: ReadonlyMap<string, MissionTurn>,
  decided: readonly Decided[],
): MissionPart {
  const part: MissionPart = { verdicts: [], actions: [], verifications: [], holds: [] };
  for (const turn of turns.values()) {
    const its = decided.find(({ s }) => s.name === turn.wish.agent);
    if (its === undefined) continue;
    const actions = actionsOf(turn, its, g.observation.now);
    part.actions.push(...actions);
    part.verifications.push(...verificationOf(g, turn, its));
    part.holds.push(...keptMilestoneHolds(turn));
    part.verdicts.push(verdictOf(g, turn, its, actions));
  }
  return part;
}

function actionsOf(turn: MissionTurn, { s, decision }: Decided, now: number): Action[] {
  const stops = s.session.kind === 'live' && decision.steps.some((step) => step.do === 'stop');
  const killed = stops ? killedSession(turn, s.name, now) : [];
  const join = turn.join === undefined || stops ? [] : [joinAction(turn)];
  return [...missionActions(turn), ...killed, ...join];
}

/** Gates are run only where nobody works in the same files. */
function verificationOf(g: Gathering, { wish, now, conflict }: MissionTurn, its: Decided): Verification[] {
  const { turn } = now;
  const { s } = its;
  if (turn.kind !== 'verify' || conflict !== undefined) return [];
  if (s.session.kind === 'live' || worksOn(its) !== undefined) return [];
  return [
    {
      mission: wish.id,
      agent: wish.agent,
      project: wish.project,
      milestones: turn.milestones,
      command: turn.command,
      workplace: gatesWorkplace(g, wish),
    },
  ];
}

/** As for a session; but a worktree that is not there yet, or no more, is not made for gates alone. */
function gatesWorkplace(g: Gathering, wish: Mission): string {
  const agent = g.fleet.agents.find(({ name }) => name === wish.agent);
  const tree = agent && ownWorktree(g.fleet.name, agent, g.observation);
  return tree === undefined || tree.prunable ? wish.project : missionWorkplace(g, wish);
}

/** Once the plan is done, its agent may change the files. */
function worksOn({ s, decision }: Decided): 'runs' | 'starts' | undefined {
  const does = new Set(decision.steps.map((step) => step.do));
  if (does.has('start')) return 'starts';
  return s.session.kind === 'live' && !does.has('stop') ? 'runs' : undefined;
}

function verdictOf(
  g: Gathering,
  mission: MissionTurn,
  its: Decided,
  actions: readonly Action[],
): MissionVerdict {
  const { wish, now, seen, after } = mission;
  const state = stateOf(mission, its);
  const back = now.turn.kind === 'work' && (state.state === 'held' || state.state === 'waiting');
  const conditions = conditionsOf({
    ...(back ? { waits: 'the next session waits' } : {}),
    seen: after,
    now: g.observation.now,
    wish,
    also: [...infrastructure(its), ...setAside(mission, its)],
  }).map(({ code, name, seen: what, done }) => ({ code, name, seen: what, done }));
  const starts = its.decision.steps.some((step) => step.do === 'begin');
  const bad = state.state === 'conflict';
  const holds = state.state === 'held';
  const written = actions
    .filter(({ kind }) => kind === 'make-mission' || kind === 'change-mission')
    .map(({ reason }) => reason);
  return {
    mission: wish.id,
    agent: wish.agent,
    ...state,
    reason: [...new Set([state.reason, ...written])].join('; '),
    change: bad ? 'conflict' : starts ? 'start' : actions.length > 0 ? 'record' : holds ? 'hold' : 'none',
    conditions,
    ...(seen.tasks.known ? { progress: progressOf(now.tasks) } : {}),
  };
}

function stateOf(
  mission: MissionTurn,
  { s, decision }: Decided,
): Pick<MissionVerdict, 'state' | 'reason' | 'fix'> {
  const { wish, now, conflict } = mission;
  if (conflict !== undefined) return { state: 'conflict', ...conflict };
  const { turn } = now;
  if (decision.steps.some((step) => step.do === 'begin'))
    return { state: 'starting', reason: decision.reason.replace(`${wish.id}: `, '') };
  switch (turn.kind) {
    case 'live':
      if (mission.ofAgent && decision.steps.some((step) => step.do === 'stop'))
        return { state: 'waiting', reason: `${turn.session} ends with its agent` };
      return {
        state: 'working',
        reason: `${turn.session} runs${turn.agent === undefined ? ' in a terminal' : ''}${turn.waits === undefined ? '' : `; ${turn.waits}`}`,
      };
    case 'complete':
      return { state: 'completed', reason: now.record === undefined ? '' : standing(now.record) };
    case 'verifying':
      return { state: 'verifying', reason: 'its quality gates run' };
    case 'verify':
      if (worksOn({ s, decision }) !== undefined)
        return {
          state: 'held',
          reason: `the quality gates of ${turn.milestones.join(', ')} are due, but ${s.name} ${worksOn({ s, decision })} something else`,
          fix: `mosaic coord verify --project ${shellWord(wish.project)} runs them now; else they are run when ${s.name} has ended.`,
        };
      return { state: 'verifying', reason: `the quality gates of ${turn.milestones.join(', ')} are due` };
    case 'held': {
      const { reason, fix } = turn;
      if (turn.why === 'paused') return { state: 'paused', reason };
      return { state: turn.why === 'invalid' || turn.why === 'conflict' ? 'conflict' : 'held', reason, fix };
    }
    case 'work': {
      const next = `${turn.task?.id ?? `planning ${turn.milestone}`} comes next`;
      if (wish.continue === 'manual')
        return {
          state: 'offered',
          reason: `${next}, for a person to start`,
          fix: `mosaic coord continue --project ${shellWord(wish.project)} prints the prompt.`,
        };
      if (s.session.kind === 'live')
        return {
          state: 'held',
          reason: `${next}, but ${s.name} runs something else`,
          fix: `mosaic apply --restart ${s.name} ends that and goes on with the mission${mission.delivery === 'typed' ? `; mosaic coord continue --send ${s.name} types the prompt to it` : ''}.`,
        };
      if (decision.status === 'held')
        return {
          state: 'held',
          reason: decision.reason,
          ...(decision.fix === undefined ? {} : { fix: decision.fix }),
        };
      return {
        state: 'waiting',
        reason: `${next}; ${s.name}: ${decision.reason.replace(`${wish.id}: `, '')}`,
      };
    }
  }
}

/** F4: the plan blocks the task that its sessions crash on. */
function setAside({ after }: MissionTurn, { decision }: Decided): NonNullable<ConditionInput['also']> {
  const step = decision.steps.find((one) => one.do === 'block-task');
  const record = after.record.known ? after.record.value : undefined;
  if (step === undefined || record === undefined) return [];
  const crashes = counted(crashesOn(record, step.task), 'session');
  return [
    {
      code: 'F4',
      seen: `${step.task} (${crashes} crashed on it)`,
      done: decision.status === 'held' ? 'blocked; no other is left' : 'blocked; the tasks after it go on',
    },
  ];
}

/** F6: its agent ended together with many others. */
function infrastructure({ s, decision }: Decided): NonNullable<ConditionInput['also']> {
  const waits = decision.status === 'backoff';
  // Once it is written down, by the time it waits and by the start that follows.
  const known =
    s.session.kind !== 'live' &&
    s.record.ended?.cause === 'outage' &&
    (waits || decision.steps.some((step) => step.do === 'begin'));
  if (!s.together && !s.outage && !known) return [];
  const ended = endedRun(s, undefined);
  return [
    {
      code: 'F6',
      seen: `${s.name}${ended === undefined ? '' : ` (${endInWords(ended)})`} ended together with other agents`,
      done: waits ? 'its start waits; no budget is charged' : 'it starts again; no budget is charged',
    },
  ];
}
