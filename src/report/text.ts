/** Text measured in terminal columns: an ideograph takes two, a combining mark none. */
import stringWidth from 'string-width';

const ascii = /^[ -~]*$/;
let segmenter: Intl.Segmenter | undefined;

/** Columns that a line takes; ANSI colours take none. */
export const displayWidth = (text: string): number => (ascii.test(text) ? text.length : stringWidth(text));

/** The text with spaces added to that many columns, before it where it is aligned to the right. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? spaces + text : text + spaces;
}

/** At most that many columns of the text; what was cut is told by an ellipsis. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  return `${firstColumns(text, width - 1)}…`;
}

/** As `cut`, where the end of the text is what tells most. */
export function cutStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  return `…${lastColumns(text, width - 1)}`;
}

/** The text in lines of at most that many columns, broken at spaces, and inside a word only where it alone is too long. */
export function wrap(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (displayWidth(line) > width) {
      // Where not even one character fits, an ellipsis stands for it.
      const head = firstColumns(line, width);
      lines.push(head === '' ? cut(line, width) : head);
      line = head === '' ? '' : line.slice(head.length);
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** The longest beginning that takes at most that many columns, with no character torn apart. */
function firstColumns(text: string, width: number): string {
  if (ascii.test(text)) return text.slice(0, Math.max(0, width));
  let end = 0;
  let used = 0;
  for (const segment of characters(text)) {
    used += displayWidth(segment);
    if (used > width) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

/** The longest end that takes at most that many columns. */
function lastColumns(text: string, width: number): string {
  if (ascii.test(text)) return width < 1 ? '' : text.slice(-width);
  let start = text.length;
  let used = 0;
  for (const segment of [...characters(text)].reverse()) {
    used += displayWidth(segment);
    if (used > width) break;
    start -= segment.length;
  }
  return text.slice(start);
}

/** What a reader takes for one character each, be it of many code points. */
function* characters(text: string): Generator<string> {
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(text)) yield segment;
}
