/** Whether the names of a fleet's units are free on this host, before anything of it is. */
import { join } from 'node:path';
import { listed } from '../../base/text.ts';
import type { Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { Places } from '../../model/places.ts';
import { isOurs } from '../../render/artefacts.ts';
import { gitopsUnitNames } from '../../render/gitops-units.ts';
import { fleetOf } from '../../render/header.ts';
import { triggerName, TRIGGERS } from '../../render/triggers.ts';
import { unitNames } from '../../render/unit-names.ts';
import { CommandError, EXIT } from '../command-error.ts';

/** Throws CommandError where a unit of somebody else bears a name that this fleet needs: it would be followed by half. */
export function refuseTakenNames(
  { files }: Host,
  { name, systemd, supervisor }: Pick<Fleet, 'name' | 'systemd' | 'supervisor'>,
  places: Pick<Places, 'units'>,
): void {
  if (supervisor === 'none') return;
  const prefix = systemd.unitPrefix;
  const { holder, template, wake } = unitNames(prefix);
  const { service, timer } = gitopsUnitNames(prefix);
  const names = [holder, template, wake, service, timer, ...TRIGGERS.map((one) => triggerName(prefix, one))];
  const taken = names.flatMap((unit) => {
    const path = join(places.units, unit);
    const stat = files.stat(path);
    if (stat === undefined) return [];
    // A link to /dev/null is how systemd masks a unit.
    const text = stat.kind === 'file' ? (files.read(path) ?? '') : '';
    if (isOurs(name, text)) return [];
    const other = fleetOf(text);
    return [`${path} (${other === undefined ? 'not made by mosaic' : `of the fleet ${other}`})`];
  });
  if (taken.length === 0) return;
  throw new CommandError(`in the way of the fleet ${name}: ${listed(taken)}`, EXIT.failed, {
    fix: 'Nothing was changed here. Give the fleet a systemd.unit_prefix of its own, or move away what stands there.',
  });
}
