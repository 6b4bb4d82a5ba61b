/** What is seen of one mission, in few words, turned into what `observe` would have seen. */
import { newRecord } from '../../src/mission/turn.ts';
import { progressDigest } from '../../src/mission/sessions.ts';
import { settled } from '../../src/mission/settle.ts';
import type { Fleet, Mission } from '../../src/model/fleet.ts';
import {
  missionPlaces,
  type DeadWhy,
  type EndedReason,
  type LockState,
  type MilestoneEntry,
  type MilestoneStatus,
  type MissionFile,
  type MissionLock,
  type MissionSeen,
  type MissionStatus,
  type SessionEntry,
  type Task,
  type TaskStatus,
} from '../../src/model/mission.ts';
import { runKey } from '../../src/model/state.ts';
import { known, unknown } from '../../src/model/source.ts';
import { age, BOOT, NOW, SERVER } from './seen-agent.ts';

/** What stands in a mission's files; what is not told is as the fleet file and the tasks say. */
export interface MissionWords {
  record?: 'none' | 'invalid' | 'of another mission';
  status?: MissionStatus;
  name?: string;
  /** Such as `M1 in-progress`; at its end `passed`, or how often the gates have failed over it and the task that mends that: `2 F1`. */
  milestones?: string[];
  sessions?: SessionWords[];
  /** Such as `T1 done M1`. */
  tasks?: string[] | 'none' | 'invalid';
  /** `live`, `starting`, `elsewhere`, `corrupt`, or why it is dead. */
  lock?: 'live' | 'starting' | 'elsewhere' | 'corrupt' | DeadWhy;
  missing?: MissionSeen['missing'];
  handoff?: boolean;
  /** How long ago anything last changed. */
  changed?: string;
  gates?: 'run';
}

/** The first is sess-001. Durations are ages. */
export interface SessionWords {
  /** The mission's agent, unless told; `''`: in a terminal. */
  agent?: string;
  began?: string;
  /** How it ended; absent: it is open. */
  end?: EndedReason;
  task?: string;
  milestone?: string;
  /** The run of its agent that is seen (`this`), another; absent: its program was never written down. */
  run?: 'this' | 'other';
  pid?: number;
  idle?: boolean;
  /** The tasks stood as they stand now when it began. */
  tasks?: 'same';
}

/** @param agents the names of those that are seen, in order */
export function missionSeen(
  mission: Mission,
  words: MissionWords,
  agents: readonly string[] = [mission.agent],
): MissionSeen {
  const tasks = typeof words.tasks === 'string' ? [] : (words.tasks ?? []).map(taskOf);
  const record = words.record === 'none' ? undefined : recordOf(mission, words, tasks, agents);
  const places = missionPlaces(mission.project, record);
  const absent = words.tasks === 'none' || (words.record === 'none' && words.tasks === undefined);
  return {
    places,
    record: words.record === 'invalid' ? unknown(`${places.mission}:3:1 cannot be used`) : known(record),
    tasks:
      words.tasks === 'invalid'
        ? unknown(`${places.tasks} cannot be used: line 7: the status of T2 is not one`)
        : known(absent ? undefined : tasks),
    lock: lockOf(mission, words, record?.sessions.at(-1)),
    missing: words.missing ?? (words.record === 'none' ? ['manifest', 'tasks'] : []),
    handoff: words.handoff ?? false,
    ...(words.changed === undefined ? {} : { changedAt: age(words.changed, '') }),
    gatesRunning: words.gates === 'run',
  };
}

/** Those of the fleet's missions, by id; one of which nothing is told has no files. */
export const missionsSeen = (
  fleet: Fleet,
  words: Readonly<Record<string, MissionWords>> | undefined,
  agents: readonly string[],
): Map<string, MissionSeen> =>
  new Map(
    fleet.missions
      .filter(({ agent }) => fleet.agents.some(({ name }) => name === agent))
      .map((mission) => [
        mission.id,
        missionSeen(mission, words?.[mission.id] ?? { record: 'none' }, agents),
      ]),
  );

function recordOf(
  mission: Mission,
  words: MissionWords,
  tasks: readonly Task[],
  agents: readonly string[],
): MissionFile {
  const made = newRecord(mission, NOW - 86_400_000);
  const sessions = (words.sessions ?? []).map((one, index) => sessionOf(mission, one, index, tasks, agents));
  const usual = settled({ ...made, sessions }, mission, tasks, NOW);
  return {
    ...usual,
    ...(words.record === 'of another mission' ? { mission_id: 'another' } : {}),
    ...(words.status === undefined ? {} : { status: words.status }),
    ...(words.name === undefined ? {} : { name: words.name }),
    ...(words.milestones === undefined
      ? {}
      : { milestones: words.milestones.map((text) => milestoneOf(mission, text)) }),
  };
}

function milestoneOf({ milestones }: Mission, text: string): MilestoneEntry {
  const [id = '', status, gates, remediation] = text.split(' ');
  const common = { started_at: at(NOW - 60_000), pid: 77, boot_id: BOOT, ended_at: at(NOW - 30_000) };
  return {
    id,
    name: milestones.find((one) => one.id === id)?.name ?? id,
    status: status as MilestoneStatus,
    ...(gates === undefined
      ? {}
      : {
          gates:
            gates === 'passed'
              ? { ...common, exit_code: 0, failures: 0 }
              : {
                  ...common,
                  exit_code: 1,
                  failures: Number(gates),
                  ...(remediation === undefined ? {} : { remediation }),
                },
        }),
  };
}

export function taskOf(text: string, index: number): Task {
  const [id = '', status, milestone = ''] = text.split(' ');
  const words = { description: `What ${id} is`, pr: '', notes: '' };
  return { id, status: status as TaskStatus, milestone, ...words, line: index + 5 };
}

function sessionOf(
  mission: Mission,
  words: SessionWords,
  index: number,
  tasks: readonly Task[],
  agents: readonly string[],
): SessionEntry {
  const agent = words.agent ?? mission.agent;
  const number = agents.indexOf(agents.includes(agent) ? agent : mission.agent);
  const pid = words.pid ?? (words.run === undefined ? 0 : 1000 + number);
  const run = words.run === 'this' ? runKey(SERVER, `$${number + 1}`) : '1.1.1';
  return {
    session_id: `sess-${String(index + 1).padStart(3, '0')}`,
    runtime: 'shell',
    pid,
    started_at: at(age(words.began, '1h')),
    ended_at: words.end === undefined ? '' : at(NOW - 60_000),
    ended_reason: words.end ?? '',
    duration_seconds: words.end === undefined ? null : 3540,
    milestone_id: words.milestone ?? mission.milestones[0]?.id ?? '',
    last_task_id: words.task ?? '',
    agent,
    ...(words.run === undefined ? {} : { run }),
    tasks_digest: words.tasks === 'same' ? progressDigest(tasks) : 'another',
    ...(words.idle === undefined ? {} : { idle: words.idle }),
  };
}

const at = (ms: number): string => new Date(ms).toISOString();

function lockOf({ project }: Mission, { lock: kind }: MissionWords, last?: SessionEntry): LockState {
  if (kind === undefined) return { kind: 'none' };
  if (kind === 'corrupt') return { kind, why: 'it is not JSON' };
  const pid = last?.pid ?? 0;
  const lock: MissionLock = {
    session_id: last?.session_id ?? 'sess-001',
    runtime: 'shell',
    pid: pid === 0 && kind !== 'starting' && kind !== 'never-started' ? 4242 : pid,
    started_at: last?.started_at ?? at(NOW),
    project_path: project,
    ...((last?.agent ?? '') === '' ? {} : { agent: last?.agent ?? '' }),
  };
  if (kind === 'live' || kind === 'starting') return { kind, lock };
  return kind === 'elsewhere' ? { kind, lock, host: 'there' } : { kind: 'dead', lock, why: kind };
}
