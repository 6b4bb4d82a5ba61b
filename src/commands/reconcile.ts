/** What plan, apply, down and status have in common: a fleet, its places, a look at the host, a plan. */
import { revisionOfFile } from '../gitops/layout.ts';
import { agentPath } from '../host/exec.ts';
import { ownProgram } from '../host/own-program.ts';
import type { Host } from '../host/host.ts';
import { packageFile } from '../host/package.ts';
import { findProgram } from '../host/program-path.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Observation } from '../model/observation.ts';
import { placesOf, type Places } from '../model/places.ts';
import type { Plan } from '../model/plan.ts';
import { canonicalPath, commonDirOf } from '../observe/git-folders.ts';
import { observe, type ObserveOptions } from '../observe/observe.ts';
import type { FormulaSetting } from '../plan/formulas.ts';
import { plan, type PlanOptions, type Setting } from '../plan/plan.ts';
import { endsItself, ownSession, spare } from '../plan/self.ts';
import { isOurs } from '../render/artefacts.ts';
import { commandWords } from '../render/unit-path.ts';
import { repositoriesIn } from '../worktrees/survey.ts';
import { CommandError, EXIT } from './command-error.ts';
import { leadingPlaces } from './fleet/leading.ts';

export function settingOf(host: Host, fleet: Fleet): Setting {
  const { env } = host.facts;
  const places = canonicalPlaces(host, fleet);
  const tmuxTmpdir = env['TMUX_TMPDIR'];
  const path = agentPath(env['PATH'] ?? '');
  const withUnits = fleet.supervisor !== 'none';
  const revision = revisionOfFile(host.files, places, fleet.file);
  return {
    places,
    templates: {
      holder: withUnits ? packageFile('units/mosaic-tmux-holder.service') : '',
      agent: withUnits ? packageFile('units/mosaic-agent@.service') : '',
      wake: withUnits ? packageFile('units/mosaic-wake.service') : '',
    },
    programs: {
      tmux: onPath(host, 'tmux', path) ?? '/usr/bin/tmux',
      systemctl: onPath(host, 'systemctl', path) ?? '/usr/bin/systemctl',
      touch: onPath(host, 'touch', path) ?? '/usr/bin/touch',
    },
    path,
    formulas: formulaSetting(host, fleet, places),
    ...(revision === undefined ? {} : { revision }),
    ...(tmuxTmpdir === undefined || tmuxTmpdir === '' ? {} : { tmuxTmpdir }),
  };
}

/** Read only where a formula is scheduled: few fleets have any. */
function formulaSetting(host: Host, fleet: Fleet, places: Places): FormulaSetting {
  const { installedFormulas } = places;
  if (fleet.formulas.length === 0 && !mayBeThere(host, installedFormulas))
    return { templates: { service: '', timer: '' }, programs: { node: '', mosaic: '' }, env: [] };
  return {
    templates: {
      service: packageFile('units/mosaic-formula.service'),
      timer: packageFile('units/mosaic-formula.timer'),
    },
    programs: formulaPrograms(host, fleet, places),
    env: leadingPlaces(host.facts),
  };
}

/** Who may not even look is told so where the host is observed. */
function mayBeThere({ files }: Host, path: string): boolean {
  try {
    return files.stat(path) !== undefined;
  } catch {
    return true;
  }
}

/** As the units that reconcile the fleet name them, so that an apply by another node or mosaic changes nothing; else this very one. */
function formulaPrograms({ files }: Host, fleet: Fleet, places: Places): FormulaSetting['programs'] {
  const unit = `${places.units}/${fleet.systemd.unitPrefix}-reconcile.service`;
  const text = files.stat(unit)?.kind === 'file' ? files.read(unit) : undefined;
  const [node, mosaic] = text !== undefined && isOurs(fleet.name, text) ? (commandWords(text) ?? []) : [];
  if (
    node !== undefined &&
    mosaic !== undefined &&
    [node, mosaic].every((path) => files.target(path) !== undefined)
  )
    return { node, mosaic };
  return ownProgram();
}

/** Worktrees are named by git with every link above them resolved; so are ours. */
function canonicalPlaces(host: Host, fleet: Fleet): Places {
  const places = placesOf(fleet.name, host.facts);
  return { ...places, worktrees: canonicalPath(host.files, places.worktrees) };
}

/** Where systemd looks too, before the caller's own PATH: who applies next names the same program in the units. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Its whole path: units have no PATH to look in. */
function onPath({ files }: Host, program: string, path: string): string | undefined {
  const folders = `${SYSTEM_PATH}:${path}`.split(':').filter((folder) => folder.startsWith('/'));
  return findProgram(files, program, folders.join(':'));
}

export interface Look {
  observation: Observation;
  plan: Plan;
}

/** Observes the host and plans. Writes nothing. */
export async function lookAndPlan(
  host: Host,
  fleet: Fleet,
  setting: Setting,
  options: PlanOptions & Pick<ObserveOptions, 'screens' | 'work'> = {},
): Promise<Look> {
  const { screens, work, ...planOptions } = options;
  const observation = await observe(
    host,
    options.down === true ? { ...fleet, agents: [] } : fleet,
    setting.places,
    {
      repositories: repositoriesOf(host, fleet, setting.places, options.down === true),
      units: options.down === true,
      formulas: options.down === true,
      ...(screens === undefined ? {} : { screens }),
      ...(work === undefined ? {} : { work }),
    },
  );
  const whole = plan(fleet, observation, setting, planOptions);
  const self = endsItself(whole, ownSession(host.facts.env['TMUX']));
  if (self === undefined) return { observation, plan: whole };
  if (options.down === true) {
    throw new CommandError(
      `this command runs in the session of ${self}, and would end with it`,
      EXIT.failed,
      {
        fix: 'Run it from elsewhere: from another terminal, outside of the fleet.',
      },
    );
  }
  return { observation, plan: spare(whole, self) };
}

/** Repositories that only worktrees of ours tell of, since no agent of the file names them. */
export function repositoriesOf(host: Host, fleet: Fleet, places: Places, all: boolean): string[] {
  const named = [...new Set(fleet.agents.flatMap((agent) => agent.worktree?.repository ?? []))];
  const known = new Set(named.flatMap((repository) => commonDir(host, repository) ?? []));
  const others = repositoriesIn(host.files, places.worktrees).filter((common) => !known.has(common));
  return all ? [...named, ...others] : others;
}

function commonDir(host: Host, repository: string): string | undefined {
  try {
    return commonDirOf(host.files, repository);
  } catch {
    return undefined;
  }
}
