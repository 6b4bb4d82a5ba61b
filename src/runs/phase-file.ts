/**
 * The phase file of a run, read again and again. It is told what stands there and when; what to do of a text that may still be being
 * written is a matter of how long it has stood still.
 */
import { readPhase, type PhaseReading } from '../formula/phase.ts';
import type { Files, Host } from '../host/host.ts';
import type { Phase } from '../model/formula.ts';
import type { Mask } from './secrets.ts';

export type PhaseEvent =
  | { kind: 'phase'; phase: Phase; reason?: string }
  /** The phase that was told last has got a reason since. */
  | { kind: 'reason'; phase: Phase; reason: string }
  | { kind: 'unknown'; word: string }
  /** What stands there cannot be read. */
  | { kind: 'trouble'; why: string };

export interface PhaseFile {
  /**
   * What is new since the last call. Never waits.
   * @param now milliseconds since the epoch
   * @param final its writer has ended: nothing more is to be waited for
   */
  read(now: number, final?: boolean): { event?: PhaseEvent; againAt?: number };
}

/** How long a text must have stood still to count, in milliseconds: with half a second until it is seen, a phase counts within one. */
const STILL = {
  /** A phase whose line has not ended. */
  line: 400,
  /** A phase that should have a reason, and has none. */
  reason: 500,
  /** A text that may become a phase. */
  partial: 3_000,
};
/** What is added to a phase within that time belongs to it; later, it is said anew. */
const SAME_MS = 2_000;
/** Of which the first lines count; whoever writes more than that takes the file for a log. */
export const MAX_PHASE_BYTES = 64 * 1024;
/** Looks in a row at a file that changes meanwhile. */
const TRIES = 3;

type Seen =
  | { kind: 'absent' }
  | { kind: 'trouble'; why: string }
  /** `stamp`: another one for each time that it is written, also with the same text. */
  | ({ kind: 'text'; stamp: string } & Text);

interface Text {
  /** Its beginning, of MAX_PHASE_BYTES at most. */
  text: string;
  /** Of the whole file. */
  size: number;
  inode: number;
}

interface Told extends Text {
  at: number;
  phase?: Phase;
  reason?: string;
}

/** @param mask hides secret values in what is told of it */
export function phaseFile(files: Files, path: string, mask: Mask): PhaseFile {
  let last: Seen = { kind: 'absent' };
  /** When what stands there was first seen. */
  let since = 0;
  /** What of it has been told. */
  let told: Told | undefined;
  let isTold = true;
  return {
    read(now, final = false) {
      const seen = look(files, path);
      if (!isSame(seen, last)) {
        [last, since, isTold] = [seen, now, false];
        // A text that grows is the same one in pieces; anything else that comes is another.
        if (seen.kind !== 'text' || (told !== undefined && !continues(seen, told, now))) told = undefined;
      }
      if (isTold) return {};
      if (seen.kind !== 'text') {
        isTold = true;
        return seen.kind === 'trouble' ? { event: seen } : {};
      }
      const reading = readPhase(seen.text, mask);
      const againAt = final ? now : since + patience(reading, seen.text);
      if (againAt > now) return { againAt };
      isTold = true;
      const event = eventOf(reading, seen.text);
      if (event === undefined) return {};
      const before = told;
      if (event.kind !== 'phase') {
        told = { ...seen, at: now };
        return { event };
      }
      const { phase, reason } = event;
      told = { ...event, ...seen, at: before?.at ?? now };
      if (before?.phase !== phase) return { event };
      return reason === undefined || reason === before.reason
        ? {}
        : { event: { kind: 'reason', phase, reason } };
    },
  };
}

const isSame = (a: Seen, b: Seen): boolean =>
  a.kind === 'text'
    ? b.kind === 'text' && a.stamp === b.stamp && a.text === b.text
    : a.kind === 'trouble'
      ? b.kind === 'trouble' && a.why === b.why
      : b.kind === 'absent';

const continues = ({ text, size, inode }: Text, told: Told, now: number): boolean =>
  inode === told.inode && size > told.size && text.startsWith(told.text) && now - told.at <= SAME_MS;

/** How long this text must stand before it counts. */
function patience(reading: PhaseReading, text: string): number {
  if (reading.kind === 'partial') return STILL.partial;
  if (reading.kind !== 'phase') return 0;
  if (!reading.complete) return STILL.line;
  const mayExplain = reading.phase === 'failed' || reading.phase === 'escalate';
  const isLast = text.indexOf('\n') === text.length - 1;
  return mayExplain && isLast ? STILL.reason : 0;
}

function eventOf(reading: PhaseReading, text: string): PhaseEvent | undefined {
  if (reading.kind === 'none') return undefined;
  if (reading.kind === 'partial') return { kind: 'unknown', word: text.trim() };
  if (reading.kind === 'unknown') return { kind: 'unknown', word: reading.word };
  const { phase, reason } = reading;
  return { kind: 'phase', phase, ...(reason === undefined ? {} : { reason }) };
}

/** Never waits, whatever is there: a pipe or a device is not opened. */
function look(files: Files, path: string): Seen {
  try {
    for (let tries = 1; ; tries++) {
      const before = files.stat(path);
      if (before === undefined) return { kind: 'absent' };
      const why = troubleOf(before);
      if (why !== undefined) return { kind: 'trouble', why: `${path} ${why}: no phase is read from it` };
      const text = files.readStart(path, MAX_PHASE_BYTES);
      if (text === undefined) return { kind: 'absent' };
      const after = files.stat(path);
      const stamp = stampOf(before);
      // Else the text would be taken for that of the write before.
      if ((after !== undefined && stampOf(after) === stamp) || tries === TRIES)
        return { kind: 'text', stamp, inode: before.inode, size: before.size, text };
    }
  } catch (error) {
    return { kind: 'trouble', why: (error as Error).message };
  }
}

type Stat = NonNullable<ReturnType<Files['stat']>>;

const stampOf = ({ inode, modifiedAt, size }: Stat): string => `${inode} ${modifiedAt} ${size}`;

function troubleOf({ kind }: Stat): string | undefined {
  if (kind === 'link') return 'is a symbolic link';
  if (kind === 'folder') return 'is a folder';
  return kind === 'other' ? 'is no regular file' : undefined;
}

export interface PhaseWatch {
  /** What has been said since the last call, in its order; and when a text that is still being written is to be read again. */
  take(now: number, final: boolean): { events: PhaseEvent[]; againAt?: number };
  /** Has it called when the file changes. */
  listen: (changed: () => void) => void;
  close: () => void;
}

/** Reads the file at the moment it changes, whatever else is being done: an agent may write the next phase in the next. */
export function watchPhases(
  { files, clock, watch }: Pick<Host, 'files' | 'clock' | 'watch'>,
  path: string,
  mask: Mask,
): PhaseWatch {
  const file = phaseFile(files, path, mask);
  let events: PhaseEvent[] = [];
  let listener: (() => void) | undefined;
  const read = (now: number, final: boolean): number | undefined => {
    const { event, againAt } = file.read(now, final);
    if (event !== undefined) events.push(event);
    return againAt;
  };
  const watching = watch?.(
    [path],
    () => {
      read(clock.now(), false);
      listener?.();
    },
    { each: true },
  );
  return {
    take(now, final) {
      const againAt = read(now, final);
      const taken = events;
      events = [];
      return { events: taken, ...(againAt === undefined ? {} : { againAt }) };
    },
    listen(changed) {
      listener = changed;
    },
    close: () => watching?.close(),
  };
}
