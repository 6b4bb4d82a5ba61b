/** The units that run a formula by the clock: a service for one run, and its timer. */
import { formatDuration } from '../base/duration.ts';
import { WEEK } from '../base/every.ts';
import { shellLine, shellWord } from '../base/shell.ts';
import { byteLength } from '../base/text.ts';
import type { ScheduledFormula } from '../model/fleet.ts';
import { cronSchedule, cronText, LONGEST_COMMAND } from './crontab.ts';
import { header, notice } from './header.ts';
import { unitArgument, unitWord } from './quote.ts';
import { environmentLines, fillTemplate } from './template.ts';
import { calendarOf } from './triggers.ts';

export interface FormulaUnitsContext {
  fleet: string;
  prefix: string;
  /** The fleet file, absolute. */
  file: string;
  templates: { service: string; timer: string };
  /** Absolute paths. */
  programs: { node: string; mosaic: string };
  /** The PATH as a word of a unit: `stickyPath`. */
  path: string;
  /** What leads mosaic to the same places as here. */
  env: readonly (readonly [name: string, value: string])[];
}

export const formulaUnitNames = (prefix: string, formula: string) => ({
  service: `${prefix}-formula-${formula}.service`,
  timer: `${prefix}-formula-${formula}.timer`,
});

export interface FormulaUnit {
  prefix: string;
  formula: string;
  kind: 'service' | 'timer';
}

/**
 * What a unit's name says, as one of this prefix or else of any other: only its text tells whose it is. Undefined for a name that none
 * of ours has.
 */
export function formulaOfUnit(own: string, name: string): FormulaUnit | undefined {
  for (const before of [own, '[a-z][a-z0-9-]*?']) {
    const match = new RegExp(`^(${before})-formula-([a-z0-9][a-z0-9-]{0,39})\\.(service|timer)$`).exec(name);
    const [, prefix, formula, kind] = match ?? [];
    if (prefix !== undefined && formula !== undefined)
      return { prefix, formula, kind: kind === 'timer' ? 'timer' : 'service' };
  }
  return undefined;
}

/** Both texts. Throws RangeError, with a sentence, for a program that systemd cannot be told of. */
export function formulaUnits(
  { name, file, everyMs }: ScheduledFormula,
  context: FormulaUnitsContext,
): { service: string; timer: string } {
  const { programs, templates } = context;
  if (/["'\\]/.test(programs.node))
    throw new RangeError(`systemd runs no program whose path has a quote or a backslash: ${programs.node}`);
  const values: Record<string, string> = {
    HEADER: `${header(context.fleet)}\n${notice}`,
    FLEET: context.fleet,
    PREFIX: context.prefix,
    FORMULA: name,
    ENVIRONMENT: environmentLines(context.path, context.env),
    // The program itself is no argument: a dollar stays one there.
    NODE: unitWord(programs.node),
    MOSAIC: unitArgument(programs.mosaic),
    FORMULA_FILE: unitArgument(file),
    FILE: unitArgument(context.file),
    INTERVAL: formatDuration(everyMs),
    CALENDAR: everyMs === WEEK ? 'Mon *-*-* 0:0:0' : (calendarOf(everyMs) ?? ''),
    DELAY: `${Math.min(600, Math.floor(everyMs / 10_000))}s`,
  };
  return { service: fillTemplate(templates.service, values), timer: fillTemplate(templates.timer, values) };
}

/** Whether a line of a crontab runs it with this fleet file, whenever, and whatever stands before and after. */
export function runsByCron(
  crontab: string,
  { file }: Pick<ScheduledFormula, 'file'>,
  fleet: string,
): boolean {
  const call = cronText(shellLine(['formula', 'run', file, '--file', fleet]));
  return crontab
    .split('\n')
    .some((line) => /^\s*[^\s#]/.test(line) && `${line.trimEnd()} `.includes(` ${call} `));
}

/**
 * A line of a crontab that does the same, without its newline: for a person to add, where no systemd is. Undefined where a path is one
 * that no crontab can carry.
 * @param path the PATH for the run
 */
export function formulaCronLine(
  { file, everyMs }: ScheduledFormula,
  context: Pick<FormulaUnitsContext, 'file' | 'programs' | 'path' | 'env'>,
): string | undefined {
  const { node, mosaic } = context.programs;
  const schedule = everyMs === WEEK ? '0 0 * * 1' : (cronSchedule(everyMs) ?? '');
  const variables = [['PATH', context.path] as const, ...context.env]
    .map(([name, value]) => `${name}=${shellWord(value)}`)
    .join(' ');
  const call = shellLine([node, mosaic, 'formula', 'run', file, '--file', context.file]);
  const command = cronText(`${variables} ${call}`);
  return /[\n\r\0]|\\(?!%)/.test(command) || byteLength(command) > LONGEST_COMMAND
    ? undefined
    : `${schedule} ${command}`;
}
