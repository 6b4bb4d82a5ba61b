/** `mosaic fleet install-systemd --uninstall`: the triggers, the fleet and all that was made for them go again. */
import { counted, listed } from '../../base/text.ts';
import { observeLinger } from '../../observe/linger.ts';
import { lingerStaysText, stepText, triggersJsonText } from '../../report/triggers.ts';
import { visible } from '../../base/visible.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { downFleet } from '../down.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { fleetToEnd } from './ended-fleet.ts';
import type { TriggerStep } from './standing-units.ts';
import { removeTriggers, triggersStand } from './triggers.ts';

export interface UninstallOptions extends FleetOptions {
  /** In place of a fleet file: the fleet as it stands on this host. */
  name?: string;
  dryRun?: boolean;
  yes?: boolean;
}

export async function uninstallSystemd(context: CommandContext, options: UninstallOptions): Promise<number> {
  const { host, terminal } = context;
  const fleet = await fleetToEnd(context, options);
  const setting = settingOf(host, fleet);
  const { places } = setting;
  const json = options.json === true;
  const steps: TriggerStep[] = [];
  const told = (step: TriggerStep): void => {
    steps.push(step);
    if (!json) terminal.out(stepText(step, options.dryRun === true));
  };
  const standing = triggersStand(host, fleet, places);
  const { plan } = await lookAndPlan(host, fleet, setting, { down: true });
  if (plan.unobserved !== undefined) {
    throw new CommandError(plan.unobserved.reason, EXIT.unavailable, { fix: plan.unobserved.fix });
  }
  const running = plan.verdicts.filter(({ change }) => change === 'stop').map(({ agent }) => agent);
  // What a taking down says of itself is for a person.
  const shown: CommandContext = json
    ? { ...context, terminal: { ...terminal, out: (text) => terminal.err(text) } }
    : context;
  const tell = (action: 'uninstalled' | 'absent' | 'would-uninstall', exitCode: number): number => {
    if (json) terminal.out(triggersJsonText({ fleet: fleet.name, action, steps, exitCode }));
    return exitCode;
  };
  if (options.dryRun === true) {
    await removeTriggers(host, fleet, places, told, { dryRun: true });
    return tell('would-uninstall', await downFleet(shown, fleet, { purge: true, dryRun: true }));
  }
  if (running.length > 0 && options.yes !== true) await confirm(context, running);
  const code = await downFleet(shown, fleet, { purge: true }, told);
  const linger = await observeLinger(host);
  if (!json && linger.known && linger.value) terminal.err(lingerStaysText(host.facts.user));
  return tell(standing || running.length > 0 ? 'uninstalled' : 'absent', code);
}

/** Throws CommandError unless a person says yes at the terminal. */
async function confirm(
  { host, terminal, signal }: CommandContext,
  running: readonly string[],
): Promise<void> {
  terminal.err(`This ends ${counted(running.length, 'running agent')}: ${visible(listed(running))}.\n`);
  terminal.err('End them and remove the fleet from this host? [y/N] ');
  const answer = await host.ask?.(signal);
  if (answer === undefined) terminal.err('\n');
  if (/^\s*(?:y|yes)\s*$/i.test(answer ?? '')) return;
  if (signal.aborted) throw new CommandError('interrupted; nothing was done', EXIT.interrupted);
  throw new CommandError(
    answer === undefined
      ? 'nobody answered whether to end running agents; nothing was done'
      : 'nothing was done',
    EXIT.failed,
    answer === undefined ? { fix: 'Run it on a terminal, or answer with --yes.' } : {},
  );
}
