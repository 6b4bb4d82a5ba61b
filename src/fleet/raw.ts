/**
 * The fleet file as it is written, after the schema's check. Everything is optional: what the schema refuses is taken out
 * before the other checks run, so that they can trust the types and still report all problems at once.
 */
export interface RawFleet {
  name?: string;
  transport?: 'tmux' | 'matrix';
  tmux?: { socket_name?: string; holder_session?: string; extra_config?: string };
  supervisor?: 'auto' | 'systemd' | 'none';
  systemd?: { unit_prefix?: string };
  defaults?: RawAgent;
  runtimes?: Record<string, RawRuntime | undefined>;
  hosts?: Record<string, RawHost | undefined>;
  agents?: (RawAgent | undefined)[];
  missions?: (RawMission | undefined)[];
  formulas?: (RawFormula | undefined)[];
  reconcile?: {
    prune?: boolean;
    max_stop_fraction?: number;
    start_concurrency?: number;
    min_available_memory?: string | number;
  };
}

export interface RawRuntime {
  command?: (string | undefined)[];
  reset_command?: string;
  new_command?: string;
  resume?: (string | undefined)[];
  unattended?: (string | undefined)[];
  install?: string;
  ready?: string;
  limit?: string;
  busy?: string;
  busy_title?: string;
  queued?: string;
  dialog?: string;
  dialog_title?: string;
  draft?: string;
  fresh?: string;
}

export interface RawHost {
  ssh?: string;
  ssh_config?: string;
  mosaic?: (string | undefined)[];
  fleet?: string;
  connect_timeout?: string;
}

export interface RawAgent {
  name?: string;
  renamed_from?: string;
  runtime?: string;
  class?: string;
  model_hint?: string;
  persistent_persona?: boolean | 'semi';
  reset_between_tasks?: boolean;
  command?: (string | undefined)[];
  working_directory?: string;
  kickstart?: string;
  kickstart_template?: string;
  on_restart?: 'resume' | 'fresh';
  env?: Record<string, string | undefined>;
  env_file?: string;
  worktree?: { repository?: string; path?: string; base?: string; branch?: string };
  resources?: { memory_max?: string | number; cpu_weight?: number; tasks_max?: number };
  restart?: {
    policy?: 'never' | 'on-crash' | 'always';
    max_restarts?: number;
    window?: string;
    backoff?: { initial?: string; max?: string };
  };
  on_change?: 'hold' | 'restart';
  state?: 'running' | 'stopped';
  host?: string;
}

export interface RawMission {
  id?: string;
  name?: string;
  project?: string;
  agent?: string;
  quality_gates?: string;
  milestones?: ({ id?: string; name?: string } | undefined)[];
  state?: 'active' | 'paused' | 'completed';
  continue?: 'manual' | 'auto';
  max_idle_sessions?: number;
  deadlock_after?: string;
  verify?: boolean;
}

export interface RawFormula {
  file?: string;
  every?: string;
  name?: string;
}
