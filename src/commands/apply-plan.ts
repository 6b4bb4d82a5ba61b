/** Carries a plan out under the apply lock, shows how it goes, and says with which exit code it ended. */
import type { ApplyContext } from '../apply/context.ts';
import { execute } from '../apply/executor.ts';
import { prepareState, stateStore } from '../apply/state-store.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Places } from '../model/places.ts';
import type { Action, Plan } from '../model/plan.ts';
import { createProgress } from '../report/progress.ts';
import { EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { eventLog } from './event-log.ts';
import { planExitCode } from './plan-exit-code.ts';
import type { Look } from './reconcile.ts';
import { inTurn, type TurnOptions } from './turn.ts';

/** Runs a task while this process alone may change the fleet. As `inTurn`. */
export async function withApplyLock<T>(
  context: Pick<CommandContext, 'host' | 'terminal' | 'signal'>,
  places: Places,
  task: () => Promise<T>,
  options: TurnOptions = {},
): Promise<T> {
  prepareState(context.host.files, places);
  return inTurn(context, { lock: places.applyLock, what: 'apply' }, task, options);
}

export interface Applied {
  outcomes: Outcome[];
  durationMs: number;
  /** What an interruption left undone; absent: there was none. */
  left?: readonly Action[];
}

/**
 * @param options.quiet print no closing summary: the caller prints its own
 * @param options.asked agents that an operator asked something for: no later plan goes on with what an interruption leaves of that
 */
export async function applyPlan(
  context: CommandContext,
  fleet: Fleet,
  places: Places,
  { plan, observation }: Look,
  options: { verbose?: boolean; quiet?: boolean; asked?: ReadonlySet<string> } = {},
): Promise<Applied> {
  const { host, terminal, signal } = context;
  const { state } = observation;
  if (!state.known || plan.supervisor === undefined)
    throw new Error('a plan of an unobserved host has no actions');
  const log = eventLog(host, places, fleet.name);
  const progress = createProgress(terminal, { plan, now: () => host.clock.now(), ...options });
  const ticking = setInterval(() => progress.tick(), 200);
  let durationMs = 0;
  let left: readonly Action[] | undefined;
  const applyContext: ApplyContext = {
    host,
    fleet,
    places,
    supervisor: plan.supervisor,
    state: stateStore(host.files, places, state.value),
    signal,
    emit(event) {
      if (event.type === 'outcome') log.outcome(event.outcome);
      if (event.type === 'retry') log.note({ event: 'retry', message: `${event.what}: ${event.why}` });
      if (event.type === 'interrupted') ({ left } = event);
      if (event.type === 'end') ({ durationMs } = event);
      progress.event(event);
    },
  };
  try {
    const outcomes = await execute(plan, applyContext);
    const trouble = log.trouble();
    if (trouble !== undefined) terminal.err(`The event log is incomplete: ${trouble}\n`);
    return { outcomes, durationMs, ...(left === undefined ? {} : { left }) };
  } finally {
    clearInterval(ticking);
    progress.close();
  }
}

export function appliedExitCode(plan: Plan, { outcomes, left }: Applied): number {
  if (left !== undefined) return EXIT.interrupted;
  if (outcomes.some(({ result }) => result === 'failed')) return EXIT.failed;
  return planExitCode(plan);
}
