import type { Plan } from '../model/plan.ts';

/** When the first backoff or limit ends, epoch ms; undefined where none waits. */
export function nextMoment({ verdicts }: Pick<Plan, 'verdicts'>): number | undefined {
  const moments = verdicts.flatMap(({ until }) => until ?? []);
  return moments.length === 0 ? undefined : Math.min(...moments);
}
