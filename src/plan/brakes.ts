/** Refuses a plan that would end more of the fleet than anybody is likely to mean. */
import type { Fleet } from '../model/fleet.ts';
import type { Plan, Verdict } from '../model/plan.ts';
import type { Situation } from './situation.ts';

export function brake(
  fleet: Fleet,
  situations: readonly Situation[],
  verdicts: readonly Verdict[],
): Plan['refused'] {
  const live = situations.filter((s) => s.session.kind === 'live');
  const ending = live.filter((s) => {
    const change = verdicts.find((verdict) => verdict.agent === s.name)?.change;
    return (change === 'stop' && !s.asked.suspend) || (change === 'restart' && !s.asked.restart);
  });
  const fix = 'If that is meant, say so: mosaic apply --allow-mass-stop.';
  if (ending.length > 0 && fleet.agents.length + fleet.elsewhere.length === 0) {
    return { reason: `the roster is empty, and ${count(ending.length, 'session')} would be stopped`, fix };
  }
  const share = fleet.reconcile.maxStopFraction;
  if (ending.length > 1 && ending.length > share * live.length) {
    return {
      reason: `would end ${ending.length} of ${live.length} running sessions (reconcile.max_stop_fraction: ${share})`,
      fix,
    };
  }
  return undefined;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
