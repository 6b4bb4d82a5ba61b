/** Each agent of two fleet files, and what would become of it: an ordered table, in which the first match decides. */
import { parseDuration } from '../base/duration.ts';
import { defaults } from '../fleet/defaults.ts';
import type { AgentDiff, Consequence, FieldChange } from '../model/diff.ts';
import { missionOf, type Agent, type Fleet, type Runtime } from '../model/fleet.ts';
import { definitionOf, sameDefinition } from '../render/definition.ts';
import { isAutomatic } from '../render/mission.ts';
import { agentFields, changesOf } from './compare-fields.ts';

/** A fleet file with what it names, as far as that stands beside it. */
export interface Side {
  /** With every agent in `agents`, whatever its host. */
  fleet: Fleet;
  /** Secret values by env_file, of those that could be read. */
  secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The text of tmux.extra_config, where it stands beside the fleet file. */
  extraConfig?: string;
}

export interface Pair {
  before?: Agent;
  after?: Agent;
}

/** Both sides of every agent: a renamed one is one. In the head's order, then those that are gone. */
export function pairs(base: Fleet, head: Fleet): Pair[] {
  const old = new Map(base.agents.map((agent) => [agent.name, agent]));
  const paired = head.agents.map((after) => {
    const before = old.get(after.name) ?? old.get(after.renamedFrom ?? after.name);
    return before === undefined ? { after } : { before, after };
  });
  const kept = new Set(paired.flatMap(({ before }) => before?.name ?? []));
  return [...paired, ...base.agents.filter(({ name }) => !kept.has(name)).map((before) => ({ before }))];
}

/** How an agent differs; undefined where it does not. */
export function compareAgent(base: Side, head: Side, { before, after }: Pair): AgentDiff | undefined {
  if (after === undefined) return before && removed(base, head, before);
  if (before === undefined) return added(base, head, after);
  const fields = [
    ...changesOf(agentFields(before), agentFields(after)).map(withSource(base, head, before, after)),
    ...secretChanges(base, head, before, after),
  ];
  const isRenamed = before.name !== after.name;
  if (fields.length === 0 && !isRenamed) return undefined;
  const fate = fateOf(base, head, { before, after, fields });
  return {
    agent: after.name,
    change: isRenamed ? 'renamed' : 'changed',
    ...(isRenamed && { from: before.name }),
    ...fate,
    reason: isRenamed ? `renamed from ${before.name}; ${fate.reason}` : fate.reason,
    fields,
  };
}

interface Fate {
  consequence: Consequence;
  reason: string;
}

function removed(base: Side, head: Side, before: Agent): AgentDiff {
  const fate = (): Fate => {
    if (before.state === 'stopped') return { consequence: 'none', reason: 'removed; it was stopped' };
    if (isAnotherFleet(base.fleet, head.fleet))
      return { consequence: 'hold', reason: 'removed; keeps running, as it is of another fleet then' };
    if (!head.fleet.reconcile.prune)
      return { consequence: 'hold', reason: 'removed; keeps running, since reconcile.prune is off' };
    return { consequence: 'stop', reason: `removed${on(before)}${itsWorktree(before)}` };
  };
  return { agent: before.name, change: 'removed', ...fate(), fields: [] };
}

function added(base: Side, head: Side, after: Agent): AgentDiff {
  const plain = agentFields(bare(after, head.fleet));
  const fields = changesOf(plain, agentFields(after)).flatMap(({ field, after: value }) =>
    value === undefined ? [] : [{ field, after: value }],
  );
  const runtime: FieldChange = { field: 'runtime', after: after.runtime };
  return {
    agent: after.name,
    change: 'added',
    ...started(base, head, after, true),
    fields: [runtime, ...fields],
  };
}

/** An agent of that runtime of which the file says nothing more. */
const bare = ({ name, runtime, resetBetweenTasks }: Agent, fleet: Fleet): Agent => ({
  name,
  runtime,
  persistentPersona: false,
  resetBetweenTasks: false,
  command: runtimeOf(fleet, runtime)?.command ?? [],
  workingDirectory: defaults.workingDirectory,
  onRestart: resetBetweenTasks ? 'fresh' : 'resume',
  env: {},
  resources: {},
  restart: {
    policy: defaults.policy,
    maxRestarts: defaults.maxRestarts,
    windowMs: parseDuration(defaults.window) ?? 0,
    backoff: {
      initialMs: parseDuration(defaults.backoff.initial) ?? 0,
      maxMs: parseDuration(defaults.backoff.max) ?? 0,
    },
  },
  onChange: 'hold',
  state: 'running',
});

/** It does not run, and is wanted to, or not. */
function started({ fleet: old }: Side, { fleet }: Side, after: Agent, isNew: boolean): Fate {
  if (after.state === 'stopped') return { consequence: 'none', reason: 'state: stopped' };
  if (after.kickstartTrouble !== undefined) return untyped(after);
  const mission = missionOf(fleet, after.name);
  if (mission !== undefined && isAutomatic(mission) && mission.state === 'paused')
    return { consequence: 'hold', reason: `not started: its mission ${mission.id} is paused` };
  if (
    isInTheWay(old, fleet) &&
    old.agents.some(({ name, state }) => name === after.name && state === 'running')
  )
    return inTheWay(old);
  return { consequence: 'start', reason: `${isNew ? 'added' : 'state: running'}${on(after)}` };
}

const untyped = ({ kickstartTrouble }: Agent): Fate => ({
  consequence: 'conflict',
  reason: `not started: ${kickstartTrouble}`,
});

const inTheWay = ({ name }: Fleet): Fate => ({
  consequence: 'conflict',
  reason: `the session of the fleet ${name} is in its way`,
});

interface Changed {
  before: Agent;
  after: Agent;
  fields: readonly FieldChange[];
}

function fateOf(base: Side, head: Side, { before, after, fields }: Changed): Fate {
  if (isAnotherFleet(base.fleet, head.fleet)) {
    return started(base, head, after, true);
  }
  if (before.state === 'stopped')
    return after.state === 'stopped'
      ? { consequence: 'none', reason: 'stays stopped' }
      : started(base, head, after, false);
  if (hostOf(before) !== hostOf(after)) return moved(base, head, before, after);
  if (after.state === 'stopped') return { consequence: 'stop', reason: `state: stopped${on(after)}` };
  const definition = redefinition(base, head, before, after);
  if (definition === 'same') return sameFate(before, after, fields);
  if (definition === 'perhaps') {
    return after.onChange === 'restart'
      ? {
          consequence: 'restart',
          reason: 'restarted if the values of its env_file differ (on_change: restart)',
        }
      : {
          consequence: 'hold',
          reason: 'pending restart if the values of its env_file differ (on_change: hold)',
        };
  }
  return changedFate(before, after);
}

/** It would run as something else. */
function changedFate(before: Agent, after: Agent): Fate {
  if (keepsOtherBranch(before, after))
    return { consequence: 'hold', reason: 'pending restart; its worktree stays on the branch that it is on' };
  if (after.onChange === 'hold') return { consequence: 'hold', reason: 'pending restart (on_change: hold)' };
  if (after.kickstartTrouble !== undefined)
    return { consequence: 'conflict', reason: `not restarted: ${after.kickstartTrouble}` };
  return { consequence: 'restart', reason: `its definition changes${on(after)} (on_change: restart)` };
}

/** Nothing of what it runs as differs. */
function sameFate(before: Agent, after: Agent, fields: readonly FieldChange[]): Fate {
  const trouble =
    after.kickstartTrouble === undefined ? '' : `; it would not start again: ${after.kickstartTrouble}`;
  if (before.name !== after.name) return { consequence: 'rename', reason: `its session is kept${trouble}` };
  const next = fields.some(({ field }) => atNextStart.has(field.split('.')[0] ?? ''));
  return {
    consequence: 'none',
    reason: `${next ? 'at its next start' : 'nothing is restarted'}${trouble}`,
  };
}

const atNextStart = new Set(['kickstart', 'kickstart_template', 'on_restart', 'worktree', 'env_file']);

function moved(base: Side, head: Side, before: Agent, after: Agent): Fate {
  const [old, now] = [hostOf(before), hostOf(after)];
  const { prune } = head.fleet.reconcile;
  const leaves = `${prune ? 'stops' : 'keeps running (reconcile.prune is off)'} on ${old ?? `every host but ${now}`}`;
  if (after.state === 'stopped') {
    // Where it still belongs, it is stopped whatever prune says.
    if (now === undefined || (old === undefined && prune))
      return { consequence: 'stop', reason: 'state: stopped' };
    return {
      consequence: prune || old === undefined ? 'stop' : 'hold',
      reason: `${leaves}; state: stopped on ${now}`,
    };
  }
  const tree = before.worktree === undefined ? '' : '; what its worktree holds stays where it is';
  if (old !== undefined && now !== undefined)
    return { consequence: 'move', reason: `${leaves}, starts on ${now}${tree}` };
  // One host is meant by both sides.
  const there =
    redefinition(base, head, before, after) === 'same' ? '' : ` (${changedFate(before, after).reason})`;
  return old === undefined
    ? { consequence: prune ? 'stop' : 'hold', reason: `${leaves}, where it goes on${there}${tree}` }
    : { consequence: 'start', reason: `starts on every host but ${old}, where it goes on${there}` };
}

/** Whether it would run as something else. Perhaps: an env_file that is not beside the fleet file, and now another. */
function redefinition(base: Side, head: Side, before: Agent, after: Agent): 'same' | 'changed' | 'perhaps' {
  const [old, now] = [secretsOf(base, before), secretsOf(head, after)];
  const known = old !== undefined && now !== undefined;
  const hash = (agent: Agent, secrets: Readonly<Record<string, string>>): string =>
    definitionOf(agent, secrets).hash;
  if (!sameDefinition(hash(before, known ? old : {}), hash(after, known ? now : {}))) return 'changed';
  return known || before.envFile === after.envFile ? 'same' : 'perhaps';
}

function secretsOf({ secrets }: Side, { envFile }: Agent): Readonly<Record<string, string>> | undefined {
  return envFile === undefined ? {} : secrets.get(envFile);
}

/** By name alone: no value of an env_file is shown, only that it is another. */
function secretChanges(base: Side, head: Side, before: Agent, after: Agent): FieldChange[] {
  const [old, now] = [secretsOf(base, before), secretsOf(head, after)];
  if (old === undefined || now === undefined) return [];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].sort().flatMap((name) => {
    const field = `env_file: ${name}`;
    const [had, has] = [Object.hasOwn(old, name), Object.hasOwn(now, name)];
    if (had && has && old[name] === now[name]) return [];
    return [
      {
        field,
        ...(had && { before: '(secret)' }),
        ...(has && { after: had ? '(secret, another value)' : '(secret)' }),
      },
    ];
  });
}

/** Its worktree is the same, and nobody checks out another branch in it. */
const keepsOtherBranch = ({ worktree: old }: Agent, { worktree: now }: Agent): boolean =>
  old !== undefined &&
  now !== undefined &&
  old.repository === now.repository &&
  old.path === now.path &&
  old.branch !== now.branch;

/** Tells of a command that is the runtime's on both sides that it is the runtime that has changed. */
function withSource(
  base: Side,
  head: Side,
  before: Agent,
  after: Agent,
): (change: FieldChange) => FieldChange {
  const isOfRuntime = ({ fleet }: Side, { runtime, command }: Agent): boolean =>
    JSON.stringify(runtimeOf(fleet, runtime)?.command) === JSON.stringify(command);
  const same = before.runtime === after.runtime && isOfRuntime(base, before) && isOfRuntime(head, after);
  return (change) =>
    same && change.field === 'command' ? { ...change, via: `runtimes.${after.runtime}` } : change;
}

const runtimeOf = ({ runtimes }: Fleet, name: string): Runtime | undefined =>
  Object.hasOwn(runtimes, name) ? runtimes[name] : undefined;

/** What runs under the base is no business of the head's. */
export const isAnotherFleet = (base: Fleet, head: Fleet): boolean => base.name !== head.name;

const isInTheWay = (base: Fleet, head: Fleet): boolean =>
  isAnotherFleet(base, head) && base.tmux.socketName === head.tmux.socketName;

/** Its agents run where nobody looks for them: nothing is decided without them. */
export const isOutOfSight = (base: Fleet, head: Fleet): boolean =>
  !isAnotherFleet(base, head) && base.tmux.socketName !== head.tmux.socketName;

export const hostOf = ({ host }: Agent): string | undefined => host?.toLowerCase();
const on = (agent: Agent): string => (agent.host === undefined ? '' : ` on ${hostOf(agent)}`);
const itsWorktree = ({ worktree }: Agent): string =>
  worktree === undefined ? '' : '; its worktree is removed once all of it is committed and pushed';
