/** `mosaic formula history`: what became of a formula's runs. */
import { visible } from '../../base/visible.ts';
import { formulaPlaces, runPlaces } from '../../model/formula.ts';
import { placesOf } from '../../model/places.ts';
import { historyJsonText, historyText, unreadableText } from '../../report/formula-history.ts';
import { readCurrent, readHistory, runningRun } from '../../runs/record.ts';
import { EXIT } from '../command-error.ts';
import type { CommandContext, FleetOptions } from '../context.ts';
import { requireFleet } from '../fleet-file.ts';
import { requireKnown } from './known.ts';

export interface FormulaHistoryOptions extends FleetOptions {
  /** How many runs. */
  last: number;
}

export async function formulaHistoryCommand(
  context: CommandContext,
  given: string,
  options: FormulaHistoryOptions,
): Promise<number> {
  const { host, terminal } = context;
  const { fleet } = await requireFleet(context, options);
  const { name } = requireKnown(host, fleet, given);
  const places = formulaPlaces(placesOf(fleet.name, host.facts), name);
  // Before the record: a run that ends in between is told twice rather than not at all.
  const alive = runningRun(host, places);
  const current = readCurrent(host.files, places);
  const { runs, damaged } = readHistory(host.files, places);
  const over = new Set(runs.map(({ id }) => id));
  const left = 'run' in current ? current.run : undefined;
  const open = alive ?? left;
  const newest = runs.toReversed().slice(0, options.last);
  const report = {
    formula: name,
    runs: newest.map((run) => {
      const { screen } = runPlaces(places, run.id);
      return host.files.stat(screen) === undefined ? { run } : { run, screen };
    }),
    total: runs.length,
    unreadable: damaged,
    ...(open === undefined || over.has(open.id)
      ? {}
      : { current: { run: open, alive: alive !== undefined } }),
  };
  terminal.out(
    options.json === true
      ? historyJsonText(fleet.name, report)
      : historyText(report, terminal, host.clock.now()),
  );
  if ('damaged' in current) terminal.err(`Note: ${visible(current.damaged)}\n`);
  if (damaged > 0) terminal.err(unreadableText(damaged, places.history));
  return EXIT.ok;
}
