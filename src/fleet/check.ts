import { checkAgents } from './check-agents.ts';
import { checkFormulas } from './check-formulas.ts';
import { checkHosts } from './check-hosts.ts';
import { checkMissions } from './check-missions.ts';
import { checkCommand, checkPatterns } from './check-runtimes.ts';
import type { Findings } from './findings.ts';
import { expandPath, unexpanded } from './paths.ts';
import type { Path } from './places.ts';
import type { RawAgent, RawFleet } from './raw.ts';
import { parseSize } from '../base/size.ts';
import { quoted } from '../base/text.ts';

/** What has to be known to check a path. */
export interface Surroundings {
  home: string;
  /** Absolute folder of the fleet file. */
  folder: string;
}

/** Checks what a schema cannot say: how values fit each other, and what the system can carry. */
export function check(raw: RawFleet, around: Surroundings, findings: Findings): void {
  if (raw.transport === 'matrix') {
    findings.add(['transport'], 'the transport matrix is not supported yet', {
      fix: 'Write "transport: tmux", or remove the key.',
    });
  }
  if (raw.tmux?.socket_name === 'default') {
    const fix = 'Choose a name of its own, such as "mosaic-factory".';
    findings.add(
      ['tmux', 'socket_name'],
      'the socket "default" is that of your own tmux server, which mosaic leaves alone',
      { fix },
    );
  }
  for (const [name, runtime] of Object.entries(raw.runtimes ?? {})) {
    if (!runtime) continue;
    checkCommand(runtime.command, ['runtimes', name, 'command'], findings);
    checkPatterns(runtime, ['runtimes', name], findings);
  }
  checkHosts(raw.hosts ?? {}, findings);
  checkAgents(raw, findings);
  checkMissions(raw, around, findings);
  checkFormulas(raw, findings);
  for (const [path, value] of pathValues(raw)) checkPath(path, value, around, findings);
  for (const [path, value] of sizeValues(raw)) checkSize(path, value, findings);
}

/** Checks that a path is expanded as its writer meant it, and can be used. */
export function checkPath(
  path: Path,
  value: string,
  { home, folder }: Surroundings,
  findings: Findings,
): void {
  const beginning = unexpanded(value);
  if (beginning !== undefined) {
    findings.add(path, `${quoted(beginning)} is not expanded: only ~ and $HOME are, at the start of a path`, {
      fix: `Write the path in full, or "./${value}" for a folder that is really called so.`,
    });
  } else if (Buffer.byteLength(expandPath(value, home, folder)) > 4095) {
    findings.add(path, 'the path has more than the 4095 bytes that the system can take', {
      fix: 'Shorten it.',
    });
  }
}

/** Checks that a size can be counted, and lets something run. */
export function checkSize(path: Path, value: string | number, findings: Findings): void {
  const bytes = typeof value === 'number' ? value : parseSize(value);
  if (bytes === undefined)
    findings.add(path, `${quoted(String(value))} is larger than any machine`, { fix: 'Write fewer bytes.' });
  if (bytes === 0)
    findings.add(path, 'a limit of 0 bytes lets nothing run', {
      fix: 'Give it a size, such as "4G", or remove the key.',
    });
}

function* pathValues(raw: RawFleet): Generator<[Path, string]> {
  if (raw.tmux?.extra_config !== undefined) yield [['tmux', 'extra_config'], raw.tmux.extra_config];
  for (const [name, host] of Object.entries(raw.hosts ?? {})) {
    for (const key of ['ssh_config', 'fleet'] as const) {
      const value = host?.[key];
      if (value !== undefined) yield [['hosts', name, key], value];
    }
  }
  for (const [at, agent] of written(raw)) {
    for (const key of ['working_directory', 'kickstart_template', 'env_file'] as const) {
      if (agent[key] !== undefined) yield [[...at, key], agent[key]];
    }
    for (const key of ['repository', 'path'] as const) {
      const value = agent.worktree?.[key];
      if (value !== undefined) yield [[...at, 'worktree', key], value];
    }
  }
  for (const [index, mission] of (raw.missions ?? []).entries()) {
    if (mission?.project !== undefined) yield [['missions', index, 'project'], mission.project];
  }
  for (const [index, formula] of (raw.formulas ?? []).entries()) {
    if (formula?.file !== undefined) yield [['formulas', index, 'file'], formula.file];
  }
}

function* sizeValues(raw: RawFleet): Generator<[Path, string | number]> {
  const memory = raw.reconcile?.min_available_memory;
  if (memory !== undefined) yield [['reconcile', 'min_available_memory'], memory];
  for (const [at, agent] of written(raw)) {
    const value = agent.resources?.memory_max;
    if (value !== undefined) yield [[...at, 'resources', 'memory_max'], value];
  }
}

/** The defaults and every agent, as written, with their places. */
function* written(raw: RawFleet): Generator<[Path, RawAgent]> {
  if (raw.defaults) yield [['defaults'], raw.defaults];
  for (const [index, agent] of (raw.agents ?? []).entries()) {
    if (agent) yield [['agents', index], agent];
  }
}
