/** Timers of formulas. */
import { join } from 'node:path';
import { done, type ApplyContext, type Operation } from '../context.ts';
import { eachAlone } from '../each.ts';
import { required } from '../errors.ts';

const QUICK_MS = 60_000;

/** A run that is told to end sees to its session and its worktree first: the unit has 120 s for it (units/mosaic-formula.service). */
const RUN_MS = 150_000;

export const startTimers: Operation<'start-timer'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { unit, restart } = action;
    await systemctl(context, ['enable', '--quiet', unit]);
    await systemctl(context, [restart ? 'restart' : 'start', unit]);
    return done(action);
  });

export const stopTimers: Operation<'stop-timer'> = (actions, context) =>
  eachAlone(actions, async (action) => {
    const { host, places } = context;
    const { unit, service } = action;
    // In one call: else the timer could come once more in between.
    if (service === undefined) await stop(context, [unit], QUICK_MS);
    else await stop(context, [unit, service], RUN_MS);
    const wants = join(places.units, 'timers.target.wants');
    host.files.remove(join(wants, unit));
    host.files.removeEmptyFolder(wants);
    // When it came last is kept by the manager in a file of its own: one that is installed again later must not be taken for late.
    await host.exec('systemctl', ['--user', 'clean', '--what=state', unit]);
    // A run that failed would be listed for good, and the manager as degraded.
    await host.exec('systemctl', ['--user', 'reset-failed', service ?? unit.replace(/timer$/, 'service')]);
    return done(action);
  });

async function stop({ host }: ApplyContext, units: readonly string[], timeoutMs: number): Promise<void> {
  const result = await host.exec('systemctl', ['--user', 'stop', ...units], { timeoutMs });
  // Without their files, units that nobody has started are not loaded: that is what we want.
  if (result.code === 5 || /not loaded/.test(result.stderr)) return;
  required(result, 'systemctl');
}

const systemctl = async ({ host }: ApplyContext, args: readonly string[]): Promise<string> =>
  required(await host.exec('systemctl', ['--user', ...args], { timeoutMs: QUICK_MS }), 'systemctl');
