import type { Outcome } from '../model/outcome.ts';
import type { Action } from '../model/plan.ts';
import { failed } from './context.ts';
import { asOperationError } from './errors.ts';

/** Does actions one after the other, so that the failure of one is its own. */
export async function eachAlone<A extends Action>(
  actions: readonly A[],
  task: (action: A) => Outcome | Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const action of actions) outcomes.push(await alone(action, task));
  return outcomes;
}

export async function alone<A extends Action>(
  action: A,
  task: (action: A) => Outcome | Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await task(action);
  } catch (error) {
    const known = asOperationError(error);
    if (known === undefined) throw error;
    return failed(action, known.message, known.output);
  }
}
