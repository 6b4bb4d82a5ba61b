/** Whether a message that was typed has been taken, told by what the screen shows before and after. */
import type { Appearance } from '../model/messaging.ts';
import { plainText } from './escapes.ts';

/** Enough to know a text by: what follows may be folded away. */
const TRACE_LENGTH = 40;

/** The beginning of its first line, blanks aside: lines are wrapped and indented where it is shown, and the first may be all that is. */
export function traceOf(text: string): string {
  const first = text.trimStart().split('\n', 1)[0] ?? '';
  return essence(first.slice(0, 40 * TRACE_LENGTH)).slice(0, TRACE_LENGTH);
}

export interface Sight {
  appearance: Appearance;
  /** How often the text's trace is on the screen. */
  traces: number;
  /** How often the runtime's pattern for what is queued is. */
  queued: number;
}

export function sightOf(
  appearance: Appearance,
  screen: string,
  trace: string,
  queued: string | undefined,
): Sight {
  const plain = plainText(screen);
  return {
    appearance,
    traces: trace === '' ? 0 : essence(plain).split(trace).length - 1,
    queued: queued === undefined ? 0 : [...plain.matchAll(new RegExp(queued, 'gm'))].length,
  };
}

/**
 * What became of a message: undefined while nothing shows that it was taken.
 * @param before the screen before it was typed
 * @param now the screen when it is no draft any more
 */
export function takenAs(before: Sight, now: Sight): 'sent' | 'queued' | undefined {
  const isNew = now.traces > before.traces;
  const wasBusy = before.appearance.activity === 'busy';
  if (now.appearance.queued && (isNew || now.queued > before.queued)) return 'queued';
  if (isNew) return 'sent';
  return !wasBusy && now.appearance.activity === 'busy' ? 'sent' : undefined;
}

/** Only what every terminal keeps as it is: marks, joiners, emoji and what is unassigned may be shown otherwise, or not at all. */
const LOST =
  /[^\u0021-\u007b\u007d\u007e\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;

/** A bar goes too: it may stand at the beginning of each line of what is quoted. */
const essence = (text: string): string => text.replace(LOST, '');
