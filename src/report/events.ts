/** The event log, line by line (schemas/event.schema.json). */
import type { LogEntry } from '../model/outcome.ts';
import { isoSeconds } from './format.ts';
import { paint } from './style.ts';
import type { Style } from './style.ts';
import { pad } from './text.ts';
import { jsonText, visible } from '../base/visible.ts';

export interface EventLayout {
  color: boolean;
  /** Width of the agents' column: the longest name that is to be expected. */
  agents?: number;
  /** How a moment is written (milliseconds since the epoch); UTC to the second unless told. */
  time?: (time: number) => string;
}

const styles: Record<NonNullable<LogEntry['result']>, Style> = {
  done: 'green',
  failed: 'red',
  skipped: 'yellow',
};

/** One entry as one line, ending in a newline. Widths do not depend on other entries, so that a followed log stays aligned. */
export function eventLine(entry: LogEntry, layout: EventLayout): string {
  const time = Date.parse(entry.time);
  // A moment that nobody can read is shown as it stands.
  const when = Number.isNaN(time) ? entry.time : (layout.time ?? isoSeconds)(time);
  const event = pad(visible(entry.event), 14);
  const parts = [
    paint(visible(when), 'dim', layout.color),
    pad(visible(entry.agent ?? '-'), layout.agents ?? 12),
    paint(event, styleOf(entry), layout.color),
    pad(entry.result ?? '', 7),
    visible(entry.path === undefined ? entry.message : `${entry.message} (${entry.path})`),
  ];
  return `${parts.join('  ')}\n`;
}

/** Entries as lines, the agents' column as wide as these need it. */
export function eventLines(entries: readonly LogEntry[], layout: EventLayout): string {
  const agents = entries.reduce((most, { agent = '' }) => Math.max(most, agent.length), layout.agents ?? 5);
  return entries.map((entry) => eventLine(entry, { ...layout, agents })).join('');
}

/** One entry as a line of JSON. */
export const eventJsonLine = (entry: LogEntry): string => `${jsonText(entry)}\n`;

function styleOf({ event, result }: LogEntry): Style | undefined {
  if (result !== undefined) return styles[result];
  return event === 'crash' ? 'red' : undefined;
}
