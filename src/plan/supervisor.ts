/** Who starts the agents: systemd, or tmux itself. */
import type { Fleet, Supervisor } from '../model/fleet.ts';
import type { Observation } from '../model/observation.ts';
import type { Places } from '../model/places.ts';
import { known, unknown, type Source } from '../model/source.ts';
import { unitNames } from '../render/unit-names.ts';

export function decideSupervisor(fleet: Fleet, observation: Observation, places: Places): Source<Supervisor> {
  if (fleet.supervisor === 'none') return known('none');
  const { units } = observation;
  if (!units.known) return units;
  if (units.value.manager === 'answers') return known('systemd');
  const why = units.value.why ?? 'no user manager answers';
  if (fleet.supervisor === 'systemd') {
    return unknown(
      `supervisor: systemd is asked for, but ${why}`,
      'Log in as this user with systemd running (loginctl enable-linger keeps it), or set supervisor: none.',
    );
  }
  const holderUnit = `${places.units}/${unitNames(fleet.systemd.unitPrefix).holder}`;
  if (observation.files.get(holderUnit)?.kind === 'ours') {
    return unknown(
      `this fleet is installed as systemd units, but ${why}`,
      'Run it where the user manager answers (is XDG_RUNTIME_DIR set?), or set supervisor: none.',
    );
  }
  return known('none');
}
