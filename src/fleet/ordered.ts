import type { Problem } from '../model/problem.ts';

/** As many as are of use to a person at once. */
const maxProblems = 200;

/** By place, each said once: what an alias repeats is wrong only where it is written. */
export function ordered(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  const sorted = problems
    .filter((problem) => {
      const key = JSON.stringify([problem.message, problem.range]);
      return !seen.has(key) && seen.add(key);
    })
    .sort(
      (a, b) =>
        (a.range?.line ?? 0) - (b.range?.line ?? 0) || (a.range?.column ?? 0) - (b.range?.column ?? 0),
    );
  if (sorted.length <= maxProblems) return sorted;
  const more = { message: `and ${sorted.length - maxProblems} more problems`, path: '' };
  return [...sorted.slice(0, maxProblems), more];
}
