/** `mosaic apply --watch`: reconciles again and again, where nothing else starts it. */
import type { Fleet } from '../model/fleet.ts';
import type { Places } from '../model/places.ts';
import type { Plan, Verification } from '../model/plan.ts';
import { visible } from '../base/visible.ts';
import { carryOut, once, tellPrograms, type ApplyCommandOptions } from './apply.ts';
import { withApplyLock } from './apply-plan.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { findFleetFile, readFleet } from './fleet-file.ts';
import { refuseBesideFollowed } from './in-force.ts';
import { planOptions } from './plan.ts';
import { lookAndPlan, settingOf } from './reconcile.ts';
import { nextMoment } from '../plan/next-moment.ts';
import { verifyMissions } from './verify-missions.ts';
import { createAlarm, type Alarm } from './watch-alarm.ts';

const USUAL_INTERVAL_MS = 30_000;
/** Waits for another apply as long as that takes. */
const PATIENCE_MS = 24 * 3_600_000;

/**
 * A round at each interval, and at once when the fleet file changes or an agent's program ends. Whatever goes wrong in one is said,
 * once for as long as it stays the same, and the next comes all the same. Ends with the signal.
 */
export async function watchCommand(context: CommandContext, given: ApplyCommandOptions): Promise<number> {
  const { host, terminal, signal } = context;
  const alarm = createAlarm(host, signal);
  const tell = teller((text) => terminal.err(text));
  let options = given;
  let said = '';
  let verifying: Promise<void> | undefined;
  const verify = async (...what: [Fleet, Places, readonly Verification[]]): Promise<void> => {
    try {
      const { ended } = await verifyMissions(context, ...what);
      if (ended > 0) alarm.ring();
    } catch (error) {
      tell.trouble(error);
    } finally {
      verifying = undefined;
    }
  };
  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    let soon: number | undefined;
    alarm.lower();
    try {
      const { fleet, places } = await current(context, options, alarm);
      const due = await withApplyLock(
        context,
        places,
        async () => {
          // It may have taken long to get here: what happens from now on is for the next round.
          alarm.lower();
          const now = await current(context, options, alarm);
          const look = await lookAndPlan(
            host,
            now.fleet,
            settingOf(host, now.fleet),
            planOptions(now.fleet, options),
          );
          const summary = summaryOf(look.plan);
          if (look.plan.actions.length > 0 || summary !== said) {
            const done = await carryOut(context, now.fleet, places, look, options);
            if (options.json === true) await tellPrograms(context, done);
          }
          said = summary;
          options = once(given);
          soon = nextMoment(look.plan);
          return look.plan.verifications;
        },
        { waitMs: PATIENCE_MS },
      );
      tell.fine();
      // Beside the reconciling: a crash elsewhere must not wait for them.
      if (due.length > 0) verifying ??= verify(fleet, places, due);
    } catch (error) {
      if (!ended()) tell.trouble(error);
    }
    await alarm.wait(options.intervalMs ?? USUAL_INTERVAL_MS, soon);
  }
  alarm.close();
  await verifying;
  return EXIT.interrupted;
}

/** The file as it stands. Throws CommandError. */
async function current(
  context: CommandContext,
  options: ApplyCommandOptions,
  alarm: Alarm,
): Promise<{ fleet: Fleet; places: Places }> {
  const file = await findFleetFile(context.host, options.file);
  alarm.watchFile(file);
  const loaded = await readFleet(context, file, { remember: true });
  if (!loaded.ok)
    throw new CommandError(`${loaded.file} is not valid (mosaic validate shows why)`, EXIT.invalid);
  refuseBesideFollowed(context.host, loaded.value);
  const { places } = settingOf(context.host, loaded.value);
  alarm.watchFlag(places.wake);
  return { fleet: loaded.value, places };
}

/** What is worth telling of a plan that does nothing: that it is another one than before. */
const summaryOf = ({ verdicts, missions }: Plan): string =>
  JSON.stringify([
    verdicts.map(({ agent, status }) => [agent, status]),
    missions.map(({ mission, state, conditions }) => [mission, state, conditions.map(({ code }) => code)]),
  ]);

/** Says each trouble once, until it is over or another. */
function teller(err: (text: string) => void): { trouble(error: unknown): void; fine(): void } {
  let last: string | undefined;
  return {
    trouble(error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== last) err(`${visible(message)}; tries again\n`);
      last = message;
    },
    fine() {
      if (last !== undefined) err('The trouble is over.\n');
      last = undefined;
    },
  };
}
