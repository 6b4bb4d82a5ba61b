import type { Plan } from '../model/plan.ts';
import { EXIT } from './command-error.ts';

/** What a plan alone says of the exit code: what it could not do, or would not. */
export function planExitCode(plan: Plan): number {
  if (plan.unobserved !== undefined) return EXIT.unavailable;
  if (plan.refused !== undefined) return EXIT.failed;
  if ([...plan.verdicts, ...plan.missions].some(({ change }) => change === 'conflict')) return EXIT.failed;
  if (plan.verdicts.some(({ change }) => change === 'unknown')) return EXIT.unavailable;
  if (plan.holds.some(({ unknown }) => unknown === true)) return EXIT.unavailable;
  return EXIT.ok;
}
