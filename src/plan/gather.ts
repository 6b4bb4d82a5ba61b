/** Puts the sources together, agent by agent. */
import type { Agent, Fleet, Supervisor } from '../model/fleet.ts';
import { formulaOfSession, formulaSession } from '../model/formula.ts';
import type { Observation, TmuxSeen, UnitsSeen } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import type { Wanted } from '../model/plan.ts';
import { recordOf, type AgentRecord, type Definition, type FleetState } from '../model/state.ts';
import type { Conversation } from '../render/conversation.ts';
import { agentOfUnit, unitNames } from '../render/unit-names.ts';
import { obstacleOf, secretsObstacle } from './obstacle.ts';
import { endedRun } from './ending.ts';
import { outOfReach } from './out-of-reach.ts';
import { otherBranch } from './other-branch.ts';
import { sessionOf, tenantOf, type Asked, type SessionIndex, type Situation } from './situation.ts';

export interface Gathering {
  fleet: Fleet;
  observation: Observation;
  tmux: TmuxSeen;
  sessions: SessionIndex;
  state: FleetState;
  units: UnitsSeen | undefined;
  supervisor: Supervisor;
  places: Places;
  /** What each agent of the file should run as. */
  definitions: ReadonlyMap<string, Definition>;
  /** Worktrees that this plan removes, by path. */
  leaving: ReadonlySet<string>;
  /** Where each agent works, by name. */
  workplaces: ReadonlyMap<string, string>;
  /** Of those agents that take theirs up when they are started again. */
  conversations: ReadonlyMap<string, Conversation>;
  asked: Record<keyof Asked, ReadonlySet<string>>;
  /** The fleet is taken down: with its formulas' runs, which are nobody's concern otherwise. */
  down: boolean;
}

/** One situation for each agent of the file, in its order, then one for each that is gone from it, by name. */
export function gather(g: Gathering): Situation[] {
  const wanted = g.fleet.agents.map((agent) => situationOf(g, agent.name, agent));
  const inherited = new Set(wanted.flatMap((s) => s.renameFrom ?? []));
  const situations = [...wanted, ...goneAgents(g, inherited).map((name) => situationOf(g, name, undefined))];
  markOutage(g, situations);
  markTogether(g, situations);
  return situations;
}

function situationOf(g: Gathering, name: string, agent: Agent | undefined): Situation {
  const { observation: o, state, fleet } = g;
  const old = agent === undefined ? undefined : formerName(fleet, agent);
  const ownSession = sessionOf(g.sessions, name);
  const oldSession = old === undefined ? undefined : sessionOf(g.sessions, old);
  const moved = ownSession.kind === 'absent' && (oldSession?.kind === 'live' || oldSession?.kind === 'dead');
  const session = moved ? oldSession : ownSession;
  const record: AgentRecord = recordOf(state, name) ?? recordOf(state, old ?? '') ?? { restarts: 0 };
  const names = unitNames(fleet.systemd.unitPrefix);
  const own = session.kind === 'live' || session.kind === 'dead' ? session.session : undefined;
  const inherits = old !== undefined && (moved || bearsOldName(g, name, old));
  const born = own?.started?.born ?? (inherits ? old : name);
  const taken = g.sessions.byName.has(name);
  const tenant = tenantOf(g.tmux.sessions, fleet.name, born, [name, old]);
  // What a foreign session of this name may live in, since somebody took our mark off it, is not ours to stop.
  const active = (unit: string): boolean =>
    session.kind !== 'foreign' &&
    tenant === undefined &&
    ['active', 'activating', 'deactivating', 'reloading'].includes(g.units?.units.get(unit)?.active ?? '');
  const definition = g.definitions.get(name);
  const lock = o.locks.get(name) ?? o.locks.get(old ?? '');
  const screen = own?.pane === undefined ? undefined : o.screens.get(own.pane.id);
  const foreignFile = agent === undefined ? undefined : foreignFileOf(g, name);
  const away = outOfReach(g, name) ?? (inherits ? outOfReach(g, old) : undefined);
  const secretsTrouble = agent === undefined ? undefined : secretsObstacle(g, agent);
  const other = agent === undefined ? undefined : otherBranch(g, agent, record, own?.started?.definition);
  const obstacle = agent === undefined ? undefined : obstacleOf(g, agent);
  const asked: Asked = {
    restart: g.asked.restart.has(name),
    start: g.asked.start.has(name),
    suspend: g.asked.suspend.has(name),
    adopt: g.asked.adopt.has(name),
    fresh: g.asked.fresh.has(name),
  };
  return {
    name,
    wanted: wantedOf(agent, record, asked),
    ...(agent === undefined ? {} : { agent }),
    session,
    ...(inherits ? { renameFrom: old } : {}),
    wrongName: own !== undefined && own.name !== name && !taken,
    nameTaken: own !== undefined && own.name !== name && taken,
    born,
    unitActive: active(names.agent(born)),
    scopeActive: active(names.scope(born)),
    ...(lock === undefined ? {} : { lock }),
    record,
    ...(definition === undefined ? {} : { definition }),
    ...(screen === undefined ? {} : { screen }),
    ...(foreignFile === undefined ? {} : { foreignFile }),
    ...(obstacle === undefined ? {} : { obstacle }),
    ...(secretsTrouble === undefined ? {} : { secretsTrouble }),
    ...(other === undefined ? {} : { otherBranch: other }),
    ...(away === undefined ? {} : { outOfReach: away }),
    asked,
    prune: fleet.reconcile.prune,
    outage: false,
    together: false,
    now: o.now,
    bootId: o.bootId,
  };
}

function wantedOf(agent: Agent | undefined, record: AgentRecord, asked: Asked): Wanted {
  if (agent === undefined) return 'gone';
  if (agent.state === 'stopped') return 'stopped';
  if (asked.suspend) return 'suspended';
  return record.suspendedAt === undefined || asked.start ? 'running' : 'suspended';
}

/** The former name of an agent, if no other agent bears it now. */
function formerName(fleet: Fleet, agent: Agent): string | undefined {
  const old = agent.renamedFrom;
  if (old === undefined) return undefined;
  return fleet.agents.some((other) => other.name === old) ? undefined : old;
}

/** History of the former name that the new one has none of yet. */
const bearsOldName = (g: Gathering, name: string, old: string): boolean =>
  (recordOf(g.state, old) !== undefined && recordOf(g.state, name) === undefined) ||
  (g.observation.locks.has(old) && !g.observation.locks.has(name));

/** Agents of which something is left here and that the file does not give to this host. */
function goneAgents(g: Gathering, inherited: ReadonlySet<string>): string[] {
  const { fleet, observation: o, tmux } = g;
  const names = new Set<string>([...Object.keys(g.state.agents), ...o.locks.keys()]);
  const borns = new Set<string>();
  for (const { owner, started } of tmux.sessions) {
    if (owner?.fleet !== fleet.name || isRun(g, owner.agent)) continue;
    names.add(owner.agent);
    if (started !== undefined && started.born !== owner.agent) borns.add(started.born);
  }
  for (const [unit, { active }] of g.units?.units ?? []) {
    const agent = agentOfUnit(fleet.systemd.unitPrefix, unit) ?? runOfScope(g, unit);
    if (agent !== undefined && active !== 'inactive' && active !== 'failed') names.add(agent);
  }
  names.delete(fleet.tmux.holderSession);
  for (const agent of fleet.agents) names.delete(agent.name);
  for (const name of inherited) names.delete(name);
  // A renamed session still lives in the unit of its first name, which is therefore not a remain of anybody.
  for (const born of borns) if (sessionOf(g.sessions, born).kind === 'absent') names.delete(born);
  return [...names].sort();
}

/** Sessions, scopes and worktrees of formulas' runs are in the hands of who runs them. */
export const isRun = ({ down }: Pick<Gathering, 'down'>, owner: string): boolean =>
  !down && formulaOfSession(owner) !== undefined;

/** The session's name of the run whose scope it is, where that is to be ended too. */
function runOfScope({ down, fleet }: Gathering, unit: string): string | undefined {
  const formula = down ? /\.([a-z0-9][a-z0-9-]*)\.scope$/.exec(unit)?.[1] : undefined;
  if (formula === undefined) return undefined;
  return unit === unitNames(fleet.systemd.unitPrefix).formulaScope(formula)
    ? formulaSession(formula)
    : undefined;
}

function foreignFileOf(g: Gathering, name: string): string | undefined {
  const paths = [
    g.places.agentFile(name),
    `${g.places.units}/${unitNames(g.fleet.systemd.unitPrefix).agent(name)}`,
  ];
  for (const path of paths) {
    const file = g.observation.files.get(path);
    if (file?.kind === 'foreign') return `${path} is there and is not ours: ${file.why}`;
  }
  return undefined;
}

const TOGETHER_MS = 60_000;
const MANY = 3;

/**
 * One outage, not many crashes: the tmux server that the runs lived in is gone, or many of the fleet ended within a minute.
 * It is forgiven once; when it comes again within an agent's window, it counts as a crash.
 */
function markOutage(g: Gathering, situations: Situation[]): void {
  const { now } = g.observation;
  const ended = situations.flatMap((s) => {
    if (s.wanted !== 'running' || s.outOfReach !== undefined) return [];
    const runtime = s.agent && g.fleet.runtimes[s.agent.runtime];
    const end = endedRun(s, runtime);
    const fresh = end !== undefined && end.cause === 'crash' && s.record.ended?.run !== end.run;
    return fresh ? [{ s, at: end.at }] : [];
  });
  const upBefore = situations.filter((s) => s.wanted === 'running' && s.record.run !== undefined).length;
  const newest = Math.max(...ended.map(({ at }) => at));
  const together = ended.filter(({ at }) => newest - at <= TOGETHER_MS);
  const many = together.length >= MANY && together.length * 2 >= upBefore;
  const last = g.state.outageAt;
  const ongoing = last !== undefined && now - last <= TOGETHER_MS;
  for (const { s, at } of ended) {
    const serverGone = s.record.run !== undefined && s.record.run.server.pid !== g.tmux.server?.pid;
    const shared = serverGone || (many && newest - at <= TOGETHER_MS) || (ongoing && upBefore >= MANY);
    const window = s.agent?.restart.windowMs ?? 0;
    const forgiven = last === undefined || ongoing || now - last > window;
    // One that was forgiven already crashes on its own account: else a crash loop would keep its outage going for ever.
    const before = s.record.ended;
    const again = before?.cause === 'outage' && at - before.at <= window;
    s.outage = shared && forgiven && !again;
  }
}

/**
 * Many agents that ended within a minute, also where each was seen by another reconcile and also where that was forgiven before:
 * what they share is at fault, and no one task.
 */
function markTogether(g: Gathering, situations: Situation[]): void {
  const up = situations.filter((s) => s.wanted === 'running' && s.outOfReach === undefined);
  const ends = up.flatMap((s) => {
    const end = endedRun(s, s.agent && g.fleet.runtimes[s.agent.runtime]) ?? s.record.ended;
    return end?.cause === 'crash' || end?.cause === 'outage' ? [{ s, end }] : [];
  });
  for (const { s, end } of ends) {
    if (end.cause !== 'crash') continue;
    const near = ends.filter((other) => Math.abs(other.end.at - end.at) <= TOGETHER_MS).length;
    s.together = near >= MANY && near * 2 >= up.length;
  }
}
