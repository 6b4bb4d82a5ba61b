/** What holds of every plan, whatever was seen and wanted. Throws an AssertionError that names what does not. */
import assert from 'node:assert/strict';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Observation, SessionSeen } from '../../src/model/observation.ts';
import type { Action, ActionKind, ActionOf, Plan, Target, Verdict } from '../../src/model/plan.ts';
import type { PlanOptions } from '../../src/plan/plan.ts';
import { sameDefinition } from '../../src/render/definition.ts';
import { assertMissions } from './mission-invariants.ts';
import { hashOf } from './seen-agent.ts';
import { fileOf } from './seen.ts';

interface Subject {
  fleet: Fleet;
  observation: Observation;
  options: PlanOptions;
  plan: Plan;
}

export function assertInvariants(given: Subject): void {
  // To be taken down is to have no agents.
  const down = given.options.down === true;
  const subject = down ? { ...given, fleet: { ...given.fleet, agents: [], elsewhere: [] } } : given;
  verdictsAreComplete(subject);
  actionsAreOrdered(subject);
  unknownDestroysNothing(subject);
  onlyOurOwn(subject);
  filesAreOurs(subject);
  workIsNeverLost(subject);
  for (const verdict of subject.plan.verdicts) agentIsHandled(subject, verdict);
  brakesHold(subject);
  assertMissions(given);
}

/** The actions of a plan that are one agent's own. */
export const actionsOf = (plan: Plan, agent: string): Action[] =>
  plan.actions.filter((action) => 'agent' in action && action.agent === agent);

/** The action of that kind of one agent. */
export const actionOf = <K extends ActionKind>(plan: Plan, kind: K, agent: string): ActionOf<K> | undefined =>
  plan.actions.find(
    (action): action is ActionOf<K> => action.kind === kind && 'agent' in action && action.agent === agent,
  );

function verdictsAreComplete({ fleet, plan, options }: Subject): void {
  const names = plan.verdicts.map(({ agent }) => agent);
  const wanted = fleet.agents.map(({ name }) => name).filter((name) => options.only?.has(name) ?? true);
  assert.deepEqual(
    names.slice(0, wanted.length),
    wanted,
    'a verdict for each agent, in the order of the file',
  );
  assert.equal(new Set(names).size, names.length, 'one verdict for each agent');
}

function actionsAreOrdered({ plan }: Subject): void {
  const done = new Set<string>();
  for (const { id, needs } of plan.actions) {
    for (const need of needs) assert.ok(done.has(need), `${id} comes after ${need}, which it needs`);
    assert.ok(!done.has(id), `${id} is there once`);
    done.add(id);
  }
  const kinds = plan.actions.map(({ kind }) => kind);
  const firstStart = kinds.indexOf('start-session');
  if (firstStart < 0) return;
  assert.ok(kinds.lastIndexOf('stop-session') < firstStart, 'stops come before starts');
  for (const kind of ['write-file', 'reload-units', 'start-holder'] as const) {
    const last = kinds.lastIndexOf(kind);
    assert.ok(last < firstStart, `${kind} comes before starts`);
    if (kind !== 'write-file' && plan.actions.some(({ id }) => id === kind)) {
      for (const start of plan.actions.filter((action) => action.kind === 'start-session')) {
        assert.ok(start.needs.includes(kind), `${start.id} needs ${kind}`);
      }
    }
  }
}

function unknownDestroysNothing({ fleet, observation, plan }: Subject): void {
  const { tmux, state, units } = observation;
  const blind = !tmux.known || !state.known || (fleet.supervisor !== 'none' && !units.known);
  if (blind) assert.ok(plan.unobserved, 'what could not be observed is said');
  if (plan.unobserved !== undefined) assert.deepEqual(plan.actions, [], 'nothing is done blindly');
}

function onlyOurOwn({ fleet, observation, plan, options }: Subject): void {
  if (!observation.tmux.known) return;
  const { server, sessions } = observation.tmux.value;
  for (const action of plan.actions) {
    if (action.kind === 'stop-session') {
      const others = sessions.filter(({ id }) => id !== action.target?.session);
      const spared = new Set(others.map(({ id }) => id.slice(1)));
      // Processes are told by their server's pid and their session's number alone.
      const ended = action.runs.filter((run) => {
        const [, pid, number = ''] = run.split('.');
        return pid === `${server?.pid}` && spared.has(number);
      });
      assert.deepEqual(ended, [], `${action.id} ends no process of another session`);
    }
    const target = targetOf(action);
    if (target === undefined) continue;
    const session = sessions.find(({ id }) => id === target.session);
    assert.ok(session, `${action.id} is aimed at a session that was seen`);
    assert.deepEqual(target.server, server, `${action.id} is aimed at the server that was seen`);
    if (action.kind === 'adopt-session') {
      assert.ok(options.adopt?.has(action.agent), `${action.id} was asked for`);
      assert.notEqual(session.owner?.fleet, fleet.name);
      continue;
    }
    assert.equal(session.owner?.fleet, fleet.name, `${action.id} is aimed at a session of ours`);
    assert.deepEqual(target.owner, markAt(action, session, plan), `${action.id} checks the mark`);
  }
}

function targetOf(action: Action): Target | undefined {
  if (action.kind === 'record-end') return action.pane?.target;
  return 'target' in action ? action.target : undefined;
}

/** The mark that a session bears when an action comes to it: a rename before it changes that. */
function markAt(action: Action, session: SessionSeen, plan: Plan): SessionSeen['owner'] {
  if (!('agent' in action) || session.owner?.agent === action.agent) return session.owner;
  const rename = actionOf(plan, 'rename-session', action.agent);
  assert.equal(rename?.from, session.owner?.agent, `${action.id} is aimed at the agent's own session`);
  return action.kind === 'rename-session' || session.owner === undefined
    ? session.owner
    : { ...session.owner, agent: action.agent };
}

function filesAreOurs({ fleet, observation, plan, options }: Subject): void {
  for (const action of plan.actions) {
    if (action.kind === 'start-holder') {
      const taken = ['holder.service', 'agent@.service', 'wake.service', 'holder.tmux', 'tmux.conf'].filter(
        (name) => observation.files.get(fileOf(fleet, name))?.kind === 'foreign',
      );
      const units = plan.supervisor === 'none' ? ['holder.service', 'agent@.service', 'wake.service'] : [];
      assert.deepEqual(
        taken.filter((name) => !units.includes(name)),
        [],
        'starts no holder but ours',
      );
    }
    if (action.kind === 'remove-file' && observation.files.get(action.path)?.kind !== 'ours') {
      const agent = /-agent@([^/]+)\.service$/.exec(action.path)?.[1];
      assert.ok(options.adopt?.has(agent ?? ''), `${action.path} is foreign and nobody asked for it`);
    }
    if (action.kind === 'write-file' && observation.files.get(action.path)?.kind === 'foreign') {
      const agent = /\/agents\/([^/]+)\.tmux$/.exec(action.path)?.[1];
      assert.ok(options.adopt?.has(agent ?? ''), `${action.path} is foreign and nobody asked for it`);
    }
  }
}

function workIsNeverLost({ fleet, observation, plan }: Subject): void {
  for (const action of plan.actions) {
    if (action.kind !== 'remove-worktree') continue;
    const source = observation.repositories.get(action.repository);
    assert.ok(source?.known, 'the repository was observed');
    const tree = source.value.find(({ path }) => path === action.path);
    assert.equal(tree?.owner?.fleet, fleet.name, 'only our worktrees are removed');
    assert.ok(
      fleet.agents.every(({ name }) => name !== tree.owner?.agent),
      'only worktrees that nobody needs',
    );
    const { modified = 1, untracked = 1, unpushed = 1 } = tree.work?.known === true ? tree.work.value : {};
    const nothing = modified + untracked + unpushed === 0;
    assert.ok(nothing || tree.prunable, 'only worktrees without work, or without a folder');
  }
}

/** Statuses in which nothing of an agent is started. */
const STAYS_DOWN = new Set([
  'blocked',
  'backoff',
  'held',
  'completed',
  'crashed',
  'conflict',
  'unknown',
  'limited',
  'stopped',
  'suspended',
]);

function agentIsHandled(subject: Subject, verdict: Verdict): void {
  const { fleet, plan, options } = subject;
  const { agent: name, status, change, wanted } = verdict;
  const own = actionsOf(plan, name);
  const start = actionOf(plan, 'start-session', name);
  const stop = actionOf(plan, 'stop-session', name);
  const say = (what: string): string => `${name} (${verdict.rule}, ${status}, ${change}): ${what}`;
  if (plan.refused !== undefined || options.only?.has(name) === false) {
    assert.deepEqual(own, [], say('left alone'));
    return;
  }
  // What is written for its mission is no change of the agent.
  const kinds = new Set(own.filter((action) => !('mission' in action)).map(({ kind }) => kind));
  if (STAYS_DOWN.has(status)) assert.equal(start, undefined, say('does not start'));
  if (wanted !== 'running') assert.equal(start, undefined, say('is not wanted and does not start'));
  if (change === 'none' || change === 'conflict' || change === 'unknown' || change === 'hold') {
    assert.equal(start ?? stop, undefined, say('is left alone'));
  }
  if (change === 'none') {
    kinds.delete('remove-worktree');
    kinds.delete('mark-revision');
    assert.deepEqual([...kinds], [], say('has no actions'));
  }
  if (change === 'start' || change === 'restart') assert.ok(start, say('starts'));
  if (change === 'stop') assert.ok(stop, say('stops'));
  if (start !== undefined) {
    assert.ok(change === 'start' || change === 'restart', say('says that it starts'));
    if (stop !== undefined) assert.ok(start.needs.includes(stop.id), say('starts after its stop'));
    if (stop?.because === 'restart') {
      const ofMission = new Set(plan.actions.flatMap((action) => ('mission' in action ? action.id : [])));
      const rest = start.needs.filter(
        (id) => id !== stop.id && !stop.needs.includes(id) && !ofMission.has(id),
      );
      assert.deepEqual(rest, [], say('is stopped when all that its start needs is there'));
    }
    const wish = fleet.agents.find((agent) => agent.name === name)?.restart;
    assert.ok(start.restarts <= (wish?.maxRestarts ?? 0), say('within its budget'));
  }
  sessionIsRespected(subject, verdict, { start, stop });
}

function sessionIsRespected(
  { fleet, observation, options }: Subject,
  { agent: name, wanted, rule }: Verdict,
  {
    start,
    stop,
  }: { start: ActionOf<'start-session'> | undefined; stop: ActionOf<'stop-session'> | undefined },
): void {
  if (!observation.tmux.known) return;
  const wish = fleet.agents.find((agent) => agent.name === name);
  const names = new Set([name, wish?.renamedFrom ?? name]);
  const { sessions } = observation.tmux.value;
  const own = sessions.find(({ owner }) => owner?.fleet === fleet.name && owner.agent === name);
  const foreign = sessions.some((session) => session.name === name && session.owner?.fleet !== fleet.name);
  if (foreign && own === undefined)
    assert.equal(start, undefined, `${name}: a foreign session is in the way`);
  if (start !== undefined && own !== undefined) assert.ok(stop, `${name}: its old session ends first`);
  if (stop?.target !== undefined) {
    const target = sessions.find(({ id }) => id === stop.target?.session);
    assert.ok(names.has(target?.owner?.agent ?? ''), `${name}: stops its own session`);
  }
  if (wanted !== 'running' || own?.pane?.dead !== false || wish === undefined) return;
  if (options.suspend?.has(name) === true) return;
  // It runs and is wanted: only a changed definition with on_change: restart, or an operator, may end it.
  if (options.restart?.has(name) === true) return;
  const secrets = wish.envFile === undefined ? undefined : observation.secrets.get(wish.envFile);
  const hash = hashOf(wish, secrets?.known === true ? secrets.value : {});
  const same = own.started === undefined || sameDefinition(own.started.definition, hash);
  if (same || wish.onChange === 'hold') assert.equal(start ?? stop, undefined, `${name} runs on (${rule})`);
  else assert.equal(start === undefined, stop === undefined, `${name} restarts whole or not at all`);
}

function brakesHold({ fleet, observation, plan, options }: Subject): void {
  if (plan.refused !== undefined) assert.deepEqual(plan.actions, [], 'a refused plan does nothing');
  if (options.allowMassStop === true || options.down === true || !observation.tmux.known) return;
  const { sessions } = observation.tmux.value;
  const agents = new Set(plan.verdicts.map(({ agent }) => agent));
  const live = sessions.filter(
    ({ owner, pane }) => owner?.fleet === fleet.name && pane?.dead === false && agents.has(owner.agent),
  );
  const ending = plan.actions.filter(
    (action) =>
      action.kind === 'stop-session' &&
      live.some(({ id }) => id === action.target?.session) &&
      options.restart?.has(action.agent) !== true &&
      options.suspend?.has(action.agent) !== true,
  );
  const most = Math.max(1, fleet.reconcile.maxStopFraction * live.length);
  if (options.only === undefined) assert.ok(ending.length <= most, `ends ${ending.length} of ${live.length}`);
  if (fleet.agents.length + fleet.elsewhere.length === 0) {
    assert.equal(ending.length, 0, 'an empty roster stops nothing');
  }
}
