/** From a plan and what was observed to what is told about each agent. Pure. */
import { missionOf, type Fleet, type Supervisor } from '../model/fleet.ts';
import type { Observation, SessionSeen } from '../model/observation.ts';
import type { AgentStatus, MissionVerdict, Plan, Wanted } from '../model/plan.ts';
import type { AgentRecord } from '../model/state.ts';
import { defined } from './defined.ts';

export interface StatusRow {
  agent: string;
  state: AgentStatus;
  wanted: Wanted;
  /** When it came into this state; absent when nobody knows. Milliseconds since the epoch. */
  since?: number;
  /** Restarts in a row that were charged to the budget. */
  restarts: number;
  pid?: number;
  /** Resident, of the agent and its children, in bytes. */
  memory?: number;
  worktree?: { branch?: string; dirty: boolean; unpushed: number };
  /** Mission, and milestone or task within it. */
  task?: string;
  /** Of a followed repository: the commit that its session runs as. */
  revision?: string;
  /** Why it is anything but running. */
  reason?: string;
  fix?: string;
  /** When a backoff or a limit ends. */
  until?: number;
}

export interface StatusReport {
  fleet: string;
  supervisor?: Supervisor;
  socket: string;
  /** Absent: no server runs, or it could not be asked (`trouble`). */
  serverPid?: number;
  /** Why the tmux server could not be observed. */
  trouble?: string;
  rows: StatusRow[];
  missions: readonly MissionVerdict[];
}

export interface StatusInput {
  plan: Plan;
  fleet: Fleet;
  observation: Observation;
  /** Bytes, by the pid of an agent's pane. */
  memoryByPid: ReadonlyMap<number, number>;
  /** What stands in the worktrees, by agent. */
  work: ReadonlyMap<string, { branch?: string; dirty: boolean; unpushed: number }>;
  /** What each agent works on, where somebody knows better than its mission and lock. */
  tasks?: ReadonlyMap<string, string>;
}

/** Everything `mosaic status` tells. */
export function statusReport(input: StatusInput): StatusReport {
  const { plan, fleet, observation } = input;
  const { tmux } = observation;
  return defined({
    fleet: fleet.name,
    supervisor: plan.supervisor,
    socket: fleet.tmux.socketName,
    serverPid: tmux.known ? tmux.value.server?.pid : undefined,
    trouble: tmux.known ? undefined : tmux.why,
    rows: statusRows(input),
    missions: plan.missions,
  });
}

/** A row per verdict of the plan, in its order. */
export function statusRows(input: StatusInput): StatusRow[] {
  const { plan, fleet, observation } = input;
  const sessions = ourSessions(observation, fleet.name);
  const records = observation.state.known ? observation.state.value.agents : {};
  const oldNames = new Map(fleet.agents.map(({ name, renamedFrom }) => [name, renamedFrom]));
  return plan.verdicts.map(({ agent, wanted, status, reason, fix, until }) => {
    // Until a rename is applied, everything bears the old name.
    const old = oldNames.get(agent) ?? agent;
    const session = sessions.get(agent) ?? sessions.get(old);
    const record = records[agent] ?? records[old];
    const pid = session?.pane?.dead === false ? session.pane.pid : undefined;
    const explained = status !== 'running' || session?.kickstartPending === true;
    return defined({
      agent,
      state: status,
      wanted,
      restarts: record?.restarts ?? 0,
      since: sinceWhen(status, session, record),
      pid,
      memory: pid === undefined ? undefined : input.memoryByPid.get(pid),
      worktree: input.work.get(agent),
      revision: session?.revision,
      task: input.tasks?.get(agent) ?? taskOf(agent, fleet, observation),
      reason: explained ? reason : undefined,
      fix: explained ? fix : undefined,
      until,
    });
  });
}

function ourSessions(observation: Observation, fleet: string): Map<string, SessionSeen> {
  const sessions = observation.tmux.known ? observation.tmux.value.sessions : [];
  return new Map(
    sessions.flatMap((session) =>
      session.owner?.fleet === fleet ? [[session.owner.agent, session] as const] : [],
    ),
  );
}

function sinceWhen(
  status: AgentStatus,
  session: SessionSeen | undefined,
  record: AgentRecord | undefined,
): number | undefined {
  switch (status) {
    case 'running':
    case 'pending-restart':
    case 'limited':
      return session?.pane?.dead === false
        ? (record?.run?.startedAt ?? session.createdAt)
        : record?.ended?.at;
    case 'suspended':
      return record?.suspendedAt;
    case 'crashed':
    case 'completed':
    case 'backoff':
    case 'blocked':
    case 'held':
    case 'stopped':
      return session?.pane?.diedAt ?? record?.ended?.at;
    case 'absent':
    case 'conflict':
    case 'unknown':
      return undefined;
  }
}

/** The mission whose sessions run in its slot, with the task that the one at work began with. */
function taskOf(agent: string, fleet: Fleet, { missions }: Observation): string | undefined {
  const mission = missionOf(fleet, agent);
  if (mission?.state !== 'active') return undefined;
  const seen = missions.get(mission.id);
  const last =
    seen?.lock.kind === 'live' && seen.record.known ? seen.record.value?.sessions.at(-1) : undefined;
  const at = [last?.last_task_id, last?.milestone_id].find((part) => (part ?? '') !== '');
  return at === undefined || at === null ? mission.id : `${mission.id}/${at}`;
}
