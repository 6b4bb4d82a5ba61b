/** `mosaic formula uninstall`: the timer that an installation made goes again; a run that lasts goes on to its end. */
import { listed, quoted } from '../../base/text.ts';
import { formatInstalled } from '../../record/installed.ts';
import { withApplyLock } from '../apply-plan.ts';
import { carryOut, tellPrograms } from '../apply.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { lookAndPlan, settingOf } from '../reconcile.ts';
import { LOCK_PATIENCE_MS } from '../turn.ts';
import { requireInstalled, TIMERS_ALONE } from './install.ts';

export async function formulaUninstallCommand(
  context: CommandContext,
  name: string,
  options: FleetOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { fleet } = await requireFleet(context, { ...options, remember: true });
  const setting = settingOf(host, fleet);
  const { places } = setting;
  const inFile = fleet.formulas.some((one) => one.name === name);
  return withApplyLock(
    context,
    places,
    async () => {
      const before = requireInstalled(host, places);
      const after = before.filter((one) => one.name !== name);
      const found = after.length < before.length;
      if (inFile && !found)
        throw new CommandError(`${name} is named by the fleet file ${fleet.file}`, EXIT.failed, {
          fix: 'Take it out of its "formulas:", then mosaic apply.',
        });
      // Written down first: whatever kills us, the next apply goes on with it.
      if (after.length === 0) host.files.remove(places.installedFormulas);
      else if (found) host.files.write(places.installedFormulas, formatInstalled(after), { durable: true });
      const look = await lookAndPlan(host, fleet, setting, TIMERS_ALONE);
      const done = await carryOut(context, fleet, places, look, { json: options.json === true });
      if (options.json === true) await tellPrograms(context, done);
      else if (!found) {
        const names = before.map((one) => one.name);
        terminal.out(
          `No formula ${quoted(name)} is installed here${names.length === 0 ? '' : `; there is ${listed(names)}`}.\n`,
        );
      } else if (done.code === EXIT.ok)
        terminal.out(
          inFile
            ? `${name} is no longer installed here; the fleet file names it, and its timer stays.\n`
            : `${name} no longer comes by itself; a run that lasts goes on to its end.\n`,
        );
      return done.code;
    },
    { waitMs: LOCK_PATIENCE_MS },
  );
}
