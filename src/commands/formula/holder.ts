/** A formula's session joins the fleet's tmux server: where that does not run, it is started as the reconciler starts it. */
import type { Fleet, Supervisor } from '../../model/fleet.ts';
import type { PlanOptions, Setting } from '../../plan/plan.ts';
import { applyPlan, withApplyLock } from '../apply-plan.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { lookAndPlan, type Look } from '../reconcile.ts';
import { LOCK_PATIENCE_MS } from '../turn.ts';

/** No agent, and nothing else that could be started. */
const HOLDER_ALONE: PlanOptions = { only: new Set(), holder: true };

/**
 * Sees to it that the fleet's tmux server runs with its holder, and starts nothing else. Takes the apply lock only where it has to start it.
 * Gives who starts programs on this host. Throws CommandError.
 */
export async function ensureServer(
  context: CommandContext,
  fleet: Fleet,
  setting: Setting,
): Promise<Supervisor> {
  const { host } = context;
  const look = (): Promise<Look> => lookAndPlan(host, fleet, setting, HOLDER_ALONE);
  const now = await look();
  if (isUp(now, fleet)) return supervisorOf(now);
  return withApplyLock(
    context,
    setting.places,
    async () => {
      const last = await look();
      if (isUp(last, fleet)) return supervisorOf(last);
      const supervisor = supervisorOf(last);
      requireWay(last);
      const { outcomes, left } = await applyPlan(context, fleet, setting.places, last, { quiet: true });
      if (left !== undefined)
        throw new CommandError('interrupted while the tmux server was started', EXIT.interrupted);
      const failed = outcomes.find(({ result }) => result === 'failed');
      if (failed !== undefined) {
        throw new CommandError(
          `the fleet's tmux server could not be started: ${failed.detail ?? failed.action.id}`,
          EXIT.failed,
        );
      }
      return supervisor;
    },
    { waitMs: LOCK_PATIENCE_MS },
  );
}

/** Its holder's session is there, and nothing has to be started for it. */
const isUp = ({ plan, observation: { tmux } }: Look, fleet: Fleet): boolean =>
  tmux.known &&
  tmux.value.sessions.some(
    ({ name, owner }) => name === fleet.tmux.holderSession && owner?.fleet === fleet.name,
  ) &&
  plan.supervisor !== undefined &&
  plan.actions.every(({ kind }) => kind !== 'start-holder');

/** Throws where nothing can be decided, or something stands in the holder's way. */
function supervisorOf({ plan }: Look): Supervisor {
  const { supervisor, unobserved } = plan;
  if (supervisor === undefined) {
    throw new CommandError(
      `the host cannot be told: ${unobserved?.reason ?? 'nothing answers'}`,
      EXIT.unavailable,
      { fix: unobserved?.fix },
    );
  }
  return supervisor;
}

function requireWay({ plan: { actions, holds } }: Look): void {
  if (actions.some(({ kind }) => kind === 'start-holder')) return;
  const hold = holds.find(({ subject }) => subject === 'holder');
  throw new CommandError(
    `the fleet's tmux server does not run, and cannot be started: ${hold?.reason ?? 'nobody knows why'}`,
    EXIT.unavailable,
    { fix: hold?.fix },
  );
}
