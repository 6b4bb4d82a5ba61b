/** Timers of the user manager, with when each comes next. */
import type { Host } from '../host/host.ts';
import { known, unknown, type Source } from '../model/source.ts';

export interface TimerSeen {
  /** When it comes next, in ms since the epoch; absent: not while things stay as they are, or while what it starts runs. */
  next?: number;
}

/**
 * Those whose names match a pattern of systemd's. Only what is loaded is listed, and systemd tells it as JSON only from 249 on: before, that
 * is unknown.
 */
export async function observeTimers(host: Host, pattern: string): Promise<Source<Map<string, TimerSeen>>> {
  const result = await host.exec('systemctl', [
    '--user',
    'list-timers',
    '--all',
    '--no-pager',
    '--output=json',
    pattern,
  ]);
  if (result.failure !== undefined)
    return unknown(`the user manager did not answer: ${result.message ?? result.failure}`);
  if (result.code !== 0)
    return unknown(`systemctl failed: ${result.stderr.trim().split('\n')[0] ?? `exit ${result.code}`}`);
  return parseTimers(result.stdout);
}

/** `systemctl list-timers --output=json`: `unit`, and `next` in microseconds since the epoch, 0 or null for never. */
export function parseTimers(text: string): Source<Map<string, TimerSeen>> {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    return unknown('systemctl lists no timers as JSON');
  }
  if (!Array.isArray(rows)) return unknown('systemctl answered no list of timers');
  const timers = new Map<string, TimerSeen>();
  for (const row of rows as unknown[]) {
    const { unit, next } = (row ?? {}) as Record<string, unknown>;
    if (typeof unit !== 'string') return unknown('systemctl answered a timer without a name');
    const isMoment = typeof next === 'number' && next > 0 && next < 8.64e18;
    timers.set(unit, isMoment ? { next: Math.round(next / 1000) } : {});
  }
  return known(timers);
}
