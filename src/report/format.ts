const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span of milliseconds in at most two units: '0s', '45s', '3m', '2h10m', '5d'. Less than nothing counts as nothing. */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < minute) return `${Math.floor(span / second)}s`;
  if (span < hour) return `${Math.floor(span / minute)}m`;
  if (span >= 2 * day) return `${Math.floor(span / day)}d`;
  const minutes = Math.floor((span % hour) / minute);
  return `${Math.floor(span / hour)}h${minutes === 0 ? '' : `${minutes}m`}`;
}

/** How long a command took: '0.4s', '12.0s', then as `duration` with its seconds ('2m05s'). */
export function elapsed(ms: number): string {
  const tenths = Math.round(Math.max(0, ms) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(ms / second);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

/** '3m ago', 'now' for less than a second ago, or 'in 3m' for what is to come. */
export function ago(then: number, now: number): string {
  const span = now - then;
  if (Math.abs(span) < second) return 'now';
  return span < 0 ? `in ${duration(-span)}` : `${duration(span)} ago`;
}

/** A size in powers of 1024, three digits at most: '0B', '512K', '1.2G'. */
export function bytes(count: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = count;
  let unit = 0;
  // 999.5 would be shown as 1000: one unit up, three digits are enough.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value));
  return `${digits}${units[unit] ?? ''}`;
}

/** A moment in UTC to the second, as it sorts: '2026-11-20T21:35:12Z'. Empty where it is no moment. */
export function isoSeconds(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 19)}Z`;
}
