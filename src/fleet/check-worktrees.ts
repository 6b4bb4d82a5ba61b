import { quoted } from '../base/text.ts';
import type { Entry } from './check-agents.ts';
import type { Findings } from './findings.ts';
import type { Path } from './places.ts';
import type { RawAgent } from './raw.ts';

/** Checks that each worktree has a repository, and that no two agents of one host would work in the same one. */
export function checkWorktrees(entries: readonly Entry[], findings: Findings): void {
  const branches = new Map<string, Entry[]>();
  const folders = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { at, agent } = entry;
    const wish = agent.worktree;
    if (!wish) continue;
    const place = (key: string): Path =>
      findings.written(
        [...at, 'worktree', key],
        ['defaults', 'worktree', key],
        [...at, 'worktree'],
        [...at, 'name'],
      );
    if (wish.repository === undefined) {
      const refused = [at, ['defaults']].some((path) =>
        findings.wasRefused([...path, 'worktree', 'repository']),
      );
      if (!refused) {
        const fix = 'Add the git repository that it is made from: "repository: ~/src/app".';
        findings.add(place('repository'), 'the worktree has no repository', { fix, onKey: true });
      }
      continue;
    }
    if (wish.branch !== undefined) {
      const other = claim(branches, `${tidy(wish.repository)}\0${wish.branch}`, entry);
      const fix = 'Give each its own branch: git checks a branch out once.';
      if (other)
        findings.add(
          place('branch'),
          `the branch ${quoted(wish.branch)} is that of the agent ${nameOf(other)} too`,
          { fix, ...first(other) },
        );
    }
    if (wish.path !== undefined) {
      const other = claim(folders, tidy(wish.path), entry);
      const fix = 'Give each its own path, or leave it out.';
      if (other)
        findings.add(
          place('path'),
          `the worktree ${quoted(wish.path)} is that of the agent ${nameOf(other)} too`,
          { fix, ...first(other) },
        );
    }
  }
}

/** Who had it before on a host that this agent may run on; otherwise it is this agent's now. */
function claim(taken: Map<string, Entry[]>, what: string, entry: Entry): Entry | undefined {
  const holders = taken.get(what) ?? [];
  const other = holders.find((holder) => meet(holder.agent, entry.agent));
  taken.set(what, [...holders, entry]);
  return other;
}

/** Two agents meet unless the file gives them to different hosts. */
const meet = (a: RawAgent, b: RawAgent): boolean =>
  a.host === undefined || b.host === undefined || a.host.toLowerCase() === b.host.toLowerCase();

const tidy = (path: string): string => path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
const nameOf = (entry: Entry): string => quoted(entry.agent.name ?? '?');
const first = (entry: Entry): { related: { message: string; path: Path } } => ({
  related: { message: 'the first one is here', path: [...entry.at, 'name'] },
});
