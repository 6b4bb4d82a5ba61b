/** What is seen of one agent, in few words, turned into what `observe` would have seen. */
import { parseDuration } from '../../src/base/duration.ts';
import type { Agent, Fleet } from '../../src/model/fleet.ts';
import type {
  LockSeen,
  PaneSeen,
  SessionSeen,
  StartedWith,
  TmuxServer,
  UnitSeen,
} from '../../src/model/observation.ts';
import { runKey, type AgentRecord, type EndCause, type Run } from '../../src/model/state.ts';
import { definitionOf } from '../../src/render/definition.ts';
import { unitNames } from '../../src/render/unit-names.ts';

export const NOW = Date.UTC(2026, 0, 2, 12);
export const SERVER: TmuxServer = { pid: 100, startTime: 1_767_300_000 };
export const OTHER_SERVER: TmuxServer = { pid: 90, startTime: 1_767_200_000 };
export const BOOT = 'this-boot';
/** Before a reboot, after which pids and session numbers began anew. */
const EARLIER_SERVER: TmuxServer = { pid: 100, startTime: 1_767_100_000 };
const EARLIER_BOOT = 'earlier-boot';

/** What is on the host of one agent; whatever is not named is not there. Durations are ages, such as `10s`. */
export interface AgentSeen {
  /**
   * `live`, `exit N`, `signal N`, `dead` (nobody knows why), `closed` (its pane is gone), `foreign` (not ours),
   * `foreign fleet` (another fleet's), or absent.
   */
  session?: string;
  /** The session's name, where it is not the agent's. */
  named?: string;
  /** The agent's name when the session was started, where it had another. */
  born?: string;
  /** What the session runs: `same` as the file says, `other`, or of `another version` of the hash. */
  definition?: 'same' | 'other' | 'another version';
  created?: string;
  died?: string;
  kickstart?: 'pending';
  /** Its pane stands in the session of that name. */
  paneIn?: string;
  /** How many live panes its session has beside its own, and how many clients. */
  beside?: number;
  attached?: number;
  /** What stands on its screen. */
  screen?: string;
  /**
   * `run` (this session), `other run`, `other server`, `other boot`; `stopping`, `restarting` (this session);
   * `ended CAUSE` (this session), `ended earlier CAUSE`.
   */
  record?: string;
  /** The branch that its last definition named for its worktree. */
  ranOn?: string;
  restarts?: number;
  limits?: number;
  /** When its recorded run ended. */
  ended?: string;
  /** With which definition that was. */
  endedWith?: 'same' | 'other' | 'another version';
  suspended?: boolean;
  /** Noted on its session. */
  revision?: string;
  lock?: 'live' | 'dead' | 'corrupt' | 'other' | 'other boot';
  unit?: 'active' | 'failed';
  scope?: 'active';
}

const hashes = new WeakMap<Agent, string>();

/** The definition hash of an agent; kept, where no secrets go into it. */
export function hashOf(agent: Agent, secrets: Record<string, string>): string {
  if (Object.keys(secrets).length > 0) return definitionOf(agent, secrets).hash;
  const hash = hashes.get(agent) ?? definitionOf(agent, {}).hash;
  hashes.set(agent, hash);
  return hash;
}

/** The moment that long before now. */
export const age = (text: string | undefined, otherwise: string): number =>
  NOW - (parseDuration(text ?? otherwise) ?? Number.NaN);

interface Context {
  index: number;
  supervisor: 'systemd' | 'none';
  secrets: Record<string, string>;
}

interface AgentPieces {
  name: string;
  session?: SessionSeen;
  record?: AgentRecord;
  lock?: LockSeen;
  units: [string, UnitSeen][];
  screen?: [string, string];
  /** Its pane, where it is in another session, of that name. */
  moved?: { to: string; pane: SessionSeen['panes'][number] };
}

export function agentSeen(fleet: Fleet, name: string, words: AgentSeen, context: Context): AgentPieces {
  const agent =
    fleet.agents.find((candidate) => candidate.name === name) ??
    fleet.agents.find((candidate) => candidate.renamedFrom === name);
  const hash = (which: AgentSeen['definition'] = 'same'): string =>
    which === 'another version'
      ? '0-0000000000000000'
      : which === 'other' || agent === undefined
        ? '1-0000000000000000'
        : hashOf(agent, context.secrets);
  const id = `$${context.index + 1}`;
  const pane = paneOf(words, context.index);
  const startedAt = age(words.created, '1h');
  const run: Run = {
    key: runKey(SERVER, id),
    sessionId: id,
    server: SERVER,
    pid: 1000 + context.index,
    bootId: BOOT,
    startedAt,
    definition: hash(words.definition),
  };
  const session = sessionSeen(fleet, name, words, {
    id,
    pane,
    startedAt,
    supervisor: context.supervisor,
    hash,
  });
  const record = recordOf(words, run, hash(words.endedWith));
  if (record !== undefined && words.ranOn !== undefined) {
    record.definition = { hash: run.definition, fields: { worktree: { branch: words.ranOn } } };
  }
  // Of an earlier server's run a lock tells what the record does.
  const lock = lockOf(name, words, words.record === 'other server' ? (record?.run ?? run) : run);
  const names = unitNames(fleet.systemd.unitPrefix);
  const born = words.born ?? name;
  const units: AgentPieces['units'] = [];
  if (words.unit !== undefined) units.push([names.agent(born), { active: words.unit, sub: 'exited' }]);
  if (words.scope !== undefined) units.push([names.scope(born), { active: words.scope, sub: 'running' }]);
  return {
    name,
    units,
    ...(session === undefined ? {} : { session }),
    ...(record === undefined ? {} : { record }),
    ...(lock === undefined ? {} : { lock }),
    ...(words.paneIn === undefined
      ? {}
      : { moved: { to: words.paneIn, pane: { id: `%${context.index + 1}`, pid: run.pid, dead: false } } }),
    ...(words.screen === undefined ? {} : { screen: [`%${context.index + 1}`, words.screen] }),
  };
}

function paneOf(words: AgentSeen, index: number): PaneSeen | undefined {
  const { session } = words;
  if (session === undefined || session === 'closed') return undefined;
  const pane = { id: `%${index + 1}`, pid: 1000 + index };
  if (session === 'live' || session.startsWith('foreign')) return { ...pane, dead: false };
  const diedAt = age(words.died, '0s');
  const [how, number] = session.split(' ');
  if (how === 'exit') return { ...pane, dead: true, status: Number(number), diedAt };
  if (how === 'signal') return { ...pane, dead: true, signal: Number(number), diedAt };
  if (how === 'dead') return { ...pane, dead: true, diedAt };
  throw new Error(`a session is not "${session}"`);
}

function sessionSeen(
  fleet: Fleet,
  name: string,
  words: AgentSeen,
  made: {
    id: string;
    pane: PaneSeen | undefined;
    startedAt: number;
    supervisor: 'systemd' | 'none';
    hash(which?: AgentSeen['definition']): string;
  },
): SessionSeen | undefined {
  if (words.session === undefined || words.session === 'absent') return undefined;
  const common = {
    id: made.id,
    name: words.named ?? name,
    createdAt: made.startedAt,
    attached: words.attached ?? 0,
    activityAt: made.startedAt,
    kickstartPending: words.kickstart === 'pending',
    ...(words.revision === undefined ? {} : { revision: words.revision }),
    panes: [
      ...(made.pane === undefined ? [] : [{ id: made.pane.id, pid: made.pane.pid, dead: made.pane.dead }]),
      ...Array.from({ length: words.beside ?? 0 }, (_, n) => ({
        id: `%${500 + n}`,
        pid: 5000 + n,
        dead: false,
      })),
    ],
  };
  const started: StartedWith = {
    definition: made.hash(words.definition),
    supervisor: made.supervisor,
    born: words.born ?? name,
  };
  if (words.session === 'foreign') return common;
  const owner = { fleet: words.session === 'foreign fleet' ? 'another' : fleet.name, agent: name };
  return { ...common, owner, started, ...(made.pane === undefined ? {} : { pane: made.pane }) };
}

function recordOf(words: AgentSeen, run: Run, endedWith: string): AgentRecord | undefined {
  const common = {
    restarts: words.restarts ?? 0,
    ...(words.limits === undefined ? {} : { limits: words.limits }),
    ...(words.suspended === true ? { suspendedAt: NOW - 1000 } : {}),
  };
  const ended = /^ended (earlier )?(exit|crash|reboot|outage|limit)$/.exec(words.record ?? '');
  if (ended !== null) {
    const key = ended[1] === undefined ? run.key : '1.1.1';
    const cause = ended[2] as EndCause;
    return { ...common, ended: { run: key, at: age(words.ended, '1m'), cause, definition: endedWith } };
  }
  switch (words.record) {
    case undefined:
    case 'none':
      return words.restarts === undefined && words.suspended === undefined ? undefined : common;
    case 'run':
      return { ...common, run };
    case 'other run':
      return { ...common, run: { ...run, key: runKey(SERVER, '$99'), sessionId: '$99', pid: 999 } };
    case 'other server':
      return { ...common, run: { ...run, key: runKey(OTHER_SERVER, run.sessionId), server: OTHER_SERVER } };
    case 'other boot':
      return {
        ...common,
        run: {
          ...run,
          key: runKey(EARLIER_SERVER, run.sessionId),
          server: EARLIER_SERVER,
          bootId: EARLIER_BOOT,
        },
      };
    case 'stopping':
      return { ...common, run, stopping: { run: run.key, because: 'stop' } };
    case 'restarting':
      return { ...common, run, stopping: { run: run.key, because: 'restart' } };
    default:
      throw new Error(`a record is not "${words.record}"`);
  }
}

function lockOf(name: string, { lock }: AgentSeen, run: Run): LockSeen | undefined {
  if (lock === undefined) return undefined;
  if (lock === 'corrupt') return { kind: 'corrupt', why: 'it is not JSON' };
  return {
    kind: lock === 'live' || lock === 'other' ? 'live' : 'dead',
    lock: {
      sessionId: run.key,
      runtime: 'shell',
      pid: lock === 'other' ? 4242 : run.pid,
      startedAt: run.startedAt,
      projectPath: '/work',
      bootId: lock === 'other boot' ? EARLIER_BOOT : BOOT,
      agent: name,
    },
  };
}
