/** What makes a running agent that agent: when it differs, the running one is out of date. */
import { sha256 } from '../base/sha256.ts';
import type { Agent } from '../model/fleet.ts';
import type { Definition } from '../model/state.ts';

/**
 * Raised when what is hashed, or how, changes: hashes of different versions are never compared, so that a new mosaic
 * restarts nobody.
 */
export const DEFINITION_VERSION = 1;

const digest = (text: string, length: number): string => sha256(text).slice(0, length);

/** The definition of an agent, with its secrets as digests in `fields` and as they are in the hash. */
export function definitionOf(agent: Agent, secrets: Readonly<Record<string, string>>): Definition {
  const { memoryMax, cpuWeight, tasksMax } = agent.resources;
  const fields: Record<string, unknown> = {
    runtime: agent.runtime,
    command: agent.command,
    ...(agent.worktree === undefined
      ? { working_directory: agent.workingDirectory }
      : {
          worktree: {
            repository: agent.worktree.repository,
            ...(agent.worktree.path === undefined ? {} : { path: agent.worktree.path }),
            ...(agent.worktree.branch === undefined ? {} : { branch: agent.worktree.branch }),
          },
        }),
    ...(Object.keys(agent.env).length === 0 ? {} : { env: sorted(agent.env) }),
    ...(memoryMax === undefined ? {} : { memory_max: memoryMax }),
    ...(cpuWeight === undefined ? {} : { cpu_weight: cpuWeight }),
    ...(tasksMax === undefined ? {} : { tasks_max: tasksMax }),
  };
  const hash = digest(JSON.stringify([fields, sorted(secrets)]), 16);
  const secretDigests = Object.fromEntries(
    Object.entries(sorted(secrets)).map(([name, value]) => [
      name,
      digest(`${agent.name}\0${name}\0${value}`, 8),
    ]),
  );
  return {
    hash: `${DEFINITION_VERSION}-${hash}`,
    fields: Object.keys(secrets).length === 0 ? fields : { ...fields, secrets: secretDigests },
  };
}

/** False only where both were made the same way and differ. */
export function sameDefinition(one: string, other: string): boolean {
  const version = (hash: string): string => hash.slice(0, hash.indexOf('-'));
  return version(one) !== version(other) || one === other;
}

const sorted = (record: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
