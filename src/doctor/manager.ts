/** The systemd user manager: whether it answers, on which bus, and whether it outlives a logout. */
import { shellLine } from '../base/shell.ts';
import type { Source } from '../model/source.ts';
import type { UnitsSeen } from '../model/observation.ts';
import { observeLinger } from '../observe/linger.ts';
import { NO_SYSTEMCTL } from '../observe/units.ts';
import { unitNames } from '../render/unit-names.ts';
import {
  asRoot,
  check,
  notApplicable,
  ok,
  unknownFinding,
  type Check,
  type Finding,
  type Machine,
  type Patient,
} from './check.ts';

const fleetOf = (on: Machine | Patient): Patient['fleet'] | undefined =>
  'fleet' in on ? on.fleet : undefined;

/** Whether this machine was booted with systemd (sd_booted(3)). */
const booted = ({ host }: Machine): boolean => host.files.stat('/run/systemd/system') !== undefined;

/** How much a fleet wants systemd: its units stand, or its file says so, or it takes it where it is. */
type Wish = 'units' | 'systemd' | 'auto' | 'none';

function wishOf(on: Machine | Patient): Wish {
  const fleet = fleetOf(on);
  if (fleet === undefined) return 'auto';
  if (fleet.supervisor !== 'auto') return fleet.supervisor;
  const { holder } = unitNames(fleet.systemd.unitPrefix);
  const { places, host } = on as Patient;
  return host.files.stat(`${places.units}/${holder}`) === undefined ? 'auto' : 'units';
}

interface ManagerFacts {
  wish: Wish;
  units: Source<UnitsSeen>;
  booted: boolean;
  uid: number;
  user: string;
  runtimeDir: string | undefined;
}

async function managerFacts(on: Machine): Promise<ManagerFacts> {
  const { facts } = on.host;
  const wish = wishOf(on);
  return {
    wish,
    units: await on.units,
    booted: booted(on),
    uid: facts.uid,
    user: facts.user,
    runtimeDir: facts.env['XDG_RUNTIME_DIR'],
  };
}

function judgeManager(facts: ManagerFacts): readonly Finding[] {
  const { wish, units } = facts;
  if (wish === 'none') return notApplicable('the fleet file says supervisor: none');
  if (!units.known) return unknownFinding(units.why, units.fix);
  if (units.value.manager === 'answers') return ok('the systemd user manager answers');
  const message = units.value.why ?? 'no systemd user manager answers';
  if (wish === 'auto' && !facts.booted) return notApplicable(`${message}: agents run under tmux alone`);
  const needed = wish === 'auto' ? '' : `, and the fleet ${wish === 'units' ? 'has units' : 'asks for it'}`;
  const health = wish === 'auto' ? 'warning' : 'broken';
  if (units.value.why === NO_SYSTEMCTL)
    return [
      {
        health,
        message: `${message}${needed}`,
        advice: facts.booted
          ? 'Install it (Debian: apt-get install systemd), or have it on the PATH.'
          : 'This machine runs without systemd: say supervisor: none, or auto, in the fleet file.',
      },
    ];
  const usual = `/run/user/${facts.uid}`;
  if (facts.runtimeDir !== undefined && facts.runtimeDir !== usual) {
    return [
      {
        health,
        message: `${message}${needed}`,
        advice: `XDG_RUNTIME_DIR is ${facts.runtimeDir}; the manager of a login is at ${usual}: set it to where yours listens.`,
      },
    ];
  }
  if (!facts.booted) {
    return [
      {
        health,
        message: `${message}${needed}`,
        advice: 'This machine runs without systemd: say supervisor: none, or auto, in the fleet file.',
      },
    ];
  }
  return [
    {
      health,
      message: `${message}${needed}`,
      command: asRoot(facts.uid, `systemctl start user@${facts.uid}.service`),
    },
  ];
}

export const manager: Check = check('user-manager', managerFacts, judgeManager);

interface BusFacts {
  manager: boolean;
  failed: string | undefined;
  late: boolean;
}

export const bus: Check = check(
  'user-bus',
  async (on): Promise<BusFacts> => {
    const units = await on.units;
    const manager = wishOf(on) !== 'none' && units.known && units.value.manager === 'answers';
    if (!manager) return { manager, failed: undefined, late: false };
    const name = 'org.freedesktop.DBus';
    const words = ['--user', 'call', name, '/org/freedesktop/DBus', name, 'GetId'];
    const { code, failure, message, stderr } = await on.host.exec('busctl', words, { timeoutMs: 5_000 });
    return {
      manager,
      failed: code === 0 ? undefined : (message ?? (stderr.trim() || `exit ${code}`)),
      late: failure !== undefined,
    };
  },
  ({ manager, failed, late }) => {
    if (!manager) return notApplicable('no user manager is asked');
    if (failed === undefined) return ok('the user bus answers');
    if (late) return unknownFinding(failed);
    return [
      {
        health: 'warning',
        message: `the user bus does not answer: ${failed}`,
        command: 'systemctl --user start dbus.socket',
      },
    ];
  },
);

export const linger: Check = check(
  'lingering',
  async (on) => {
    const { facts } = on.host;
    const wish = wishOf(on);
    const manager = await on.units;
    const asked = wish !== 'none' && manager.known && manager.value.manager === 'answers';
    return {
      uid: facts.uid,
      user: facts.user,
      seen: asked ? await observeLinger(on.host) : undefined,
    };
  },
  ({ uid, user, seen }) => {
    if (seen === undefined) return notApplicable('no user manager is asked');
    if (!seen.known) return unknownFinding(`whether ${user} lingers cannot be told: ${seen.why}`);
    if (seen.value) return ok(`${user} lingers: units go on without a login`);
    return [
      {
        health: 'warning',
        message: `${user} does not linger: the fleet ends with the last logout, and no boot starts it`,
        command: asRoot(uid, shellLine(['loginctl', 'enable-linger', user])),
      },
    ];
  },
);
