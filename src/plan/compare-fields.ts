/** Agents, missions and settings as flat fields in the words of the fleet file, so that two can be laid side by side. */
import { formatDuration } from '../base/duration.ts';
import type { FieldChange, FieldValue } from '../model/diff.ts';
import type { Agent, Fleet, Mission, RemoteHost, Runtime, ScheduledFormula } from '../model/fleet.ts';

/** In the order in which they are shown; undefined: not given. */
export type Fields = Record<string, FieldValue | undefined>;

export function agentFields(agent: Agent): Fields {
  const { worktree, resources, restart } = agent;
  return {
    runtime: agent.runtime,
    command: agent.command,
    ...under('worktree', {
      repository: worktree?.repository,
      path: worktree?.path,
      base: worktree?.base,
      branch: worktree?.branch,
    }),
    // Where it has a worktree, it works there.
    working_directory: worktree === undefined ? agent.workingDirectory : undefined,
    ...under('env', agent.env),
    env_file: agent.envFile,
    ...under('resources', {
      memory_max: sized(resources.memoryMax),
      cpu_weight: resources.cpuWeight,
      tasks_max: resources.tasksMax,
    }),
    state: agent.state,
    host: agent.host?.toLowerCase(),
    on_change: agent.onChange,
    on_restart: agent.onRestart,
    ...under('restart', {
      policy: restart.policy,
      max_restarts: restart.maxRestarts,
      window: formatDuration(restart.windowMs),
      'backoff.initial': formatDuration(restart.backoff.initialMs),
      'backoff.max': formatDuration(restart.backoff.maxMs),
    }),
    kickstart_template: agent.kickstartTemplate,
    kickstart: agent.kickstart,
    class: agent.class,
    model_hint: agent.modelHint,
    persistent_persona: agent.persistentPersona,
    reset_between_tasks: agent.resetBetweenTasks,
  };
}

export const missionFields = (mission: Mission): Fields => ({
  name: mission.name,
  project: mission.project,
  agent: mission.agent,
  state: mission.state,
  continue: mission.continue,
  milestones: mission.milestones.map(({ id, name }) => (id === name ? id : `${id} (${name})`)),
  quality_gates: mission.qualityGates,
  verify: mission.verify,
  max_idle_sessions: mission.maxIdleSessions,
  deadlock_after: formatDuration(mission.deadlockAfterMs),
});

export const formulaFields = ({ file, everyMs }: ScheduledFormula): Fields => ({
  file,
  every: formatDuration(everyMs),
});

/** Without its runtimes and hosts. */
export const fleetFields = (fleet: Fleet): Fields => ({
  name: fleet.name,
  supervisor: fleet.supervisor,
  ...under('tmux', {
    socket_name: fleet.tmux.socketName,
    holder_session: fleet.tmux.holderSession,
    extra_config: fleet.tmux.extraConfig,
  }),
  ...under('systemd', { unit_prefix: fleet.systemd.unitPrefix }),
  ...under('reconcile', {
    prune: fleet.reconcile.prune,
    max_stop_fraction: fleet.reconcile.maxStopFraction,
    start_concurrency: fleet.reconcile.startConcurrency,
    min_available_memory: sized(fleet.reconcile.minAvailableMemory),
  }),
});

export function runtimeFields(runtime: Runtime): Fields {
  const { command, resetCommand, newCommand, busyTitle, dialogTitle, ...others } = runtime;
  return {
    command,
    reset_command: resetCommand,
    new_command: newCommand,
    busy_title: busyTitle,
    dialog_title: dialogTitle,
    ...others,
  };
}

export const hostFields = (host: RemoteHost): Fields => ({
  ssh: host.ssh,
  ssh_config: host.sshConfig,
  mosaic: host.mosaic,
  fleet: host.fleet,
  connect_timeout: formatDuration(host.connectTimeoutMs),
});

/** What differs, in the order of the fields of `after`; those that only `before` has come last. */
export function changesOf(before: Fields, after: Fields): FieldChange[] {
  const names = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...names].flatMap((field) => {
    const [old, now] = [own(before, field), own(after, field)];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [{ field, ...(old !== undefined && { before: old }), ...(now !== undefined && { after: now }) }];
  });
}

const own = (fields: Fields, name: string): FieldValue | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const under = (key: string, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${key}.${name}`, value]));

const units = ['', 'K', 'M', 'G', 'T'] as const;

/** The shortest exact size of these bytes as the fleet file takes it. */
function sized(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  let value = bytes;
  let unit = 0;
  while (value > 0 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value}${units[unit] ?? ''}`;
}
