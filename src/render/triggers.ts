/** The units that start an apply by themselves: at the manager's start, by the clock, when an agent ends, when the file changes. */
import { formatDuration } from '../base/duration.ts';
import { header, notice } from './header.ts';
import { unitArgument, unitWord } from './quote.ts';
import { environmentLines, fillTemplate } from './template.ts';

/** Names after the prefix; each has its template `units/mosaic-NAME`. */
export const TRIGGERS = [
  'reconcile.service',
  'reconcile.timer',
  'reconcile.path',
  'fleet.path',
  'gates.service',
] as const;
export type Trigger = (typeof TRIGGERS)[number];

export const triggerName = (prefix: string, trigger: Trigger): string => `${prefix}-${trigger}`;

export interface TriggerContext {
  fleet: string;
  prefix: string;
  /** The fleet file, absolute. */
  file: string;
  /** Of a followed repository: who brings a new revision says so, and the path in force is a link. */
  followed: boolean;
  /** The flag that is raised when an agent ends. */
  wake: string;
  intervalMs: number;
  /** Absolute paths. */
  programs: { node: string; mosaic: string; rm: string };
  /** The PATH as a word of a unit: `stickyPath`. */
  path: string;
  /** What leads mosaic to the same places as here. */
  env: readonly (readonly [name: string, value: string])[];
}

export interface TriggerUnit {
  trigger: Trigger;
  text: string;
}

/**
 * The exact texts of all that are to be there. Throws RangeError, with a sentence, for an interval or a path that systemd cannot be
 * told of.
 * @param templates texts of units/, by trigger
 */
export function renderTriggers(
  templates: Readonly<Record<Trigger, string>>,
  context: TriggerContext,
): TriggerUnit[] {
  const { fleet, prefix, file, wake, intervalMs, programs } = context;
  const calendar = calendarOf(intervalMs);
  if (calendar === undefined) {
    throw new RangeError(
      `a timer cannot come every ${formatDuration(intervalMs)}: that divides neither a minute nor an hour nor a day`,
    );
  }
  const flag = unitPath(wake);
  if (flag === undefined)
    throw new RangeError(`systemd cannot watch ${wake}: a path with such an end, or with a line break`);
  if (/["'\\]/.test(programs.node))
    throw new RangeError(`systemd runs no program whose path has a quote or a backslash: ${programs.node}`);
  const watched = context.followed ? undefined : unitPath(file);
  const values: Record<string, string> = {
    HEADER: `${header(fleet)}\n${notice}`,
    FLEET: fleet,
    PREFIX: prefix,
    ENVIRONMENT: environmentLines(context.path, context.env),
    // The program itself is no argument: a dollar stays one there.
    NODE: unitWord(programs.node),
    RM: unitWord(programs.rm),
    MOSAIC: unitArgument(programs.mosaic),
    FILE: unitArgument(file),
    WAKE: flag,
    WAKE_ARGUMENT: unitArgument(wake),
    WATCHED: watched ?? '',
    INTERVAL: formatDuration(intervalMs),
    CALENDAR: calendar,
    // Hosts with the same interval do not all begin in the same second.
    DELAY: `${Math.min(30, Math.floor(intervalMs / 10_000))}s`,
  };
  return TRIGGERS.filter((trigger) => trigger !== 'fleet.path' || watched !== undefined).map((trigger) => ({
    trigger,
    text: fillTemplate(templates[trigger], values),
  }));
}

/** The interval of a timer that was rendered here; undefined for any other text. */
export const intervalIn = (timer: string): string | undefined =>
  /^Description=mosaic: every ([0-9a-z]+), reconcile /m.exec(timer)?.[1];

/**
 * `PathExists=` and its kin take a path as it is, up to the end of the line, with specifiers (systemd.path(5)): undefined for one
 * that could not be written so.
 */
function unitPath(path: string): string | undefined {
  return /[\n\r]|\s$|\\$/.test(path) ? undefined : path.replaceAll('%', '%%');
}

const DAY_S = 86_400;

/** In words of `OnCalendar=` (systemd.time(7)); undefined for an interval that divides no minute, hour or day. */
export function calendarOf(intervalMs: number): string | undefined {
  const seconds = intervalMs / 1000;
  if (!Number.isInteger(seconds) || seconds < 1) return undefined;
  if (seconds < 60) return 60 % seconds === 0 ? `*:*:0/${seconds}` : undefined;
  if (seconds < 3600) return 3600 % seconds === 0 && seconds % 60 === 0 ? `*:0/${seconds / 60}:0` : undefined;
  if (seconds < DAY_S)
    return DAY_S % seconds === 0 && seconds % 3600 === 0 ? `0/${seconds / 3600}:0:0` : undefined;
  return seconds === DAY_S ? '*-*-* 0:0:0' : undefined;
}

/** The intervals next to one, in ms, that a timer can have: at most one on each side. */
export function nearCalendars(intervalMs: number): number[] {
  const all: number[] = [];
  for (let seconds = 1; seconds <= DAY_S; seconds += seconds < 60 ? 1 : seconds < 3600 ? 60 : 3600) {
    if (calendarOf(seconds * 1000) !== undefined) all.push(seconds * 1000);
  }
  const below = all.findLast((ms) => ms < intervalMs);
  const above = all.find((ms) => ms > intervalMs);
  return [below, above].filter((ms) => ms !== undefined);
}
