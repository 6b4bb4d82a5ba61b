/** The file of a formula as it is written, after the schema's check: what that refuses has been taken out. */
export interface RawFormula {
  name?: string;
  runtime?: string;
  command?: (string | undefined)[];
  unattended?: boolean;
  repository?: string;
  base?: string;
  context?: (string | undefined)[];
  prompt?: string;
  env?: Record<string, string | undefined>;
  env_file?: string;
  min_available_memory?: string | number;
  timeout?: string;
  idle_timeout?: string;
  escalation_timeout?: string;
  look_every?: string;
  crash_retries?: number;
  commands?: RawCommands;
  forge?: { api?: string; token_env?: string };
}

export interface RawCommands {
  awaiting_ci?: (string | undefined)[];
  awaiting_review?: (string | undefined)[];
  report?: (string | undefined)[];
  notify?: (string | undefined)[];
}
