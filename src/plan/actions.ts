/** From a decision's steps to actions: single host operations with their targets and what each needs done before it. */
import type { Agent } from '../model/fleet.ts';
import type { Action, StopSession, Target } from '../model/plan.ts';
import { runKey, type Run } from '../model/state.ts';
import type { Gathering } from './gather.ts';
import { beginsConversation } from './conversation.ts';
import type { Decision, Step } from './decision.ts';
import { kickstart } from './kickstart.ts';
import { joinAction, type MissionTurn } from './missions.ts';
import { resumes, suspends, type Situation } from './situation.ts';
import { inTheWayOf, missionWorkplace, ownWorktree, workplaceOf } from './workplace.ts';

/** Ids of shared actions that every start needs: files, reload, holder. */
export interface Shared {
  needs: string[];
}

export function agentActions(g: Gathering, s: Situation, decision: Decision, shared: Shared): Action[] {
  const actions: Action[] = [];
  if (s.renameFrom !== undefined || (s.wrongName && s.wanted === 'running')) actions.push(rename(s));
  // Written down before anything is done about it: a kill in between must not have the next plan undo what was asked for.
  const common = { agent: s.name, reason: decision.reason, needs: actions.map(({ id }) => id) };
  if (suspends(s)) actions.push({ kind: 'suspend', id: `suspend:${s.name}`, at: s.now, ...common });
  if (resumes(s)) actions.push({ kind: 'resume', id: `resume:${s.name}`, ...common });
  // Also where an interrupted apply renamed everything else.
  actions.push(...markWorktree(g, s));
  const ready = preparation(g, s, decision, shared);
  const begins = decision.steps.some((step) => step.do === 'begin');
  const fresh = beginsConversation(g, s, decision);
  for (const step of decision.steps) {
    // One that runs is stopped only when all that its start takes is there; of one that has ended nothing is lost by then.
    const restarts = step.do === 'stop' && step.because === 'restart';
    const prepared = restarts || step.do === 'start' || step.do === 'begin';
    if (prepared) actions.push(...ready.worktree.splice(0));
    const needs = actions.map(({ id }) => id);
    const before = prepared ? [...ready.needs, ...needs] : needs;
    actions.push(...stepActions(g, s, step, decision.reason, before, { begins, fresh }));
  }
  return actions;
}

/** What a start takes: its worktree, if that is to be made; its file, and what all starts need. */
function preparation(
  g: Gathering,
  { name, agent }: Situation,
  { steps }: Decision,
  shared: Shared,
): { worktree: Action[]; needs: string[] } {
  if (agent === undefined || !steps.some((step) => step.do === 'start')) return { worktree: [], needs: [] };
  return {
    worktree: makeWorktree(g, agent),
    needs: [...shared.needs, `write-file:${g.places.agentFile(name)}`],
  };
}

function stepActions(
  g: Gathering,
  s: Situation,
  step: Step,
  reason: string,
  needs: string[],
  { begins, fresh }: { begins: boolean; fresh: boolean },
): Action[] {
  const agent = s.name;
  switch (step.do) {
    case 'adopt-session':
    case 'write-lock':
      return adopt(g, s, step, reason, needs);
    case 'record':
      return [record(g, s, step, reason, needs)];
    case 'stop':
      return [stop(g, s, { because: step.because, reason, needs, fresh })];
    case 'forget':
      return [{ kind: 'forget', id: `forget:${agent}`, agent, reason, needs }];
    case 'kickstart':
      return kickstart(s, needs, false);
    case 'begin':
    case 'block-task':
      return s.mission === undefined ? [] : [missionStep(g, s.mission, step, reason, needs)];
    case 'start':
      return s.agent === undefined ? [] : start(g, s, s.agent, { ...step, reason, needs, begins, fresh });
  }
}

/** The agent's own session; never a foreign one that bears its name. */
const targetOf = (s: Situation): Target | undefined =>
  s.session.kind === 'foreign' ? undefined : targetOn(s);

/** The session as it was seen, with the mark that it bore then: another's, or none, where `--adopt` takes it over. */
function targetOn(s: Situation): Target | undefined {
  if (s.session.kind === 'absent') return undefined;
  const { session, server } = s.session;
  return { session: session.id, server, ...(session.owner === undefined ? {} : { owner: session.owner }) };
}

/** The run that a session is, as the record will have it. */
function runOf(s: Situation, definition: string): Run | undefined {
  if (s.session.kind === 'absent') return undefined;
  const { session, server } = s.session;
  return {
    key: runKey(server, session.id),
    sessionId: session.id,
    server,
    pid: session.pane?.pid ?? 0,
    bootId: s.bootId,
    startedAt: session.createdAt,
    definition,
  };
}

function adopt(g: Gathering, s: Situation, step: Step, reason: string, needs: string[]): Action[] {
  const { agent } = s;
  const foreign = s.session.kind === 'foreign';
  const definition =
    foreign || s.session.kind === 'absent' ? '0-' : (s.session.session.started?.definition ?? '0-');
  const run = runOf(s, definition);
  const target = targetOn(s);
  if (agent === undefined || run === undefined || target === undefined) return [];
  const pending = s.session.kind === 'live' && s.session.session.kickstartPending;
  const common = {
    agent: s.name,
    run,
    runtime: agent.runtime,
    projectPath: workplaceOf(g.fleet.name, agent, g.observation, g.places),
    reason,
    needs,
  };
  if (step.do !== 'write-lock') {
    return [{ kind: 'adopt-session', id: `adopt-session:${s.name}`, target, supervisor: 'none', ...common }];
  }
  return [
    {
      kind: 'write-lock',
      id: `write-lock:${s.name}`,
      restarts: step.restarts,
      ...(s.definition?.hash === definition ? { fields: s.definition.fields } : {}),
      ...common,
    },
    ...(pending ? kickstart(s, [`write-lock:${s.name}`], false) : []),
  ];
}

function record(
  g: Gathering,
  s: Situation,
  step: Step & { do: 'record' },
  reason: string,
  needs: string[],
): Action {
  const target = targetOf(s);
  const pane = s.session.kind === 'dead' ? s.session.session.pane : undefined;
  const workplace = s.agent && workplaceOf(g.fleet.name, s.agent, g.observation, g.places);
  return {
    kind: 'record-end',
    id: `record-end:${s.name}`,
    agent: s.name,
    ended: step.ended,
    restarts: step.restarts,
    limits: step.limits,
    ...(pane === undefined || target === undefined
      ? {}
      : { pane: { id: pane.id, target: renamed(s, target) } }),
    ...(workplace === undefined ? {} : { workplace }),
    worktree: s.agent?.worktree !== undefined,
    outage: step.ended.cause === 'outage',
    reason,
    needs,
  };
}

function stop(
  g: Gathering,
  s: Situation,
  { because, reason, needs, fresh }: Pick<StopSession, 'because' | 'reason' | 'needs'> & { fresh: boolean },
): Action {
  const target = targetOf(s);
  const own = s.session.kind === 'live' || s.session.kind === 'dead' ? s.session.session : undefined;
  return {
    kind: 'stop-session',
    id: `stop-session:${s.name}`,
    agent: s.name,
    because,
    ...(target === undefined ? {} : { target: renamed(s, target) }),
    ...(own?.pane === undefined ? {} : { pane: { pid: own.pane.pid } }),
    runs: runsOf(g, s),
    born: s.born,
    unit: s.unitActive,
    scope: s.scopeActive,
    ...(fresh ? { fresh } : {}),
    reason,
    needs,
  };
}

/**
 * Every run of the agent that anything still names: what processes may be left of. A session that somebody took our mark off
 * is theirs, with all that runs in it, also where a record or a lock still names it.
 */
function runsOf(g: Gathering, s: Situation): string[] {
  const seen = s.session.kind === 'live' || s.session.kind === 'dead' ? s.session.run : undefined;
  const locked = s.lock === undefined || s.lock.kind === 'corrupt' ? undefined : s.lock.lock.sessionId;
  const named = [s.record.run?.key, s.record.ended?.run, locked].filter((run) => run !== undefined);
  const over = named.filter((run) => !isThere(g, run));
  return [...new Set([...(seen === undefined ? [] : [seen]), ...over])];
}

/**
 * Whether a session is on the server now that processes of that run could belong to. Their environment names the server's pid
 * and the session's number, both of which come again after a reboot, so the time at which the server started is left out.
 */
function isThere({ tmux: { server, sessions } }: Gathering, run: string): boolean {
  const [, pid, number] = run.split('.');
  return pid === `${server?.pid}` && sessions.some(({ id }) => id === `$${number}`);
}

/** A session that is renamed first bears the new mark when the later steps come to it. */
const renamed = (s: Situation, target: Target): Target =>
  s.renameFrom === undefined || target.owner === undefined
    ? target
    : { ...target, owner: { ...target.owner, agent: s.name } };

function rename(s: Situation): Action {
  const target = targetOf(s);
  const from = s.renameFrom;
  return {
    kind: 'rename-session',
    id: `rename-session:${s.name}`,
    agent: s.name,
    ...(from === undefined ? {} : { from }),
    ...(target === undefined ? {} : { target }),
    reason: from === undefined ? 'its session was renamed by hand' : `renamed from ${from}`,
    needs: [],
  };
}

/** The worktree of a renamed agent gets the new name into its mark, and keeps its place. */
function markWorktree(g: Gathering, s: Situation): Action[] {
  const tree = s.agent && ownWorktree(g.fleet.name, s.agent, g.observation);
  if (s.agent?.worktree === undefined || tree === undefined || tree.owner?.agent === s.name) return [];
  return [
    {
      kind: 'mark-worktree',
      id: `mark-worktree:${s.name}`,
      agent: s.name,
      repository: s.agent.worktree.repository,
      path: tree.path,
      reason: `renamed from ${tree.owner?.agent}`,
      needs: [],
    },
  ];
}

/** One step of its agent's mission, after all that is written for the mission anyway. */
function missionStep(
  g: Gathering,
  { wish }: MissionTurn,
  step: Step & { do: 'begin' | 'block-task' },
  reason: string,
  needs: string[],
): Action {
  const { id: mission, agent } = wish;
  const written = ['make-mission', 'end-mission-session', 'change-mission'].map(
    (kind) => `${kind}:${mission}`,
  );
  const common = { mission, agent, reason };
  if (step.do === 'block-task')
    return {
      kind: 'block-task',
      id: `block-task:${mission}`,
      task: step.task,
      needs: [...needs, ...written],
      ...common,
    };
  return {
    kind: 'begin-mission-session',
    id: `begin-mission-session:${mission}`,
    prompt: step.prompt,
    workplace: missionWorkplace(g, wish),
    needs: [...needs, ...written, `block-task:${mission}`],
    ...common,
  };
}

function start(
  g: Gathering,
  s: Situation,
  agent: Agent,
  {
    restarts,
    reason,
    needs,
    begins,
    fresh,
  }: { restarts: number; reason: string; needs: string[]; begins: boolean; fresh: boolean },
): Action[] {
  const { fleet, observation, places } = g;
  const workingDirectory = workplaceOf(fleet.name, agent, observation, places);
  const definition = g.definitions.get(agent.name);
  if (definition === undefined) throw new Error(`${agent.name} has no definition`);
  const begin: Action = {
    kind: 'start-session',
    id: `start-session:${agent.name}`,
    agent: agent.name,
    runtime: agent.runtime,
    file: places.agentFile(agent.name),
    workingDirectory,
    definition: definition.hash,
    fields: definition.fields,
    restarts,
    ...(fresh ? { fresh } : {}),
    reason,
    needs,
  };
  const join = begins && s.mission !== undefined ? [joinAction(s.mission, [begin.id])] : [];
  return [begin, ...join, ...kickstart(s, [begin.id], begins)];
}

function makeWorktree(g: Gathering, agent: Agent): Action[] {
  const wish = agent.worktree;
  if (wish === undefined) return [];
  const path = workplaceOf(g.fleet.name, agent, g.observation, g.places);
  const own = ownWorktree(g.fleet.name, agent, g.observation);
  if (own?.path === path && !own.prunable) return [];
  return [
    {
      kind: 'make-worktree',
      id: `make-worktree:${agent.name}`,
      agent: agent.name,
      repository: wish.repository,
      path,
      ...(wish.base === undefined ? {} : { base: wish.base }),
      ...(wish.branch === undefined ? {} : { branch: wish.branch }),
      reason:
        wish.branch === undefined
          ? 'its worktree is not there'
          : `its worktree on ${wish.branch} is not there`,
      needs: inTheWayOf(g, wish, path).map((tree) => `remove-worktree:${tree.path}`),
    },
  ];
}
