/** Starts an agent's program anew, as the planner would, and without its conversation. */
import type { Fleet } from '../../model/fleet.ts';
import type { Reset } from '../../model/messaging.ts';
import { applyPlan, withApplyLock } from '../apply-plan.ts';
import type { CommandContext } from '../context.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { LOCK_PATIENCE_MS } from '../turn.ts';

/** Also lifts a crash-loop block. What goes wrong is told, but for CommandError where another apply does not end. */
export async function restartAgent(
  given: CommandContext,
  fleet: Fleet,
  agent: string,
  options: { kickstart: boolean },
): Promise<Pick<Reset, 'result' | 'detail' | 'fix' | 'kickstart'>> {
  // What it prints is progress: the result is the caller's to print.
  const context = {
    ...given,
    terminal: { ...given.terminal, out: (text: string): void => given.terminal.err(text) },
  };
  const { host } = context;
  const setting = settingOf(host, fleet);
  const names = new Set([agent]);
  return withApplyLock(
    context,
    setting.places,
    async () => {
      const look = await lookAndPlan(host, fleet, setting, { only: names, restart: names, fresh: names });
      const { plan } = look;
      const trouble = plan.unobserved ?? plan.refused;
      const verdict = plan.verdicts.find((one) => one.agent === agent);
      if (trouble !== undefined)
        return {
          result: 'failed',
          detail: trouble.reason,
          ...(trouble.fix === undefined ? {} : { fix: trouble.fix }),
        };
      if (!plan.actions.some(({ kind }) => kind === 'start-session'))
        return { result: 'failed', detail: verdict?.reason ?? 'the plan does not start it' };
      const actions = options.kickstart
        ? plan.actions
        : plan.actions.filter(({ kind }) => kind !== 'kickstart');
      const { outcomes } = await applyPlan(
        context,
        fleet,
        setting.places,
        { ...look, plan: { ...plan, actions } },
        { quiet: true },
      );
      const failures = outcomes.filter(({ result }) => result === 'failed');
      const kickstart = outcomes.find(({ action }) => action.kind === 'kickstart');
      const other = failures.find(({ action }) => action.kind !== 'kickstart');
      if (other !== undefined) return { result: 'failed', detail: other.detail ?? other.action.id };
      if (kickstart === undefined) return { result: 'restarted' };
      if (kickstart.result !== 'done')
        return {
          result: 'restarted',
          kickstart: 'pending',
          ...(kickstart.detail === undefined ? {} : { detail: kickstart.detail }),
        };
      return { result: 'restarted', kickstart: kickstart.detail === undefined ? 'sent' : 'unverified' };
    },
    // The timer's apply takes a moment.
    { waitMs: LOCK_PATIENCE_MS },
  );
}
