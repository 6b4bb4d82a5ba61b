import { posix } from 'node:path';
import { parseDuration } from '../base/duration.ts';
import { parseSize } from '../base/size.ts';
import type {
  Agent,
  AgentElsewhere,
  Fleet,
  Mission,
  RestartWish,
  Runtime,
  ScheduledFormula,
  ScreenPatterns,
  WorktreeWish,
} from '../model/fleet.ts';
import { nameOfFormulaFile } from './check-formulas.ts';
import { patternKeys } from './pattern-keys.ts';
import { defaults } from './defaults.ts';
import { withDefaults } from './merge.ts';
import { expandPath } from './paths.ts';
import type { RawAgent, RawFleet, RawFormula, RawMission, RawRuntime } from './raw.ts';
import { builtinRuntimes } from './runtimes/index.ts';

export interface Place {
  /** Absolute path of the fleet file. */
  file: string;
  home: string;
  /** What this machine is called: an agent with a `host` is ours when it is one of these. `all`: no matter whose. */
  hostnames: readonly string[] | 'all';
}

/** Fills in every default of a file that has passed all checks. */
export function resolve(raw: RawFleet, place: Place): Fleet {
  const folder = posix.dirname(place.file);
  const path = remembered((value: string) => expandPath(value, place.home, folder));
  const runtimes = resolveRuntimes(raw.runtimes ?? {});
  const { hostnames } = place;
  const here = hostnames === 'all' ? undefined : new Set(hostnames.map((name) => name.toLowerCase()));
  const agents: Agent[] = [];
  const elsewhere: Fleet['elsewhere'] = [];
  for (const entry of raw.agents ?? []) {
    const agent = resolveAgent(withDefaults(entry ?? {}, raw.defaults), runtimes, path);
    if (agent.host === undefined || here?.has(agent.host.toLowerCase()) !== false) agents.push(agent);
    else elsewhere.push(elsewhereOf(agent, agent.host, agents.length));
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
    hosts: resolveHosts(raw.hosts ?? {}, path),
    agents,
    elsewhere,
    missions: (raw.missions ?? []).map((mission) => resolveMission(mission ?? {}, path)),
    formulas: (raw.formulas ?? []).map((formula) => resolveFormula(formula ?? {}, path)),
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

const elsewhereOf = (agent: Agent, host: string, after: number): AgentElsewhere => ({
  name: agent.name,
  host,
  runtime: agent.runtime,
  ...(agent.class !== undefined && { class: agent.class }),
  state: agent.state,
  after,
});

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
    // One command that the file names is meant for both.
    const newCommand =
      own?.new_command ?? (own?.reset_command === undefined ? before?.newCommand : undefined);
    const resume = words(own?.resume) ?? before?.resume;
    const unattended = words(own?.unattended) ?? before?.unattended;
    const install = own?.install ?? before?.install;
    runtimes[name] = {
      command: words(own?.command) ?? given(before).command,
      ...(resetCommand !== undefined && { resetCommand }),
      ...(newCommand !== undefined && { newCommand }),
      ...(resume !== undefined && { resume }),
      ...(unattended !== undefined && { unattended }),
      ...(install !== undefined && { install }),
      ...resolvePatterns(own, before),
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

function resolveFormula(raw: RawFormula, path: Expand): ScheduledFormula {
  const file = given(raw.file);
  return {
    name: raw.name ?? nameOfFormulaFile(file),
    file: path(file),
    everyMs: milliseconds(given(raw.every)),
  };
}

function resolvePatterns(own: RawRuntime | undefined, before: Runtime | undefined): ScreenPatterns {
  const patterns: ScreenPatterns = {};
  for (const [key, field] of patternKeys) {
    const pattern = own?.[key] ?? before?.[field];
    if (pattern !== undefined) patterns[field] = pattern;
  }
  return patterns;
}

function resolveHosts(raw: NonNullable<RawFleet['hosts']>, path: Expand): Fleet['hosts'] {
  return Object.fromEntries(
    Object.entries(raw).map(([name, host]) => [
      name.toLowerCase(),
      {
        ssh: given(host?.ssh),
        ...(host?.ssh_config !== undefined && { sshConfig: path(host.ssh_config) }),
        mosaic: words(host?.mosaic) ?? [...defaults.remoteMosaic],
        ...(host?.fleet !== undefined && { fleet: host.fleet }),
        connectTimeoutMs: milliseconds(host?.connect_timeout ?? defaults.connectTimeout),
      },
    ]),
  );
}

const words = (command: (string | undefined)[] | undefined): string[] | undefined => command?.map(given);

const milliseconds = (text: string): number => given(parseDuration(text));
const bytes = (size: string | number): number => (typeof size === 'number' ? size : given(parseSize(size)));

/** What the checks have made sure of. */
function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a fleet file passed its checks with a value missing');
  return value;
}
