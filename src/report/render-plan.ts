import type { Plan } from '../model/plan.ts';
import type { PlanTextOptions } from './plan-lines.ts';
import { isInSync, summaryLine } from './plan-summary.ts';
import type { Terminal } from './terminal.ts';

/**
 * Writes a plan to the terminal. What draws diffs is loaded only when there is something to show, since most runs find
 * nothing to do.
 */
export async function renderPlan(
  plan: Plan,
  terminal: Terminal,
  options: PlanTextOptions = {},
): Promise<void> {
  if (isInSync(plan)) {
    terminal.out(`${summaryLine(plan)}\n`);
    return;
  }
  const { planScreen } = await import('./plan-text.ts');
  terminal.out(planScreen(plan, terminal, options));
}
