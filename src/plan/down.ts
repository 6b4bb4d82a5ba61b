/** Takes a fleet away again: every session, unit and file that is ours, and nothing else. */
import type { Action, Plan, Verdict } from '../model/plan.ts';
import { unitNames } from '../render/unit-names.ts';
import { agentActions } from './actions.ts';
import { formulasDown } from './formulas.ts';
import { gather, type Gathering } from './gather.ts';
import { gatherMissions, killedSession, type MissionTurn } from './missions.ts';
import { inOrder } from './order.ts';
import { alsoEnds, type Decision } from './decision.ts';
import { decide } from './rules.ts';
import { orphanFiles, reloadAction, worktreeLeftovers } from './shared.ts';
import type { Situation } from './situation.ts';

/** @param g with a fleet of no agents, so that each counts as gone */
export function downPlan(g: Gathering): Plan {
  const pruned = { ...g, fleet: { ...g.fleet, reconcile: { ...g.fleet.reconcile, prune: true } } };
  const situations = gather(pruned);
  const turns = gatherMissions(pruned, situations);
  const decided = situations.map((s) => ({ s, decision: decide(s, undefined) }));
  const agents = decided.flatMap(({ s, decision }) => agentActions(pruned, s, decision, { needs: [] }));
  const timers = formulasDown(pruned);
  const holder = stopHolder(pruned, [...timers, ...agents]);
  const files = orphanFiles(
    pruned,
    [],
    timers.map(({ id }) => id),
  );
  const leftovers = worktreeLeftovers(pruned);
  return {
    fleet: g.fleet.name,
    supervisor: g.supervisor,
    actions: inOrder([
      ...timers,
      ...agents,
      ...endedMissions(turns, decided, g.observation.now),
      ...holder,
      ...files,
      ...(g.supervisor === 'systemd' ? reloadAction(pruned, files) : []),
      ...leftovers.actions,
    ]),
    verdicts: decided.map(({ s, decision }) => verdictOf(s, decision)),
    missions: [],
    verifications: [],
    holds: leftovers.holds,
    definitions: [],
  };
}

/** The sessions of missions whose agents are stopped: they are ended, and their missions stay as they are. */
function endedMissions(
  turns: ReadonlyMap<string, MissionTurn>,
  decided: readonly { s: Situation; decision: Decision }[],
  now: number,
): Action[] {
  return [...turns.values()].flatMap((turn) =>
    decided.some(({ s, decision }) => s.name === turn.wish.agent && decision.change === 'stop')
      ? killedSession(turn, turn.wish.agent, now)
      : [],
  );
}

function verdictOf(s: Situation, decision: Decision & { rule: string }): Verdict {
  const { rule, status, change, reason, fix } = decision;
  return {
    agent: s.name,
    wanted: 'gone',
    rule,
    status,
    change,
    reason: change === 'hold' ? reason : `the fleet is taken down${alsoEnds(s)}`,
    ...(fix === undefined ? {} : { fix }),
  };
}

function stopHolder(g: Gathering, before: readonly Action[]): Action[] {
  const name = g.fleet.tmux.holderSession;
  const session = g.tmux.sessions.find(({ owner }) => owner?.fleet === g.fleet.name && owner.agent === name);
  const unit = g.units?.units.get(unitNames(g.fleet.systemd.unitPrefix).holder)?.active === 'active';
  const { server } = g.tmux;
  if (!unit && (session === undefined || server === undefined)) return [];
  return [
    {
      kind: 'stop-holder',
      id: 'stop-holder',
      ...(session === undefined || server === undefined
        ? {}
        : { target: { session: session.id, server, owner: { fleet: g.fleet.name, agent: name } } }),
      unit,
      reason: 'the fleet is taken down',
      needs: before
        .filter(({ kind }) => kind === 'stop-session' || kind === 'stop-timer')
        .map(({ id }) => id),
    },
  ];
}
