/** One line of ours in a user's crontab (crontab(5)); what else stands there stays, byte for byte. */
import { shellWord } from '../base/shell.ts';
import { byteLength } from '../base/text.ts';

export interface CronJob {
  fleet: string;
  /** From `cronSchedule` or `scheduleOf`. */
  schedule: string;
  /** Variables that the command is given, in their order. */
  env: readonly (readonly [name: string, value: string])[];
  /** Program and arguments of each command, run one after the other whatever becomes of the one before. */
  commands: readonly (readonly string[])[];
  /** Takes what the last run printed, and no more. Absolute; its folder is made where it is missing. */
  log: string;
}

/** Debian's cron cuts a command at this many bytes (MAX_COMMAND of its cron.h), and refuses the line. */
export const LONGEST_COMMAND = 998;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What cron can say as "every …", ascending: what divides an hour, or a day, or is one. */
export const cronIntervals: readonly number[] = [
  ...divisors(60)
    .filter((minutes) => minutes < 60)
    .map((minutes) => minutes * MINUTE),
  ...divisors(24)
    .filter((hours) => hours < 24)
    .map((hours) => hours * HOUR),
  DAY,
];

function divisors(of: number): number[] {
  return Array.from({ length: of }, (_, index) => index + 1).filter((divisor) => of % divisor === 0);
}

/** The first five fields; undefined where cron cannot say that interval. */
export function cronSchedule(intervalMs: number): string | undefined {
  if (!cronIntervals.includes(intervalMs)) return undefined;
  if (intervalMs === DAY) return '0 0 * * *';
  if (intervalMs === HOUR) return '0 * * * *';
  if (intervalMs > HOUR) return `0 */${intervalMs / HOUR} * * *`;
  return intervalMs === MINUTE ? '* * * * *' : `*/${intervalMs / MINUTE} * * * *`;
}

/** When a line comes: its first five fields, or a word such as `@hourly` (crontab(5)); undefined for a line that has neither. */
export const scheduleOf = (line: string): string | undefined =>
  /^(@\w+|\S+(?:[ \t]+\S+){4})[ \t]/.exec(line)?.[1];

/** What a schedule says as "every …", in ms; undefined for any that `cronSchedule` does not give. */
export const intervalOf = (schedule: string): number | undefined =>
  cronIntervals.find((known) => cronSchedule(known) === schedule);

/** The intervals beside one that cron cannot say. */
export const nearIntervals = (intervalMs: number): number[] =>
  [
    cronIntervals.findLast((known) => known < intervalMs),
    cronIntervals.find((known) => known > intervalMs),
  ].filter((known) => known !== undefined);

const marker = (fleet: string): string => `# mosaic fleet=${fleet}`;

/**
 * The line, without its newline.
 * @throws {RangeError} in words for what no crontab can carry: a newline or a backslash in a value, a command that is too long
 */
export function cronLine({ fleet, schedule, env, commands, log }: CronJob): string {
  const values = [...env.map(([, value]) => value), ...commands.flat(), log];
  const bad = values.find((value) => /[\n\r\0\\]/.test(value));
  // A backslash before another, or before a percent sign, is read differently from one cron to the next.
  if (bad !== undefined)
    throw new RangeError(`no line of a crontab can carry a newline or a backslash: ${JSON.stringify(bad)}`);
  const exports = env.map(([name, value]) => `${name}=${shellWord(value)}`).join(' ');
  const calls = commands.map((words) => words.map(shellWord).join(' ')).join('; ');
  const folder = log.slice(0, log.lastIndexOf('/'));
  const parts = [
    ...(exports === '' ? [] : [`export ${exports}`]),
    `mkdir -p -m 700 ${shellWord(folder)}`,
    `{ ${calls}; } >${shellWord(log)} 2>&1`,
  ];
  const command = `${cronText(parts.join('; '))} ${marker(fleet)}`;
  const length = byteLength(command);
  if (length > LONGEST_COMMAND) {
    throw new RangeError(
      `the line would have a command of ${length} bytes, and cron takes ${LONGEST_COMMAND}: PATH has ${byteLength(
        new Map(env).get('PATH') ?? '',
      )} of them`,
    );
  }
  return `${schedule} ${command}`;
}

/** A percent sign ends the command of a crontab's line, and begins its input. */
export const cronText = (command: string): string => command.replaceAll('%', '\\%');

/** Which of a crontab's lines is a fleet's: told by the marker at its end and by the log, which no other home's has. */
export interface CronOwner {
  fleet: string;
  log: string;
}

const isOurs = (line: string, { fleet, log }: CronOwner): boolean =>
  /^[\d*@]/.test(line) &&
  line.trimEnd().endsWith(` ${marker(fleet)}`) &&
  line.includes(` >${cronText(shellWord(log))} 2>&1`);

/** Ours among the lines of a crontab, without their newlines. */
export const ownLines = (crontab: string, owner: CronOwner): string[] =>
  split(crontab).flatMap((line) => (isOurs(line, owner) ? [withoutEnd(line)] : []));

/** The crontab with exactly this line of ours, where ours stood first, or else at the end. */
export function withLine(crontab: string, owner: CronOwner, line: string): string {
  const lines = split(crontab);
  const first = lines.findIndex((standing) => isOurs(standing, owner));
  if (first >= 0) {
    const kept = lines.filter((standing, index) => index === first || !isOurs(standing, owner));
    return kept.with(first, `${line}\n`).join('');
  }
  return `${crontab}${crontab === '' || crontab.endsWith('\n') ? '' : '\n'}${line}\n`;
}

export const withoutLine = (crontab: string, owner: CronOwner): string =>
  split(crontab)
    .filter((line) => !isOurs(line, owner))
    .join('');

/** Lines with whatever ends them. */
const split = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const withoutEnd = (line: string): string => line.replace(/\r?\n$/, '');
