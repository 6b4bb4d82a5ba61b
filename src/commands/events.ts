/** `mosaic events`: reads the event log. */
import { parseDuration } from '../base/duration.ts';
import { event as isEvent } from '../generated/event.js';
import type { LogEntry } from '../model/outcome.ts';
import type { Places } from '../model/places.ts';
import { placesOf } from '../model/places.ts';
import { eventJsonLine, eventLines } from '../report/events.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext, FleetOptions } from './context.ts';
import { requireFleet } from './fleet-file.ts';

export interface EventsCommandOptions extends FleetOptions {
  /** A duration (`2h`: that long ago) or a moment in ISO 8601. */
  since?: string;
  agent?: string[];
  follow?: boolean;
}

const POLL_MS = 500;

export async function eventsCommand(context: CommandContext, options: EventsCommandOptions): Promise<number> {
  const { host, terminal, signal } = context;
  const { fleet } = await requireFleet(context, options);
  const places = placesOf(fleet.name, host.facts);
  const since = options.since === undefined ? 0 : parseSince(options.since, host.clock.now());
  const wanted = (entry: LogEntry): boolean =>
    Date.parse(entry.time) >= since &&
    (options.agent === undefined || (entry.agent !== undefined && options.agent.includes(entry.agent)));
  const longest = Math.max(0, ...fleet.agents.map(({ name }) => name.length));
  const show = (entries: LogEntry[]): void => {
    if (options.json === true) for (const entry of entries) terminal.out(eventJsonLine(entry));
    else if (entries.length > 0)
      terminal.out(eventLines(entries, { color: terminal.color, agents: longest }));
  };
  const { entries, unreadable } = readLog(context, places);
  show(entries.filter(wanted));
  if (unreadable > 0) terminal.err(`${unreadable} lines of the log could not be read and were left out.\n`);
  let shown = entries.length;
  while (options.follow === true && !signal.aborted) {
    await host.clock.sleep(POLL_MS, signal);
    const now = readLog(context, places).entries;
    // After the log was turned over, everything in it is new.
    show(now.slice(now.length < shown ? 0 : shown).filter(wanted));
    shown = now.length;
  }
  return EXIT.ok;
}

function parseSince(text: string, now: number): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return now - duration;
  const moment = Date.parse(text);
  if (!Number.isNaN(moment)) return moment;
  throw new CommandError(`--since ${text} is neither a duration nor a moment`, EXIT.usage, {
    fix: 'Such as 2h, 15m or 2026-01-31T08:00:00Z.',
  });
}

function readLog({ host }: CommandContext, places: Places): { entries: LogEntry[]; unreadable: number } {
  const lines = [places.eventsBefore, places.events]
    .flatMap((path) => (host.files.read(path) ?? '').split('\n'))
    .filter((line) => line !== '');
  const entries = lines.flatMap((line) => parseEntry(line) ?? []);
  return { entries, unreadable: lines.length - entries.length };
}

function parseEntry(line: string): LogEntry | undefined {
  try {
    const data: unknown = JSON.parse(line);
    return isEvent(data) ? (data as LogEntry) : undefined;
  } catch {
    return undefined;
  }
}
