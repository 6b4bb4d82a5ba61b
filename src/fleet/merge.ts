import type { RawAgent } from './raw.ts';

/** The two ways to give a kickstart: an agent's own way replaces the other way of the defaults. */
const kickstarts = ['kickstart', 'kickstart_template'] as const;

/** An agent with the defaults under it: field by field, and key by key within env, restart, resources and worktree. */
export function withDefaults(agent: RawAgent, defaults: RawAgent | undefined): RawAgent {
  if (defaults === undefined) return agent;
  const merged: RawAgent = { ...defaults, ...agent };
  if (defaults.env && agent.env) merged.env = { ...defaults.env, ...agent.env };
  if (defaults.worktree && agent.worktree) merged.worktree = { ...defaults.worktree, ...agent.worktree };
  if (defaults.resources && agent.resources) merged.resources = { ...defaults.resources, ...agent.resources };
  if (defaults.restart && agent.restart) {
    merged.restart = { ...defaults.restart, ...agent.restart };
    const backoff = { ...defaults.restart.backoff, ...agent.restart.backoff };
    merged.restart.backoff = backoff;
  }
  if (kickstarts.some((key) => agent[key] !== undefined)) {
    for (const key of kickstarts) if (agent[key] === undefined) delete merged[key];
  }
  return merged;
}
