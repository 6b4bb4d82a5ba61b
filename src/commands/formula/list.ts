/** `mosaic formula list`: every formula known here, and how it is with each. */
import { join } from 'node:path';
import { shellLine } from '../../base/shell.ts';
import { counted } from '../../base/text.ts';
import { visible } from '../../base/visible.ts';
import type { Host } from '../../host/host.ts';
import type { Fleet } from '../../model/fleet.ts';
import { formulaPlaces, formulaSession } from '../../model/formula.ts';
import { placesOf } from '../../model/places.ts';
import { observeTimers, type TimerSeen } from '../../observe/timers.ts';
import { formulaUnitNames } from '../../render/formula-units.ts';
import { fleetOf } from '../../render/header.ts';
import { formulaListJsonText, formulaListText, type FormulaRow } from '../../report/formula-list.ts';
import { readCurrent, readHistory, runningRun } from '../../runs/record.ts';
import { waitingReplies } from '../../runs/replies.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { installedOn, knownFormulas, type KnownFormula } from './known.ts';

export async function formulaListCommand(context: CommandContext, options: FleetOptions): Promise<number> {
  const { host, terminal } = context;
  const { fleet } = await requireFleet(context, options);
  const rows = await formulaRows(host, fleet);
  terminal.out(
    options.json === true
      ? formulaListJsonText(fleet.name, rows)
      : formulaListText(rows, terminal, host.clock.now()),
  );
  const { damaged } = installedOn(host.files, placesOf(fleet.name, host.facts));
  if (damaged !== undefined) terminal.err(`Note: ${visible(damaged)}\n`);
  return EXIT.ok;
}

/** Throws HostError. */
export async function formulaRows(host: Host, fleet: Fleet): Promise<FormulaRow[]> {
  const known = knownFormulas(host, fleet);
  const isScheduled = known.some(({ everyMs }) => everyMs !== undefined);
  const timers = isScheduled ? await timersOf(host, fleet) : new Map<string, TimerSeen>();
  return known.map((formula) =>
    Object.assign(scheduleOf(host, fleet, formula, timers), formula, runsOf(host, fleet, formula)),
  );
}

type Timers = ReadonlyMap<string, TimerSeen> | { trouble: string };

async function timersOf(host: Host, fleet: Fleet): Promise<Timers> {
  if (fleet.supervisor === 'none') return { trouble: 'no timer: the fleet has no systemd' };
  const timers = await observeTimers(host, formulaUnitNames(fleet.systemd.unitPrefix, '*').timer);
  return timers.known ? timers.value : { trouble: timers.why };
}

function scheduleOf(
  host: Host,
  fleet: Fleet,
  { schedule, everyMs }: KnownFormula,
  timers: Timers,
): Pick<FormulaRow, 'next' | 'scheduleTrouble'> {
  if (everyMs === undefined || schedule === undefined) return {};
  if ('trouble' in timers) return { scheduleTrouble: timers.trouble };
  const unit = formulaUnitNames(fleet.systemd.unitPrefix, schedule).timer;
  const other = otherOwner(host, fleet, unit);
  if (other !== undefined) return { scheduleTrouble: `no timer: ${unit} is ${other}` };
  const timer = timers.get(unit);
  if (timer === undefined) return { scheduleTrouble: 'its timer is not there: mosaic apply makes it' };
  return timer.next === undefined ? {} : { next: timer.next };
}

/** Whose the file of a unit is, where it is not this fleet's. */
function otherOwner({ files, facts }: Host, fleet: Fleet, unit: string): string | undefined {
  const path = join(placesOf(fleet.name, facts).units, unit);
  const text = files.stat(path)?.kind === 'file' ? files.read(path) : undefined;
  if (text === undefined) return undefined;
  const owner = fleetOf(text);
  if (owner === fleet.name) return undefined;
  return owner === undefined ? "not mosaic's" : `the timer of the fleet ${owner}`;
}

function runsOf(
  host: Host,
  fleet: Fleet,
  { name, file, trouble: fileTrouble }: KnownFormula,
): Pick<FormulaRow, 'file' | 'running' | 'attach' | 'orphan' | 'last' | 'replies' | 'trouble'> {
  const places = formulaPlaces(placesOf(fleet.name, host.facts), name);
  // Before the record: a run that ends in between is told twice rather than not at all.
  const running = runningRun(host, places);
  const current = readCurrent(host.files, places);
  const { runs, damaged } = readHistory(host.files, places);
  const left = 'run' in current ? current.run : undefined;
  const orphan = running === undefined && !runs.some(({ id }) => id === left?.id) ? left : undefined;
  const last = runs.at(-1);
  const ranFrom = (running ?? left ?? last)?.file;
  const trouble = [
    ...(fileTrouble === undefined ? [] : [fileTrouble]),
    ...('damaged' in current ? [current.damaged] : []),
    ...(damaged === 0
      ? []
      : [`${counted(damaged, 'line')} of its record ${damaged === 1 ? 'is' : 'are'} damaged`]),
  ].join('; ');
  const where = file ?? ranFrom;
  return {
    ...(where === undefined ? {} : { file: where }),
    ...(running === undefined ? {} : { running, attach: attachLine(fleet, name) }),
    ...(orphan === undefined ? {} : { orphan }),
    ...(last === undefined ? {} : { last }),
    replies: waitingReplies(host.files, places).length,
    ...(trouble === '' ? {} : { trouble }),
  };
}

/** Shows the session of a formula's run; for a person to copy. */
export const attachLine = ({ tmux }: Fleet, name: string): string =>
  shellLine(['tmux', '-L', tmux.socketName, 'attach-session', '-t', `=${formulaSession(name)}`]);
