/** Appends what an apply does to the fleet's event log. */
import type { Host } from '../host/host.ts';
import type { LogEntry, Outcome } from '../model/outcome.ts';
import type { Places } from '../model/places.ts';
import type { Action } from '../model/plan.ts';

const MAX_BYTES = 10 * 1024 * 1024;

export interface EventLog {
  outcome(outcome: Outcome): void;
  note(entry: Pick<LogEntry, 'event' | 'message'> & Partial<LogEntry>): void;
  /** Why entries could not be written, once. */
  trouble(): string | undefined;
}

/** A log that cannot be written loses entries, never the apply. */
export function eventLog(host: Host, places: Places, fleet: string): EventLog {
  let trouble: string | undefined;
  const note: EventLog['note'] = ({ event, message, ...rest }) => {
    const entry: LogEntry = {
      format_version: 1,
      time: new Date(host.clock.now()).toISOString(),
      fleet,
      event,
      message,
      ...rest,
    };
    try {
      if ((host.files.stat(places.events)?.size ?? 0) > MAX_BYTES) {
        host.files.rename(places.events, places.eventsBefore);
      }
      host.files.append(places.events, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      trouble ??= (error as Error).message;
    }
  };
  return {
    note,
    trouble: () => trouble,
    outcome({ action, result, detail, path }) {
      note({
        event: eventOf(action),
        result,
        ...('agent' in action ? { agent: action.agent } : {}),
        message: [action.reason, detail].filter((part) => part !== undefined && part !== '').join(': '),
        ...pathOf(action, path),
      });
    },
  };
}

const pathOf = (action: Action, path: string | undefined): { path?: string } => {
  const place = path ?? ('path' in action ? action.path : undefined);
  return place === undefined ? {} : { path: place };
};

/** The action's kind, but for ends of runs, which are named for what they were. */
const eventOf = (action: Action): string => (action.kind === 'record-end' ? action.ended.cause : action.kind);
