/** The part of a plan that has formulas run by the clock: units, timers, and what keeps them from it. */
import { join } from 'node:path';
import { formatDuration } from '../base/duration.ts';
import type { Fleet, ScheduledFormula } from '../model/fleet.ts';
import type { Action, Hold } from '../model/plan.ts';
import type { Artefact } from '../render/artefacts.ts';
import {
  formulaCronLine,
  formulaOfUnit,
  formulaUnitNames,
  formulaUnits,
  runsByCron,
  type FormulaUnitsContext,
} from '../render/formula-units.ts';
import type { Gathering } from './gather.ts';
import { fileActions, reload } from './shared.ts';

/** What is the same for all formulas of a host. */
export type FormulaSetting = Pick<FormulaUnitsContext, 'templates' | 'programs' | 'env'>;

/** Those of the fleet file, then those that were installed here and that it does not name. */
export const allFormulas = (
  { formulas }: Pick<Fleet, 'formulas'>,
  installed: readonly ScheduledFormula[],
): ScheduledFormula[] => [
  ...formulas,
  ...installed.filter(({ name }) => formulas.every((one) => one.name !== name)),
];

interface Part {
  actions: Action[];
  holds: Hold[];
}

/**
 * @param paths the PATH for runs: as a word of a unit, and as it is
 */
export function formulaPart(
  g: Gathering,
  setting: FormulaSetting,
  paths: { unit: string; plain: string },
): Part {
  const { installed } = g.observation.formulas;
  const wishes = allFormulas(g.fleet, installed.known ? installed.value : []);
  const unreadable: Hold[] = installed.known
    ? []
    : [
        {
          subject: 'formulas',
          reason: `which ones were installed on this host is not known: ${installed.why}`,
          ...(installed.fix === undefined ? {} : { fix: installed.fix }),
          unknown: true,
        },
      ];
  if (g.supervisor === 'none') {
    const { crontab = '' } = g.observation.formulas;
    const holds = wishes
      .filter((wish) => !runsByCron(crontab, wish, g.fleet.file))
      .map((wish) => withoutTimer(g, wish, setting, paths.plain));
    return { actions: [], holds: [...unreadable, ...holds] };
  }
  const parts = wishes.map((wish) => scheduled(g, wish, setting, paths.unit));
  const writes = parts.flatMap(({ actions }) => actions.filter(({ kind }) => kind === 'write-file'));
  // Which of those that stand are wanted no more can only be told where all that is wanted is known.
  const gone = installed.known ? unscheduled(g, wishes) : [];
  return {
    actions: [
      ...parts.flatMap(({ actions }) => actions),
      ...reload('reload-units:formulas', writes),
      ...gone,
      ...reload(
        'reload-units:former-formulas',
        gone.filter(({ kind }) => kind === 'remove-file'),
      ),
    ],
    holds: [...unreadable, ...parts.flatMap(({ holds }) => holds)],
  };
}

/** The units of one formula, and its timer started. */
function scheduled(
  g: Gathering,
  wish: ScheduledFormula,
  { templates, programs, env }: FormulaSetting,
  path: string,
): Part {
  const { fleet, places } = g;
  const obstacle = obstacleTo(g, wish);
  if (obstacle !== undefined) return { actions: [], holds: [obstacle] };
  const prefix = fleet.systemd.unitPrefix;
  let texts: { service: string; timer: string };
  try {
    const context = { fleet: fleet.name, prefix, file: fleet.file, templates, programs, path, env };
    texts = formulaUnits(wish, context);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const fix = 'Install mosaic and node where their paths are plain.';
    return { actions: [], holds: [{ subject: wish.name, reason: error.message, fix }] };
  }
  const names = formulaUnitNames(prefix, wish.name);
  const artefact = (name: string, text: string): Artefact => ({
    kind: 'unit',
    path: join(places.units, name),
    mode: 0o644,
    text,
    shown: text,
  });
  const artefacts = [artefact(names.service, texts.service), artefact(names.timer, texts.timer)];
  const writes = fileActions(g, artefacts, new Set(), new Set());
  const active = g.units?.units.get(names.timer)?.active === 'active';
  const changed = writes.some(({ id }) => id === `write-file:${join(places.units, names.timer)}`);
  const enabled = g.observation.formulas.enabled.has(names.timer);
  if (active && enabled && !changed) return { actions: writes, holds: [] };
  const every = `every ${formatDuration(wish.everyMs)}`;
  const start: Action = {
    kind: 'start-timer',
    id: `start-timer:${names.timer}`,
    formula: wish.name,
    unit: names.timer,
    restart: active && changed,
    reason: active && changed ? `now ${every}` : active ? 'it would not come back after a reboot' : every,
    needs: [...writes.map(({ id }) => id), 'reload-units', 'reload-units:formulas'],
  };
  return { actions: [...writes, start], holds: [] };
}

/** Why a formula's timer stays as it is. */
function obstacleTo(g: Gathering, { name, file, everyMs }: ScheduledFormula): Hold | undefined {
  const { fleet, observation, places } = g;
  const ofTheFile = fleet.formulas.some((one) => one.name === name);
  const seen = observation.formulas.files.get(file);
  if (seen !== 'file') {
    const why =
      seen === 'not-a-file' ? 'is no file' : seen === 'unreadable' ? 'cannot be read' : 'is not there';
    return {
      subject: name,
      reason: `its formula ${file} ${why}: its timer stays as it is`,
      fix: ofTheFile
        ? 'Put it there, or name another file.'
        : `Has it moved: mosaic formula install NEW-PLACE --name ${name} --every ${formatDuration(everyMs)}. Is it gone: mosaic formula uninstall ${name}.`,
    };
  }
  if (/^\/(?:dev|proc)\//.test(fleet.file))
    return {
      subject: name,
      reason: `its runs could not read ${fleet.file} again`,
      fix: 'Apply a fleet file that stays where it is.',
    };
  for (const unit of Object.values(formulaUnitNames(fleet.systemd.unitPrefix, name))) {
    const there = observation.files.get(join(places.units, unit));
    if (there?.kind === 'foreign')
      return {
        subject: name,
        reason: `${join(places.units, unit)} is there and is not ours: ${there.why}`,
        fix: 'Move it away, or give the formula another name.',
      };
  }
  return undefined;
}

function withoutTimer(
  g: Gathering,
  wish: ScheduledFormula,
  { programs, env }: FormulaSetting,
  path: string,
): Hold {
  const line = formulaCronLine(wish, { file: g.fleet.file, programs, path, env });
  return {
    subject: wish.name,
    reason: `nothing runs it every ${formatDuration(wish.everyMs)}: the fleet is without systemd, and has no timers`,
    ...(line === undefined ? {} : { fix: `A line of your crontab does (crontab -e): ${line}` }),
  };
}

interface Standing {
  formula: string;
  timer: string;
  service: string;
  files: string[];
}

/** Units of formulas that are ours, also under a former prefix. */
function standing({ fleet, observation, places }: Gathering): Standing[] {
  const found = new Map<string, Standing>();
  for (const [path, file] of observation.files) {
    if (file.kind !== 'ours' || !path.startsWith(`${places.units}/`)) continue;
    const unit = formulaOfUnit(fleet.systemd.unitPrefix, path.slice(places.units.length + 1));
    if (unit === undefined) continue;
    const names = formulaUnitNames(unit.prefix, unit.formula);
    const before = found.get(names.timer)?.files ?? [];
    found.set(names.timer, { formula: unit.formula, ...names, files: [...before, path] });
  }
  return [...found.values()];
}

/** Timers of formulas that are wanted no more; a run that lasts goes on to its end. */
function unscheduled(g: Gathering, wishes: readonly ScheduledFormula[]): Action[] {
  const { unitPrefix } = g.fleet.systemd;
  const wanted = new Set(wishes.map(({ name }) => formulaUnitNames(unitPrefix, name).timer));
  return standing(g)
    .filter(({ timer }) => !wanted.has(timer))
    .flatMap((units) => removal(g, units));
}

function removal(g: Gathering, { formula, timer, files }: Standing): Action[] {
  const stop: Action = {
    kind: 'stop-timer',
    id: `stop-timer:${timer}`,
    formula,
    unit: timer,
    reason: timer.startsWith(`${g.fleet.systemd.unitPrefix}-formula-`)
      ? 'it is scheduled no more'
      : 'its units have another name now',
    needs: [],
  };
  const removals = files.map((path): Action => ({
    kind: 'remove-file',
    id: `remove-file:${path}`,
    path,
    shown: { before: textOf(g, path) },
    reason: 'nothing runs the formula by the clock any more',
    needs: [stop.id],
  }));
  return [stop, ...removals];
}

function textOf({ observation }: Gathering, path: string): string {
  const file = observation.files.get(path);
  return file?.kind === 'ours' ? file.text : '';
}

/** All timers stopped, and the runs that they have begun ended; where there is no manager, their files are all there is. */
export const formulasDown = (g: Gathering): Action[] =>
  g.units === undefined
    ? []
    : standing(g).map(({ formula, timer, service }): Action => ({
        kind: 'stop-timer',
        id: `stop-timer:${timer}`,
        formula,
        unit: timer,
        service,
        reason: 'the fleet is taken down',
        needs: [],
      }));
