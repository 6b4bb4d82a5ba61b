import { visible } from './visible.ts';

/** Bytes that a text takes in UTF-8. */
export const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

/** `one`, `one and two`, `one, two and three`; with another word for `and` where it is told. */
export function listed(words: readonly string[], and = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1) ?? ''}`;
}

/** `1 problem`, `2 problems`. */
export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/**
 * A value as it may stand within a message: in double quotes, control and direction characters escaped, cut when long.
 */
export function quoted(text: string): string {
  // A path is of use only whole.
  const short = text.length > 60 && !text.startsWith('/') ? `${text.slice(0, 57)}…` : text;
  return `"${visible(short)}"`;
}
