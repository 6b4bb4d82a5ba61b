/** Whether a message that was typed has been taken, told by what the screen shows before and after. */
import type { Appearance } from '../model/messaging.ts';
import { plainText } from './escapes.ts';

/** Enough to know a text by: what follows may be folded away. */
const TRACE_LENGTH = 40;

/** The beginning of a text without blanks: lines are wrapped and indented where it is shown. */
export const traceOf = (text: string): string =>
  withoutBlanks(text.slice(0, 40 * TRACE_LENGTH)).slice(0, TRACE_LENGTH);

export interface Sight {
  appearance: Appearance;
  /** How often the text's trace is on the screen. */
  traces: number;
}

export function sightOf(appearance: Appearance, screen: string, trace: string): Sight {
  return { appearance, traces: trace === '' ? 0 : withoutBlanks(plainText(screen)).split(trace).length - 1 };
}

/**
 * What became of a message: undefined while nothing shows that it was taken.
 * @param before the screen before it was typed
 * @param now the screen when it is no draft any more
 */
export function takenAs(before: Sight, now: Sight): 'sent' | 'queued' | undefined {
  const isNew = now.traces > before.traces;
  const wasBusy = before.appearance.activity === 'busy';
  if (now.appearance.queued && (isNew || !before.appearance.queued)) return 'queued';
  if (isNew) return 'sent';
  return !wasBusy && now.appearance.activity === 'busy' ? 'sent' : undefined;
}

const withoutBlanks = (text: string): string => text.replace(/[\s│┃▌▎|]+/gu, '');
