/** Two fleet files side by side: what differs, and what would come of it, without a look at any host. Pure. */
import { counted } from '../base/text.ts';
import type { AgentDiff, FleetDiff } from '../model/diff.ts';
import type { Agent, Fleet } from '../model/fleet.ts';
import {
  compareAgent,
  hostOf,
  isAnotherFleet,
  isOutOfSight,
  pairs,
  type Pair,
  type Side,
} from './compare-agents.ts';
import { compareFormulas } from './compare-formulas.ts';
import { compareMissions } from './compare-missions.ts';
import { compareSettings } from './compare-settings.ts';

export type { Side } from './compare-agents.ts';

/**
 * What the head would change where the base is in force, on all hosts together.
 * @param base absent: there was no fleet file
 */
export function compareFleets(base: Side | undefined, head: Side): FleetDiff {
  const before: Side = base ?? {
    fleet: { ...head.fleet, agents: [], missions: [], formulas: [] },
    secrets: head.secrets,
  };
  const compared = pairs(before.fleet, head.fleet).map((pair) => ({
    pair,
    diff: compareAgent(before, head, pair),
  }));
  const agents = compared.flatMap(({ diff }) => diff ?? []);
  const missions = compareMissions(before.fleet, head.fleet, agents);
  const formulas = compareFormulas(before.fleet, head.fleet);
  return {
    fleet: before.fleet.name,
    isNew: base === undefined,
    agents,
    missions,
    formulas,
    settings: compareSettings(before, head),
    warnings: warningsOf(before.fleet, head.fleet, compared),
    unchanged: {
      agents: compared.length - agents.length,
      missions: head.fleet.missions.length - missions.filter(({ change }) => change !== 'removed').length,
      formulas: head.fleet.formulas.length - formulas.filter(({ change }) => change !== 'removed').length,
    },
  };
}

interface Compared {
  pair: Pair;
  diff: AgentDiff | undefined;
}

function warningsOf(base: Fleet, head: Fleet, compared: readonly Compared[]): string[] {
  if (isAnotherFleet(base, head))
    return [`the fleet is called ${head.name} instead of ${base.name}: to mosaic it is another one`];
  const outOfSight = isOutOfSight(base, head)
    ? [
        `the tmux socket is another: apply does nothing on a host whose agents run on ${base.tmux.socketName} until they are taken down`,
      ]
    : [];
  const conflicts = compared.flatMap(({ diff }) =>
    diff?.consequence === 'conflict' ? [`${diff.agent}: ${diff.reason}`] : [],
  );
  return [...outOfSight, ...brakes(base, head, compared), ...conflicts];
}

/**
 * Where the brakes of the reconciler (plan/brakes.ts) would refuse the whole, if all that the base wants up ran.
 * Agents without a host run on each one that applies the file.
 */
function brakes(base: Fleet, head: Fleet, compared: readonly Compared[]): string[] {
  const hosts = new Set([...base.agents, ...head.agents].map(hostOf));
  const refusals = [...hosts].flatMap((host) => {
    const live = compared.filter(({ pair }) => pair.before?.state === 'running' && runsOn(pair.before, host));
    const ending = live.filter((one) => endsOn(one, host, head.reconcile.prune)).length;
    if (ending > 0 && head.agents.length === 0)
      return [{ host, why: `the roster is empty, and ${counted(ending, 'session')} would be stopped` }];
    const share = head.reconcile.maxStopFraction;
    if (ending < 2 || ending <= share * live.length) return [];
    return [
      {
        host,
        why: `${ending} of ${live.length} running sessions would end (reconcile.max_stop_fraction: ${share})`,
      },
    ];
  });
  const where = (host: string | undefined): string => {
    if (host !== undefined) return `on ${host}, `;
    return hosts.size > 1 ? 'on any other host, ' : '';
  };
  return refusals.map(
    ({ host, why }) => `${where(host)}${why}: apply refuses that without --allow-mass-stop`,
  );
}

const runsOn = (agent: Agent, host: string | undefined): boolean =>
  agent.host === undefined || hostOf(agent) === host;

function endsOn({ pair, diff }: Compared, host: string | undefined, prune: boolean): boolean {
  if (diff?.consequence === 'restart') return true;
  if (diff?.consequence !== 'stop' && diff?.consequence !== 'move') return false;
  // One that is given to another host goes on where both sides want it.
  if (pair.after === undefined || !runsOn(pair.after, host)) return prune;
  return pair.after.state === 'stopped';
}
