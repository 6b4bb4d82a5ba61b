/** Whether a message that was typed has been taken, told by what the screen shows before and after. */
import type { Appearance } from '../model/messaging.ts';
import { plainText } from './escapes.ts';

/** Enough to know a text by, and too little for that: `ok` stands anywhere. */
const TRACE = { most: 40, least: 6 };

/** What a text is known by on a screen, blanks aside; '' where it has too little. */
export interface Trace {
  /** The beginning of its first line: it may be all that is shown of what waits. */
  head: string;
  /** Its end: of a long one, the beginning has scrolled off. */
  tail: string;
  /** The same in ASCII alone, which no terminal shows otherwise. */
  ascii: { head: string; tail: string };
}

export function traceOf(text: string): Trace {
  const first = (text.trimStart().split('\n', 1)[0] ?? '').slice(0, 40 * TRACE.most);
  const last = text.slice(-40 * TRACE.most);
  const enough = (trace: string): string => (trace.length < TRACE.least ? '' : trace);
  const ends = (of: (text: string) => string): { head: string; tail: string } => ({
    head: enough(of(first).slice(0, TRACE.most)),
    tail: enough(of(last).slice(-TRACE.most)),
  });
  return { ...ends(essence), ascii: ends(ascii) };
}

export interface Sight {
  appearance: Appearance;
  /** How often the text's traces are on the screen. */
  traces: { head: number; tail: number };
  /** How often the runtime's pattern for what is queued is. */
  queued: number;
}

export function sightOf(
  appearance: Appearance,
  screen: string,
  { head, tail }: Trace,
  queued: string | undefined,
): Sight {
  const plain = plainText(screen);
  const shown = essence(plain);
  const times = (trace: string): number => (trace === '' ? 0 : shown.split(trace).length - 1);
  return {
    appearance,
    traces: { head: times(head), tail: times(tail) },
    queued: queued === undefined ? 0 : [...plain.matchAll(new RegExp(queued, 'gm'))].length,
  };
}

/** Whether what stands in an editor is the text, or what a program puts in its place: `[Pasted text #1 +40 lines]`. */
export function isDraftOf({ ascii: { head, tail } }: Trace, draft: string): boolean {
  if (/\[[^\]\n]*past(?:e|ed)\b[^\]\n]*\]/i.test(draft) || head === '' || tail === '') return true;
  const shown = ascii(draft);
  // A long one is scrolled in its editor.
  return shown.startsWith(head) || shown.endsWith(tail) || (shown !== '' && head.startsWith(shown));
}

/** More of the text is on the screen than there was. */
export const isShown = (before: Sight, now: Sight): boolean =>
  now.traces.head > before.traces.head || now.traces.tail > before.traces.tail;

/**
 * What became of a message: undefined while nothing shows that it was taken.
 * @param before the screen before it was typed
 * @param now the screen when it is no draft any more
 */
export function takenAs(before: Sight, now: Sight): 'sent' | 'queued' | undefined {
  const isNew = isShown(before, now);
  const wasBusy = before.appearance.activity === 'busy';
  if (now.appearance.queued && (isNew || now.queued > before.queued)) return 'queued';
  if (isNew) return 'sent';
  return !wasBusy && now.appearance.activity === 'busy' ? 'sent' : undefined;
}

/**
 * Only what every terminal keeps as it is: marks, joiners, emoji and newer letters may be shown otherwise, as `_`, or not at all. A bar
 * may stand at the beginning of each line of what is quoted. Some programs compose letters and marks.
 */
const essence = (text: string): string =>
  text
    .normalize('NFC')
    .replace(
      /[^!-^`-{}~\u00c0-\u024f\u0370-\u04ff\u1e00-\u1eff\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+/g,
      '',
    );

const ascii = (text: string): string => text.replace(/[^!-^`-{}~]+/g, '');
