/** The flag that is raised when an agent ends, and that systemd takes down again as it starts a reconcile. */
import { join } from 'node:path';
import { shellLine } from '../base/shell.ts';
import { fleetOf } from '../render/header.ts';
import { triggerName } from '../render/triggers.ts';
import { check, notApplicable, ok, type Check, type Patient } from './check.ts';

/** A reconcile that is at work when the flag is raised ends within that, as a rule. */
const PATIENCE_MS = 5 * 60_000;

interface WakeFacts {
  flag: string;
  prefix: string;
  watched: boolean;
  /** Since when it is up, in ms. */
  upForMs: number | undefined;
}

export const wake: Check<Patient> = check(
  'wake-flag',
  ({ host, fleet, places }): WakeFacts => {
    const prefix = fleet.systemd.unitPrefix;
    const unit = host.files.read(join(places.units, triggerName(prefix, 'reconcile.path')));
    const raised = host.files.stat(places.wake)?.modifiedAt;
    return {
      flag: places.wake,
      prefix,
      watched: fleetOf(unit ?? '') === fleet.name,
      upForMs: raised === undefined ? undefined : host.clock.now() - raised,
    };
  },
  ({ flag, prefix, watched, upForMs }) => {
    if (!watched) return notApplicable('no unit watches for agents that end');
    if (upForMs === undefined || upForMs < PATIENCE_MS)
      return ok('no agent that ended waits for a reconcile');
    const service = triggerName(prefix, 'reconcile.service');
    return [
      {
        health: 'warning',
        message: `an agent ended ${Math.floor(upForMs / 60_000)} minutes ago, and no reconcile has begun since (${flag} is up)`,
        advice: `journalctl --user --unit ${service} tells what became of the last one; the command has systemd look again.`,
        command: shellLine(['systemctl', '--user', 'restart', triggerName(prefix, 'reconcile.path')]),
      },
    ];
  },
);
