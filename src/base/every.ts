/** The intervals at which something may come by the clock, so that both a timer of systemd and a line of a crontab can say them. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

const divisors = (of: number, unit: number): number[] =>
  Array.from({ length: of - 1 }, (_, index) => (index + 1) * unit).filter((ms) => (of * unit) % ms === 0);

/** In ms, ascending: what divides an hour in minutes or a day in hours, a day, a week. */
export const EVERY: readonly number[] = [...divisors(60, MINUTE), ...divisors(24, HOUR), DAY, WEEK];

export const isEvery = (ms: number): boolean => EVERY.includes(ms);

/** Those next to one that is none of them: at most one on each side. */
export const nearEvery = (ms: number): number[] =>
  [EVERY.findLast((known) => known < ms), EVERY.find((known) => known > ms)].filter(
    (known) => known !== undefined,
  );
