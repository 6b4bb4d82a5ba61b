/** What is typed for a message. */
import type { Message } from '../model/messaging.ts';
import { asMessage, cleanLabel, withoutControls, type Cleaned } from './clean.ts';

/** Bytes; more is no message, and would fill an editor for minutes. */
export const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The text with who speaks to whom before it, so that the reader can answer: `[web1:lead -> web1:coder] …`.
 * @param to `HOST:SESSION`
 */
export function composed({ text, from }: Message, to: string): Cleaned {
  const clean = withoutControls(text);
  const label = from === undefined ? '' : cleanLabel(from);
  const kept = asMessage(clean.text, label === '');
  return {
    text: label === '' ? kept.text : `[${label} -> ${to}] ${kept.text}`,
    changes: [...clean.changes, ...kept.changes],
  };
}
