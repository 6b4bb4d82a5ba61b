/** Missions as the planner sees them: what their agents' ends mean to them, whose turn it is, and what is to be written. */
import type { Mission } from '../model/fleet.ts';
import { missionOf } from '../model/fleet.ts';
import type { EndedReason, MissionFile, MissionSeen, SessionEntry } from '../model/mission.ts';
import type { Action } from '../model/plan.ts';
import type { EndCause } from '../model/state.ts';
import { isOpen, lastSession } from '../mission/select.ts';
import { withEnd, withLocked, type SessionEnd } from '../mission/sessions.ts';
import { keptMilestones } from '../mission/settle.ts';
import { missionNow, type MissionNow, type Turn } from '../mission/turn.ts';
import { promptDelivery } from '../render/mission.ts';
import { endedRun } from './ending.ts';
import type { Gathering } from './gather.ts';
import type { Situation } from './situation.ts';

/** A mission, what is seen of it, and what it comes to once the session that is over is written down as ended. */
export interface MissionTurn {
  wish: Mission;
  seen: MissionSeen;
  /** With that session ended, or joined: what the plan tells of is what it is then. */
  after: MissionSeen;
  now: MissionNow;
  /** The session that is over and has no end yet. */
  end?: SessionEnd;
  /** The session that its agent's live session is, and whose lock does not say so. */
  join?: string;
  /** Its agent's live session is a session of it. */
  ofAgent: boolean;
  /** Whose turn it is once that session was ended by an operator. */
  afterwards: Turn;
  delivery: 'argument' | 'typed' | 'file';
  /** Something is in the way that a person has to clear. */
  conflict?: { reason: string; fix: string };
}

/** Those of the file that belong to this host, by id, in the file's order. */
export function gatherMissions(g: Gathering, situations: readonly Situation[]): Map<string, MissionTurn> {
  const turns = new Map<string, MissionTurn>();
  for (const wish of g.fleet.missions) {
    const seen = g.observation.missions.get(wish.id);
    if (seen === undefined) continue;
    turns.set(
      wish.id,
      turnOf(
        g,
        wish,
        seen,
        situations.find(({ name }) => name === wish.agent),
      ),
    );
  }
  for (const s of situations) {
    const own = missionOf(g.fleet, s.name);
    const turn = own && turns.get(own.id);
    if (turn !== undefined && s.agent !== undefined) s.mission = turn;
  }
  return turns;
}

function turnOf(g: Gathering, wish: Mission, seen: MissionSeen, s: Situation | undefined): MissionTurn {
  const { now } = g.observation;
  const there = seen.record.known ? seen.record.value : undefined;
  const record = there?.mission_id === wish.id ? there : undefined;
  const end = record === undefined ? undefined : endOf(g, record, seen, s);
  const open = record === undefined ? undefined : openSession(record);
  const own = s !== undefined && open !== undefined && isOwn(s, open, seen);
  const after = own ? joined(seen, open, wish) : afterEnd(seen, end);
  const current = missionNow(after, wish, now);
  const agent = s?.agent;
  const folder = g.observation.folders.get(wish.project);
  return {
    wish,
    seen,
    after,
    now: current,
    afterwards: own && record !== undefined ? onceKilled(record, open, seen, wish, now) : current.turn,
    delivery: agent === undefined ? 'file' : promptDelivery(agent, g.fleet.runtimes[agent.runtime]),
    ...(end === undefined ? {} : { end }),
    ...(own && isToJoin(open, seen) ? { join: open.session_id } : {}),
    ofAgent: own,
    ...(folder === 'folder' || folder === undefined
      ? {}
      : {
          conflict: {
            reason: `its project ${wish.project} is ${folder === 'absent' ? 'not there' : folder.replaceAll('-', ' ')}`,
            fix: 'Clone it there, or mend project.',
          },
        }),
  };
}

/** Its process is not written down, and no lock is in the way that is not its own. */
function isToJoin({ run, session_id }: SessionEntry, { lock }: MissionSeen): boolean {
  if (lock.kind === 'none') return true;
  if (lock.kind === 'corrupt' || lock.kind === 'elsewhere') return false;
  const whole = lock.kind === 'live' && run !== undefined && lock.unlocked !== true;
  return lock.lock.session_id === session_id && !whole;
}

function afterEnd(seen: MissionSeen, end: SessionEnd | undefined): MissionSeen {
  const record = seen.record.known ? seen.record.value : undefined;
  if (end === undefined || record === undefined) return seen;
  return { ...seen, record: { known: true, value: ended(record, end, seen) }, lock: { kind: 'none' } };
}

/** The record with that session ended, be it that only a lock tells of it. */
function ended(record: MissionFile, end: SessionEnd, { lock, tasks }: MissionSeen): MissionFile {
  const whole =
    lock.kind === 'dead' && lock.lock.session_id === end.session ? withLocked(record, lock.lock) : record;
  return withEnd(whole, end, tasks.known ? (tasks.value ?? []) : undefined);
}

/** Its program lives, whatever the lock says that it was started under. */
function joined(seen: MissionSeen, open: SessionEntry, { agent, project }: Mission): MissionSeen {
  if (seen.lock.kind !== 'none' && seen.lock.kind !== 'dead') return seen;
  const { session_id, runtime, pid, started_at } = open;
  const lock = {
    session_id,
    runtime: runtime ?? '',
    pid: pid ?? 0,
    started_at: started_at ?? '',
    project_path: project,
    agent,
  };
  return { ...seen, lock: { kind: 'live', lock } };
}

function onceKilled(
  record: MissionFile,
  open: SessionEntry | undefined,
  seen: MissionSeen,
  wish: Mission,
  at: number,
): Turn {
  const value =
    open === undefined ? record : ended(record, { session: open.session_id, reason: 'killed', at }, seen);
  // A lock that is not its own is not cleared with it.
  const own = 'lock' in seen.lock && seen.lock.lock.session_id === open?.session_id;
  const lock = own && seen.lock.kind !== 'elsewhere' ? ({ kind: 'none' } as const) : seen.lock;
  return missionNow({ ...seen, record: { known: true, value }, lock }, wish, at).turn;
}

function openSession(record: MissionFile): SessionEntry | undefined {
  const last = lastSession(record);
  return last !== undefined && isOpen(last) ? last : undefined;
}

/** Whether the agent's live session is that session of the mission. */
function isOwn(s: Situation, open: SessionEntry, { lock }: MissionSeen): boolean {
  if (s.session.kind !== 'live' || !isOfAgent(s, open)) return false;
  if (open.run !== undefined) return open.run === s.session.run;
  if (lock.kind === 'live') return lock.lock.pid === s.session.session.pane?.pid;
  // Begun, and its program not yet written down: what the agent runs is that, unless it ran before.
  return s.session.session.createdAt >= beganAt(open) - CLOCK_MS;
}

/** tmux tells a session's beginning in whole seconds. */
const CLOCK_MS = 1_000;

const beganAt = ({ started_at }: SessionEntry): number => {
  const at = Date.parse(started_at ?? '');
  return Number.isNaN(at) ? 0 : at;
};

/** By the agent's name or its former one; by the run too, since the file forgets a former name sooner or later. */
function isOfAgent(s: Situation, { agent, run }: SessionEntry): boolean {
  if (agent === s.name) return true;
  const former = [s.renameFrom, s.agent?.renamedFrom].filter((name) => name !== undefined);
  if (former.some((name) => name === agent)) return true;
  const seen = s.session.kind === 'live' || s.session.kind === 'dead' ? s.session.run : undefined;
  return run !== undefined && [seen, s.record.run?.key, s.record.ended?.run].includes(run);
}

/** The session of the record that is over and has no end: by its agent's end where it had one, else by its lock. */
function endOf(
  g: Gathering,
  record: MissionFile,
  seen: MissionSeen,
  s: Situation | undefined,
): SessionEnd | undefined {
  const { lock } = seen;
  const open = openSession(record) ?? unrecorded(record, lock);
  if (open === undefined || (lock.kind !== 'none' && lock.kind !== 'dead')) return undefined;
  const session = open.session_id;
  if (s !== undefined && isOfAgent(s, open)) {
    // Where its agent is cannot be told: neither can the session's end.
    if (s.outOfReach !== undefined || isOwn(s, open, seen)) return undefined;
    const ended = endedRun(s, s.agent && g.fleet.runtimes[s.agent.runtime]);
    // An end that is written down already, or that lies before it, is that of the run before.
    const earlier =
      open.run === undefined &&
      (ended === undefined || s.record.ended?.run === ended.run || ended.at + CLOCK_MS < beganAt(open));
    if (earlier && (open.pid ?? 0) === 0) return undefined;
    if (ended !== undefined && !earlier && (open.run === undefined || open.run === ended.run)) {
      const cause = s.together && ended.cause === 'crash' ? 'outage' : ended.cause;
      return { session, reason: reasonOf(cause, seen), at: Math.max(ended.at, beganAt(open)) };
    }
  }
  const reason = lock.kind !== 'dead' ? 'unknown' : lock.why === 'reboot' ? 'reboot' : 'crashed';
  return { session, reason, at: g.observation.now };
}

/** The session of a dead lock that the record does not tell of. */
function unrecorded(record: MissionFile, lock: MissionSeen['lock']): SessionEntry | undefined {
  if (lock.kind !== 'dead' || lock.why === 'never-started') return undefined;
  const after = withLocked(record, lock.lock);
  return after === record ? undefined : lastSession(after);
}

function reasonOf(cause: EndCause, { tasks, handoff }: MissionSeen): EndedReason {
  switch (cause) {
    case 'crash':
      return 'crashed';
    case 'reboot':
      return 'reboot';
    case 'outage':
      return 'unknown';
    case 'exit':
    case 'limit': {
      const list = tasks.known ? (tasks.value ?? []) : [];
      const open = list.some(({ status }) => status !== 'done' && status !== 'cancelled');
      if (list.length > 0 && !open) return 'completed';
      return handoff ? 'handoff' : 'premature';
    }
  }
}

/** What is written for a mission beside its sessions: missing files, the record as the file and the tasks say. */
export function missionActions(turn: MissionTurn): Action[] {
  const { wish, seen, now, end } = turn;
  if (turn.conflict !== undefined || isUnusable(turn)) return [];
  const { id: mission, agent } = wish;
  const make: Action = {
    kind: 'make-mission',
    id: `make-mission:${mission}`,
    mission,
    agent,
    reason:
      seen.record.known && seen.record.value === undefined
        ? 'it has no files yet'
        : 'some of its files are not there',
    needs: [],
  };
  const before = seen.record.known ? seen.record.value : undefined;
  if (before === undefined) return [make];
  const after = end === undefined ? before : ended(before, end, seen);
  const changes = now.record !== undefined && JSON.stringify(now.record) !== JSON.stringify(after);
  return [
    ...(seen.missing.length > 0 ? [make] : []),
    ...(end === undefined
      ? []
      : [
          {
            kind: 'end-mission-session' as const,
            id: `end-mission-session:${mission}`,
            mission,
            agent,
            session: end.session,
            because: end.reason,
            at: end.at,
            reason: `its session ${end.session} is over`,
            needs: [`record-end:${agent}`],
          },
        ]),
    ...(changes
      ? [
          {
            kind: 'change-mission' as const,
            id: `change-mission:${mission}`,
            mission,
            agent,
            reason: whatChanges(after, now.record),
            needs: [`end-mission-session:${mission}`, `make-mission:${mission}`],
          },
        ]
      : []),
  ];
}

export const joinAction = ({ wish }: Pick<MissionTurn, 'wish'>, needs: string[] = []): Action => ({
  kind: 'join-mission-session',
  id: `join-mission-session:${wish.id}`,
  mission: wish.id,
  agent: wish.agent,
  reason: 'its program runs',
  needs: [...needs, `write-lock:${wish.agent}`],
});

/** Nothing is written to what cannot be read, nor to another mission's files. */
export const isUnusable = ({ now: { turn } }: MissionTurn): boolean =>
  turn.kind === 'held' && (turn.why === 'invalid' || turn.why === 'conflict');

function whatChanges(before: MissionFile, after: MissionFile | undefined): string {
  if (after === undefined) return '';
  if (after.status !== before.status) return standing(after);
  const completed = after.milestones.filter(
    ({ id, status }) =>
      status === 'completed' && before.milestones.find((one) => one.id === id)?.status !== 'completed',
  );
  if (completed.length > 0) return `${completed.map(({ id }) => id).join(', ')} completed`;
  return 'its record differs from what the fleet file and its tasks say';
}

/** Its status, in words. */
export function standing({ status, milestones }: MissionFile): string {
  if (status !== 'completed') return `it is ${status}`;
  return milestones.every((milestone) => milestone.status === 'completed')
    ? 'all its milestones are completed'
    : 'the fleet file says that it is completed';
}

/** A session whose agent this plan stops is ended by the operator. */
export function killedSession(turn: MissionTurn, agent: string, now: number): Action[] {
  const open =
    turn.seen.record.known && turn.seen.record.value ? openSession(turn.seen.record.value) : undefined;
  if (open === undefined || !turn.ofAgent) return [];
  const mission = turn.wish.id;
  return [
    {
      kind: 'end-mission-session',
      id: `end-mission-session:${mission}`,
      mission,
      agent,
      session: open.session_id,
      because: 'killed',
      at: now,
      reason: 'its agent is stopped',
      needs: [`stop-session:${agent}`],
    },
  ];
}

/** Milestones that the fleet file has no more and that work was begun on. */
export function keptMilestoneHolds({
  wish,
  seen,
}: MissionTurn): { subject: string; reason: string; fix: string }[] {
  const record = seen.record.known ? seen.record.value : undefined;
  if (record === undefined || record.mission_id !== wish.id) return [];
  return keptMilestones(record, wish).map(({ id, status }) => ({
    subject: wish.id,
    reason: `its milestone ${id} is gone from the fleet file and stays: it is ${status}`,
    fix: `Put ${id} back into milestones.`,
  }));
}
