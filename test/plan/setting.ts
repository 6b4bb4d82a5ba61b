/** What planning takes of a host beside what is seen of it. */
import type { Fleet } from '../../src/model/fleet.ts';
import { placesOf, type Places } from '../../src/model/places.ts';
import type { Setting } from '../../src/plan/plan.ts';

const HOME = '/home/u';
export const placesFor = (fleet: Fleet): Places => placesOf(fleet.name, { home: HOME, env: {} });

const settings = new WeakMap<Fleet, Setting>();

export function settingFor(fleet: Fleet): Setting {
  const setting = settings.get(fleet) ?? makeSetting(fleet);
  settings.set(fleet, setting);
  return setting;
}

const makeSetting = (fleet: Fleet): Setting => ({
  places: placesFor(fleet),
  templates: {
    holder: '@HEADER@\n[Service]\n@ENVIRONMENT@\n',
    wake: '@HEADER@\n[Service]\nExecStart=@TOUCH@ @WAKE@\n',
    agent: '@HEADER@\n[Service]\n@ENVIRONMENT@\nExecStart=@TMUX@ -L @SOCKET@ source-file @AGENT_FILE@\n',
  },
  programs: { tmux: '/usr/bin/tmux', systemctl: '/usr/bin/systemctl', touch: '/usr/bin/touch' },
  path: '/usr/bin:/bin',
  formulas: {
    templates: {
      service: '@HEADER@\nExecStart=@NODE@ @MOSAIC@ formula run @FORMULA_FILE@ --file @FILE@\n',
      timer: '@HEADER@\nOnCalendar=@CALENDAR@\n',
    },
    programs: { node: '/usr/bin/node', mosaic: '/opt/mosaic.js' },
    env: [],
  },
});
