/** The planner: what would have to be done to a host for it to be as the fleet file says. Pure. */
import type { Agent, Fleet, Supervisor } from '../model/fleet.ts';
import type { Observation } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import type { DefinitionChange, Plan, Verdict } from '../model/plan.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { renderFleet, stickyPath, type RenderContext, type Templates } from '../render/artefacts.ts';
import { conversationsOf } from '../render/conversation.ts';
import { unitNames } from '../render/unit-names.ts';
import { definitionOf } from '../render/definition.ts';
import { agentActions } from './actions.ts';
import { brake } from './brakes.ts';
import { shownDefinitions } from './definitions.ts';
import { downPlan } from './down.ts';
import { formulaPart, type FormulaSetting } from './formulas.ts';
import { gather, type Gathering } from './gather.ts';
import { gatherMissions } from './missions.ts';
import { missionPart } from './mission-verdicts.ts';
import { silence, silentServer, wayBack } from './out-of-reach.ts';
import { inOrder } from './order.ts';
import { revisionActions } from './revision.ts';
import type { Decision } from './decision.ts';
import { decide } from './rules.ts';
import {
  fileActions,
  foreignUnits,
  holderActions,
  holderHolds,
  holderObstacle,
  hookActions,
  orphanFiles,
  reloadAction,
  worktreeLeftovers,
} from './shared.ts';
import { indexSessions, resumes, suspends, type Situation } from './situation.ts';
import { decideSupervisor } from './supervisor.ts';
import { workplaceOf } from './workplace.ts';

/** What planning takes of the host beside the observation; facts that hold for the whole run. */
export interface Setting {
  places: Places;
  templates: Templates;
  programs: { tmux: string; systemctl: string; touch: string };
  /** The PATH for agents under systemd, where none stands in the units yet. */
  path: string;
  tmuxTmpdir?: string;
  /** For the units of formulas. */
  formulas: FormulaSetting;
  /** The commit of a followed repository that the fleet file is of; absent: it is nobody's but this host's. */
  revision?: string;
}

export interface PlanOptions {
  /** Only these agents; absent: all. */
  only?: ReadonlySet<string>;
  /** Restarted although nothing asks for it, and freed of a crash-loop block. */
  restart?: ReadonlySet<string>;
  /** Started if they do not run, whatever keeps them down but the file: a suspension (which ends), a block, a backoff. */
  start?: ReadonlySet<string>;
  /** Stopped, and kept down until they are started by `start`. */
  suspend?: ReadonlySet<string>;
  /** Foreign sessions and files under these names are taken over. */
  adopt?: ReadonlySet<string>;
  /** Those of them that this plan starts begin a new conversation: for `restart`, so that nothing of the old one is left. */
  fresh?: ReadonlySet<string>;
  allowMassStop?: boolean;
  /** The timers of formulas are seen to, also where the plan is of some agents alone. */
  formulas?: boolean;
  /** Take the whole fleet down. */
  down?: boolean;
  /** The tmux server with its holder is to run, be there an agent for it or not. */
  holder?: boolean;
}

export function plan(
  fleet: Fleet,
  observation: Observation,
  setting: Setting,
  options: PlanOptions = {},
): Plan {
  const sources = gatherSources(fleet, observation, setting, options);
  if (!sources.known) return unknownPlan(fleet, sources);
  if (options.down === true)
    return downPlan({ ...sources.value, fleet: { ...fleet, agents: [], elsewhere: [] } });

  const leftovers =
    options.only === undefined ? worktreeLeftovers(sources.value) : { actions: [], holds: [] };
  const leaving = new Set(leftovers.actions.flatMap((action) => ('path' in action ? [action.path] : [])));
  const g = { ...sources.value, leaving };
  const situations = gather(g);
  const turns = gatherMissions(g, situations);
  const inScope = (s: Situation): boolean => options.only?.has(s.name) ?? true;
  const decided = situations.map((s) => ({
    s,
    decision: decide(s, s.agent && fleet.runtimes[s.agent.runtime]),
  }));
  const considered = decided.filter(({ s }) => inScope(s));
  const verdicts = considered.map(({ s, decision }) => verdictOf(s, decision));
  const missions = missionPart(g, turns, considered);
  const base = {
    fleet: fleet.name,
    supervisor: g.supervisor,
    verdicts,
    missions: missions.verdicts,
    verifications: [],
    definitions: considered.flatMap(({ s, decision }) => definitionChange(s, decision)),
  };
  const refused =
    options.allowMassStop === true
      ? undefined
      : brake(
          fleet,
          considered.map(({ s }) => s),
          verdicts,
        );
  if (refused !== undefined) return { ...base, actions: [], holds: [], refused };

  const rendering = renderContext(g, setting);
  const artefacts = renderFleet(fleet, rendering);
  const untouched = new Set(
    decided
      .filter(
        ({ s, decision }) =>
          decision.status === 'conflict' ||
          decision.status === 'unknown' ||
          s.definition === undefined ||
          !inScope(s),
      )
      .map(({ s }) => s.name),
  );
  const files = fileActions(g, artefacts, untouched, g.asked.adopt);
  const orphans = options.only === undefined ? orphanFiles(g, artefacts) : [];
  const inTheWay = foreignUnits(
    g,
    considered.filter(({ s }) => s.wanted === 'running' && s.asked.adopt).map(({ s }) => s.name),
  );
  const reload = reloadAction(g, [...files, ...inTheWay]);
  const starting = considered.some(({ decision }) => decision.steps.some((step) => step.do === 'start'));
  const wanted = considered.some(
    ({ s, decision }) => s.wanted === 'running' && decision.status !== 'conflict',
  );
  const holderFiles = files.filter(({ id }) => id.startsWith('write-file:') && !isAgentFile(id, g));
  const holder = holderActions(
    g,
    starting || wanted || options.holder === true,
    [...holderFiles, ...reload].map(({ id }) => id),
  );
  const shared = { needs: [...reload, ...holder].map(({ id }) => id) };
  const agents = considered.flatMap(({ s, decision }) => agentActions(g, s, decision, shared));
  const formulas =
    options.only === undefined || options.formulas === true
      ? formulaPart(g, setting.formulas, { unit: rendering.path, plain: setting.path })
      : { actions: [], holds: [] };
  return {
    ...base,
    verifications: missions.verifications,
    actions: inOrder([
      ...files,
      ...missions.actions,
      ...inTheWay,
      ...reload,
      ...holder,
      ...hookActions(g, holder),
      ...agents,
      ...revisionActions(considered, setting.revision),
      ...orphans,
      ...leftovers.actions,
      ...formulas.actions,
    ]),
    holds: [
      ...(options.holder === true ? holderObstacle(g) : []),
      ...holderHolds(g, files),
      ...leftovers.holds,
      ...missions.holds,
      ...formulas.holds,
    ],
  };
}

const isAgentFile = (id: string, g: Gathering): boolean =>
  id.startsWith(`write-file:${g.places.agentFiles}/`);

/** The sources that every decision needs; the first unknown one decides that nothing can be. */
function gatherSources(
  fleet: Fleet,
  observation: Observation,
  setting: Setting,
  options: PlanOptions,
): Source<Gathering> {
  const { tmux, state, units } = observation;
  if (!tmux.known) return tmux;
  if (!state.known) return state;
  const silent = silentServer(observation, tmux.value, options.down === true);
  if (silent !== undefined) return unknown(silence({ fleet }, silent), wayBack(silent));
  // Units are ours by their template: started from another fleet's, they are that fleet's, whatever they are called.
  const template = observation.files.get(
    `${setting.places.units}/${unitNames(fleet.systemd.unitPrefix).template}`,
  );
  const ofAnother = template?.kind === 'foreign';
  // A fleet that now runs without systemd and once ran with it has units to take down all the same.
  const hasUnits =
    options.down === true && template?.kind === 'ours' && units.known && units.value.manager === 'answers';
  const supervisor: Source<Supervisor> = hasUnits
    ? known('systemd')
    : decideSupervisor(fleet, observation, setting.places);
  if (!supervisor.known) return supervisor;
  const workplaces = new Map(
    fleet.agents.map((agent) => [agent.name, workplaceOf(fleet.name, agent, observation, setting.places)]),
  );
  return known({
    fleet,
    observation,
    tmux: tmux.value,
    sessions: indexSessions(fleet.name, tmux.value),
    state: state.value,
    units: units.known && supervisor.value === 'systemd' && !ofAnother ? units.value : undefined,
    supervisor: supervisor.value,
    places: setting.places,
    definitions: new Map(
      fleet.agents.flatMap((agent) => {
        const secrets = secretsOf(agent, observation);
        return secrets === undefined ? [] : [[agent.name, definitionOf(agent, secrets)]];
      }),
    ),
    leaving: new Set(),
    down: options.down === true,
    workplaces,
    conversations: conversationsOf(fleet, setting.places, workplaces),
    asked: {
      restart: options.restart ?? new Set(),
      start: options.start ?? new Set(),
      suspend: options.suspend ?? new Set(),
      adopt: options.adopt ?? new Set(),
      fresh: options.fresh ?? new Set(),
    },
  });
}

/** The secret variables of an agent; undefined where they could not be read: what it should run as is not known then. */
function secretsOf(agent: Agent, observation: Observation): Record<string, string> | undefined {
  if (agent.envFile === undefined) return {};
  const secrets = observation.secrets.get(agent.envFile);
  return secrets?.known === true ? secrets.value : undefined;
}

function unknownPlan(fleet: Fleet, source: Source<unknown> & { known: false }): Plan {
  return {
    fleet: fleet.name,
    actions: [],
    holds: [],
    definitions: [],
    missions: [],
    verifications: [],
    verdicts: fleet.agents.map((agent) => ({
      agent: agent.name,
      wanted: agent.state === 'stopped' ? 'stopped' : 'running',
      rule: 'source-unknown',
      status: 'unknown',
      change: 'unknown',
      reason: source.why,
      ...(source.fix === undefined ? {} : { fix: source.fix }),
    })),
    unobserved: { reason: source.why, ...(source.fix === undefined ? {} : { fix: source.fix }) },
  };
}

function renderContext(g: Gathering, setting: Setting): RenderContext {
  const holderUnit = g.observation.files.get(
    `${setting.places.units}/${unitNames(g.fleet.systemd.unitPrefix).holder}`,
  );
  return {
    places: setting.places,
    definitions: g.definitions,
    supervisor: g.supervisor,
    templates: setting.templates,
    programs: setting.programs,
    path: stickyPath(holderUnit?.kind === 'ours' ? holderUnit.text : undefined, setting.path),
    ...(setting.tmuxTmpdir === undefined ? {} : { tmuxTmpdir: setting.tmuxTmpdir }),
    secrets: new Map(
      [...g.observation.secrets].flatMap(([path, source]) => (source.known ? [[path, source.value]] : [])),
    ),
    workplaces: g.workplaces,
    conversations: g.conversations,
  };
}

function verdictOf(s: Situation, decision: Decision & { rule: string }): Verdict {
  const { rule, status, fix, until } = decision;
  return {
    agent: s.name,
    wanted: s.wanted,
    rule,
    status,
    ...changeOf(s, decision),
    ...(fix === undefined ? {} : { fix }),
    ...(until === undefined ? {} : { until }),
  };
}

/** What else is done beside what the rules decide: its name, and whether an operator keeps it down. */
function changeOf(s: Situation, { change, reason }: Decision): Pick<Verdict, 'change' | 'reason'> {
  const renames = s.renameFrom !== undefined || (s.wrongName && s.wanted === 'running');
  if (renames && (change === 'none' || change === 'hold'))
    return { change: 'rename', reason: `renamed from ${s.renameFrom ?? 'another name'}` };
  if (change !== 'none' || (!suspends(s) && !resumes(s))) return { change, reason };
  return {
    change: 'record',
    reason: `${reason}; ${suspends(s) ? 'kept down until it is started' : 'no longer kept down'}`,
  };
}

function definitionChange(s: Situation, decision: Decision): DefinitionChange[] {
  const relevant =
    decision.status === 'pending-restart' || (decision.change === 'restart' && s.session.kind === 'live');
  if (!relevant || s.definition === undefined || s.session.kind !== 'live') return [];
  const running = s.session.session.started?.definition;
  if (running === s.definition.hash) return [];
  const before = s.record.definition?.hash === running ? s.record.definition?.fields : undefined;
  return [{ agent: s.name, ...shownDefinitions(before, s.definition.fields) }];
}
