import { posix } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { parseSize } from '../base/size.ts';
import type { Agent, Fleet, Mission, RestartWish, Runtime, WorktreeWish } from '../model/fleet.ts';
import { defaults } from './defaults.ts';
import { withDefaults } from './merge.ts';
import { expandPath } from './paths.ts';
import type { RawAgent, RawFleet, RawMission, RawRuntime } from './raw.ts';
import { builtinRuntimes } from './runtimes/index.ts';

export interface Place {
  /** Absolute path of the fleet file. */
  file: string;
  home: string;
  /** What this machine is called: an agent with a `host` is ours when it is one of these. */
  hostnames: readonly string[];
}

/** Fills in every default of a file that has passed all checks. */
export function resolve(raw: RawFleet, place: Place): Fleet {
  const folder = posix.dirname(place.file);
  const path = remembered((value: string) => expandPath(value, place.home, folder));
  const runtimes = resolveRuntimes(raw.runtimes ?? {});
  const here = new Set(place.hostnames.map((name) => name.toLowerCase()));
  const agents: Agent[] = [];
  const elsewhere: Fleet['elsewhere'] = [];
  for (const entry of raw.agents ?? []) {
    const agent = resolveAgent(withDefaults(entry ?? {}, raw.defaults), runtimes, path);
    if (agent.host === undefined || here.has(agent.host.toLowerCase())) agents.push(agent);
    else elsewhere.push({ name: agent.name, host: agent.host });
  }
  const extraConfig = raw.tmux?.extra_config;
  const memory = raw.reconcile?.min_available_memory;
  return {
    name: raw.name ?? defaults.name,
    file: place.file,
    tmux: {
      socketName: raw.tmux?.socket_name ?? defaults.socketName,
      holderSession: raw.tmux?.holder_session ?? defaults.holderSession,
      ...(extraConfig !== undefined && { extraConfig: path(extraConfig) }),
    },
    supervisor: raw.supervisor ?? defaults.supervisor,
    systemd: { unitPrefix: raw.systemd?.unit_prefix ?? defaults.unitPrefix },
    runtimes,
    agents,
    elsewhere,
    missions: (raw.missions ?? []).map((mission) => resolveMission(mission ?? {}, path)),
    reconcile: {
      prune: raw.reconcile?.prune ?? defaults.prune,
      maxStopFraction: raw.reconcile?.max_stop_fraction ?? defaults.maxStopFraction,
      startConcurrency: raw.reconcile?.start_concurrency ?? defaults.startConcurrency,
      ...(memory !== undefined && { minAvailableMemory: bytes(memory) }),
    },
  };
}

/** A function that is not asked twice: a thousand agents share a few paths and durations. */
function remembered<T>(ask: (text: string) => T): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = ask(text);
    answers.set(text, answer);
    return answer;
  };
}

type Expand = (path: string) => string;

function resolveAgent(raw: RawAgent, runtimes: Record<string, Runtime>, path: Expand): Agent {
  const runtime = raw.runtime ?? 'shell';
  const reset = raw.reset_between_tasks ?? false;
  const { memory_max, cpu_weight, tasks_max } = raw.resources ?? {};
  return {
    name: given(raw.name),
    runtime,
    ...(raw.class !== undefined && { class: raw.class }),
    ...(raw.model_hint !== undefined && { modelHint: raw.model_hint }),
    persistentPersona: raw.persistent_persona ?? false,
    resetBetweenTasks: reset,
    command: words(raw.command) ?? given(runtimes[runtime]).command,
    workingDirectory: path(raw.working_directory ?? defaults.workingDirectory),
    ...(raw.kickstart !== undefined && { kickstart: raw.kickstart }),
    ...(raw.kickstart_template !== undefined && { kickstartTemplate: path(raw.kickstart_template) }),
    onRestart: raw.on_restart ?? (reset ? 'fresh' : 'resume'),
    env: { ...(raw.env as Record<string, string> | undefined) },
    ...(raw.env_file !== undefined && { envFile: path(raw.env_file) }),
    ...(raw.worktree && { worktree: resolveWorktree(raw.worktree, path) }),
    resources: {
      ...(memory_max !== undefined && { memoryMax: bytes(memory_max) }),
      ...(cpu_weight !== undefined && { cpuWeight: cpu_weight }),
      ...(tasks_max !== undefined && { tasksMax: tasks_max }),
    },
    restart: resolveRestart(raw.restart ?? {}),
    onChange: raw.on_change ?? 'hold',
    state: raw.state ?? 'running',
    ...(raw.renamed_from !== undefined && { renamedFrom: raw.renamed_from }),
    ...(raw.host !== undefined && { host: raw.host }),
  };
}

function resolveWorktree(raw: NonNullable<RawAgent['worktree']>, path: Expand): WorktreeWish {
  return {
    repository: path(given(raw.repository)),
    ...(raw.path !== undefined && { path: path(raw.path) }),
    ...(raw.base !== undefined && { base: raw.base }),
    ...(raw.branch !== undefined && { branch: raw.branch }),
  };
}

function resolveRestart(raw: NonNullable<RawAgent['restart']>): RestartWish {
  return {
    policy: raw.policy ?? defaults.policy,
    maxRestarts: raw.max_restarts ?? defaults.maxRestarts,
    windowMs: milliseconds(raw.window ?? defaults.window),
    backoff: {
      initialMs: milliseconds(raw.backoff?.initial ?? defaults.backoff.initial),
      maxMs: milliseconds(raw.backoff?.max ?? defaults.backoff.max),
    },
  };
}

function resolveRuntimes(raw: Record<string, RawRuntime | undefined>): Record<string, Runtime> {
  const runtimes: Record<string, Runtime> = { ...builtinRuntimes };
  for (const [name, own] of Object.entries(raw)) {
    const before = Object.hasOwn(runtimes, name) ? runtimes[name] : undefined;
    const resetCommand = own?.reset_command ?? before?.resetCommand;
    const ready = own?.ready ?? before?.ready;
    const limit = own?.limit ?? before?.limit;
    runtimes[name] = {
      command: words(own?.command) ?? given(before).command,
      ...(resetCommand !== undefined && { resetCommand }),
      ...(ready !== undefined && { ready }),
      ...(limit !== undefined && { limit }),
    };
  }
  return runtimes;
}

function resolveMission(raw: RawMission, path: Expand): Mission {
  const id = given(raw.id);
  return {
    id,
    name: raw.name ?? id,
    project: path(given(raw.project)),
    agent: given(raw.agent),
    ...(raw.quality_gates !== undefined && { qualityGates: raw.quality_gates }),
    milestones: (raw.milestones ?? []).map((milestone) => {
      const step = given(milestone?.id);
      return { id: step, name: milestone?.name ?? step };
    }),
    state: raw.state ?? 'active',
    continue: raw.continue ?? 'manual',
    maxIdleSessions: raw.max_idle_sessions ?? defaults.maxIdleSessions,
    verify: raw.verify ?? true,
    deadlockAfterMs: milliseconds(raw.deadlock_after ?? defaults.deadlockAfter),
  };
}

const words = (command: (string | undefined)[] | undefined): string[] | undefined => command?.map(given);

const milliseconds = (text: string): number => given(parseDuration(text));
const bytes = (size: string | number): number => (typeof size === 'number' ? size : given(parseSize(size)));

/** What the checks have made sure of. */
function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a fleet file passed its checks with a value missing');
  return value;
}
