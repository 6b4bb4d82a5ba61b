/** What kept an apply from making the host as the revision in force says. */
import type { Outcome } from '../../model/outcome.ts';
import type { Plan } from '../../model/plan.ts';
import { phraseOf } from '../../report/outcomes.ts';
import { EXIT } from '../command-error.ts';

export interface ApplyEnd {
  code: number;
  plan: Plan | undefined;
  outcomes: readonly Outcome[];
  /** The apply before was in trouble. */
  again: boolean;
}

export interface ApplyTrouble {
  message: string;
  fix?: string | undefined;
}

/** So many are named. */
const NAMED = 3;

/** Undefined for an apply that went well. */
export function applyTroubleOf({ code, plan, outcomes, again }: ApplyEnd): ApplyTrouble | undefined {
  const hindrance = plan?.refused ?? plan?.unobserved;
  if (hindrance !== undefined) return { message: hindrance.reason, fix: hindrance.fix };
  const found = [
    ...outcomes
      .filter(({ result }) => result === 'failed')
      .map(({ action, detail }) => named(phraseOf(action), detail ?? 'failed')),
    ...(plan === undefined ? [] : hindrances(plan, again)),
  ];
  const shown = found.slice(0, NAMED).map(({ message }) => message);
  const rest = found.length - shown.length;
  if (shown.length > 0)
    return {
      message: `${shown.join('; ')}${rest === 0 ? '' : `; and ${rest} more`}`,
      fix: found.find(({ fix }) => fix !== undefined)?.fix,
    };
  return code === EXIT.ok ? undefined : { message: `the apply ended with exit code ${code}` };
}

function hindrances(plan: Plan, again: boolean): ApplyTrouble[] {
  return [
    ...plan.verdicts
      .filter(
        ({ change, status }) =>
          change === 'conflict' ||
          change === 'unknown' ||
          // One that could not be started waits before it is tried again: that is no better.
          (again && (status === 'backoff' || status === 'blocked')),
      )
      .map(({ agent, reason, fix }) => named(agent, reason, fix)),
    ...plan.missions
      .filter(({ change }) => change === 'conflict')
      .map(({ mission, reason, fix }) => named(mission, reason, fix)),
    ...plan.holds
      .filter(({ unknown }) => unknown === true)
      .map(({ subject, reason, fix }) => named(subject, reason, fix)),
  ];
}

const named = (name: string, reason: string, fix?: string): ApplyTrouble => ({
  message: `${name}: ${reason}`,
  fix,
});
