/** What holds of every plan with missions, whatever was seen and wanted. Throws an AssertionError that names what does not. */
import assert from 'node:assert/strict';
import type { Fleet, Mission } from '../../src/model/fleet.ts';
import type { MissionSeen, SessionEntry } from '../../src/model/mission.ts';
import type { Observation, SessionSeen } from '../../src/model/observation.ts';
import type { Action, ActionKind, ActionOf, Plan } from '../../src/model/plan.ts';
import type { PlanOptions } from '../../src/plan/plan.ts';

interface Subject {
  fleet: Fleet;
  observation: Observation;
  options: PlanOptions;
  plan: Plan;
}

export function assertMissions(subject: Subject): void {
  const { fleet, observation, plan, options } = subject;
  const named = new Set(plan.actions.flatMap((action) => ('mission' in action ? action.mission : [])));
  for (const id of named) assert.ok(observation.missions.has(id), `the mission ${id} was looked at`);
  if (plan.unobserved !== undefined || options.down === true) return;
  const shown = fleet.missions.filter(
    ({ id, agent }) => observation.missions.has(id) && (options.only?.has(agent) ?? true),
  );
  assert.deepEqual(
    plan.missions.map(({ mission }) => mission),
    shown.map(({ id }) => id),
    'a verdict for each mission, in the order of the file',
  );
  for (const mission of shown) {
    const seen = observation.missions.get(mission.id);
    if (seen !== undefined) missionIsHandled(subject, mission, seen);
  }
}

interface One extends Subject {
  mission: Mission;
  seen: MissionSeen;
  /** The last of its sessions, while it has no end. */
  open: SessionEntry | undefined;
  /** Its agent's own session. */
  session: SessionSeen | undefined;
  say(what: string): string;
}

function missionIsHandled(subject: Subject, mission: Mission, seen: MissionSeen): void {
  const { plan, fleet, observation } = subject;
  const verdict = plan.missions.find((one) => one.mission === mission.id);
  const last = seen.record.known ? seen.record.value?.sessions.at(-1) : undefined;
  const names = new Set([
    mission.agent,
    fleet.agents.find(({ name }) => name === mission.agent)?.renamedFrom,
  ]);
  const one: One = {
    ...subject,
    mission,
    seen,
    open: last !== undefined && (last.ended_at ?? '') === '' ? last : undefined,
    session: observation.tmux.known
      ? observation.tmux.value.sessions.find(
          ({ owner }) => owner?.fleet === fleet.name && names.has(owner.agent),
        )
      : undefined,
    say: (what) => `${mission.id} (${verdict?.state}, ${verdict?.change}): ${what}`,
  };
  unreadableIsKept(one);
  beginsInOrder(one);
  beginsOnlyWhereItMay(one);
  endsOnce(one);
  joinsTheLiving(one);
  gatesAreAlone(one);
  startsNothingElse(one);
}

const own = <K extends ActionKind>({ plan, mission }: One, kind: K): ActionOf<K> | undefined => {
  const found = plan.actions.filter(
    (action): action is ActionOf<K> =>
      action.kind === kind && 'mission' in action && action.mission === mission.id,
  );
  assert.ok(found.length < 2, `${kind} of ${mission.id} is there once`);
  return found[0];
};

const of = <K extends ActionKind>({ plan, mission }: One, kind: K): ActionOf<K> | undefined =>
  plan.actions.find(
    (action): action is ActionOf<K> =>
      action.kind === kind && 'agent' in action && action.agent === mission.agent,
  );

const writesOf = ({ plan, mission }: One): Action[] =>
  plan.actions.filter((action) => 'mission' in action && action.mission === mission.id);

function unreadableIsKept(one: One): void {
  const { record, tasks } = one.seen;
  const another = record.known && record.value !== undefined && record.value.mission_id !== one.mission.id;
  const written = writesOf(one);
  if (!record.known || another) assert.deepEqual(written, [], one.say('writes nothing'));
  // Which process a session is, and that it is killed, has nothing to do with its tasks.
  const kinds = written.map(({ kind }) => kind);
  const apart = kinds.filter((kind) => kind !== 'join-mission-session' && kind !== 'end-mission-session');
  if (!tasks.known) assert.deepEqual(apart, [], one.say('makes and changes nothing'));
}

function beginsInOrder(one: One): void {
  const begin = own(one, 'begin-mission-session');
  const start = of(one, 'start-session');
  if (begin === undefined) return;
  assert.ok(start !== undefined, one.say('a session that begins gets its program'));
  assert.ok(start.needs.includes(begin.id), one.say('its program is started after its session has begun'));
  const join = own(one, 'join-mission-session');
  assert.ok(join?.needs.includes(start.id), one.say('what was started is written down'));
  for (const kind of ['make-mission', 'end-mission-session', 'change-mission', 'block-task'] as const) {
    const before = own(one, kind);
    if (before !== undefined) assert.ok(begin.needs.includes(before.id), one.say(`begins after ${kind}`));
  }
  const stop = of(one, 'stop-session');
  if (stop !== undefined) assert.ok(begin.needs.includes(stop.id), one.say('begins after the stop'));
}

function beginsOnlyWhereItMay(one: One): void {
  const { mission, seen, session, options } = one;
  if (own(one, 'begin-mission-session') === undefined) return;
  const never = (unless: boolean, what: string): void =>
    assert.ok(!unless, one.say(`${what} begins nothing`));
  never(mission.continue === 'manual', 'manual');
  never(mission.state !== 'active', mission.state);
  never(seen.gatesRunning, 'while its gates run it');
  never(seen.lock.kind === 'elsewhere' || seen.lock.kind === 'corrupt', seen.lock.kind);
  never(seen.lock.kind === 'starting' && session?.pane?.dead !== false, 'what is being started');
  if (seen.lock.kind === 'live') {
    const end = own(one, 'end-mission-session');
    assert.equal(end?.because, 'killed', one.say('a session that lives is ended first'));
    const pid = session?.pane?.pid;
    assert.equal(seen.lock.lock.pid, pid, one.say('and is that of its agent'));
  }
  const verdict = one.plan.missions.find((a) => a.mission === mission.id);
  assert.equal(verdict?.state, 'starting', one.say('says that it starts'));
  const record = seen.record.known ? seen.record.value : undefined;
  never(record?.status === 'failed', 'what failed');
  const idle = record?.sessions.slice(-mission.maxIdleSessions) ?? [];
  const all = idle.length === mission.maxIdleSessions && idle.every((entry) => entry.idle === true);
  const lifted = options.restart?.has(mission.agent) === true;
  if (all && !lifted) {
    const last = idle.at(-1)?.tasks_digest;
    assert.equal(last, 'another', one.say('idle sessions are followed by none'));
  }
}

/** A session that is over is ended, once; one that may be alive is not. */
function endsOnce(one: One): void {
  const { seen, open, session, observation } = one;
  const end = own(one, 'end-mission-session');
  const stop = of(one, 'stop-session');
  if (end !== undefined) {
    const told = seen.record.known ? (seen.record.value?.sessions ?? []) : [];
    const { lock } = seen;
    // One that another tool began may stand in its lock alone.
    const locked = lock.kind === 'dead' && told.every(({ session_id: id }) => id !== lock.lock.session_id);
    const which = open?.session_id ?? (locked ? lock.lock.session_id : undefined);
    assert.equal(end.session, which, one.say('ends the session that is open'));
    assert.ok(end.at <= observation.now, one.say('it ended before now'));
    const alive = seen.lock.kind === 'live' || seen.lock.kind === 'starting';
    if (alive) assert.equal(end.because, 'killed', one.say('what lives is only killed'));
    if (end.because === 'killed')
      assert.ok(
        stop !== undefined && end.needs.includes(stop.id) && session?.pane?.dead === false,
        one.say('is killed with its live agent'),
      );
    return;
  }
  if (open === undefined || (open.pid ?? 0) === 0 || isInTheWay(one)) return;
  const over = seen.lock.kind === 'none' || seen.lock.kind === 'dead';
  const joined = session?.pane?.dead === false && open.agent !== '';
  if (over && !joined) assert.fail(one.say('a session that is over is ended'));
}

const isInTheWay = (one: One): boolean => {
  const { seen, plan, mission, observation } = one;
  const rule = plan.verdicts.find(({ agent }) => agent === mission.agent)?.rule;
  const record = seen.record.known ? seen.record.value : undefined;
  const unusable = !seen.record.known || !seen.tasks.known || record?.mission_id !== mission.id;
  const folder = observation.folders.get(mission.project) ?? 'folder';
  return unusable || folder !== 'folder' || rule === 'out-of-reach' || plan.refused !== undefined;
};

function joinsTheLiving(one: One): void {
  const join = own(one, 'join-mission-session');
  if (join === undefined || own(one, 'begin-mission-session') !== undefined) return;
  assert.ok(one.open !== undefined, one.say('joins a session that is open'));
  assert.equal(one.session?.pane?.dead, false, one.say('whose program lives'));
}

/** Nobody works in the files that gates are run over. */
function gatesAreAlone(one: One): void {
  const verification = one.plan.verifications.find(({ mission }) => mission === one.mission.id);
  if (verification === undefined) return;
  assert.notEqual(one.session?.pane?.dead, false, one.say('gates are not run beside a session'));
  assert.equal(of(one, 'start-session'), undefined, one.say('nor is one started'));
  assert.equal(own(one, 'begin-mission-session'), undefined, one.say('nor begun'));
  const { kind } = one.seen.lock;
  assert.ok(kind === 'none' || kind === 'dead', one.say('nor is another at work'));
}

/** In the slot of a mission that is carried on, nothing is started but its sessions. */
function startsNothingElse(one: One): void {
  const { mission, plan, options, fleet } = one;
  const start = of(one, 'start-session');
  const agents = fleet.missions.filter(({ agent, state }) => agent === mission.agent && state === 'active');
  if (start === undefined || mission.continue === 'manual' || mission.state === 'completed') return;
  if (mission.state !== 'active' && agents.length > 0) return;
  if (own(one, 'begin-mission-session') !== undefined) return;
  const rule = plan.verdicts.find(({ agent }) => agent === mission.agent)?.rule;
  // A person wants it; or the file, and what lives is no session of the mission.
  const kills = own(one, 'end-mission-session')?.because === 'killed';
  const restarts = rule === 'restart-asked' || (rule === 'restart-changed' && !kills);
  const back = options.restart?.has(mission.agent) === true;
  assert.ok(restarts || back, one.say(`its agent is not started without a session (${rule})`));
}
