/** The lines of a Markdown text, and which of them are code or comment and so mean nothing. */

export interface MarkdownLine {
  /** 1-based. */
  number: number;
  /** Offset of its first character; of a byte order mark at the text's beginning, the one after it. */
  start: number;
  /** Offset after its last character, without the line break. */
  end: number;
  /** `raw`: within a fence, a comment or other HTML in which Markdown is not read, their borders included. */
  kind: 'text' | 'blank' | 'raw';
}

/** What goes on until it is closed. */
type Open =
  | { kind: 'fence'; mark: string; length: number; indent: number }
  /** HTML that ends with the line in which one of these stands. */
  | { kind: 'html'; until: RegExp };

/**
 * Cut at line feeds, as editors and `Lines` count them; a carriage return before one belongs to the line break. Takes time
 * in proportion to the text, whatever is in it.
 */
export function markdownLines(text: string): MarkdownLine[] {
  const lines: MarkdownLine[] = [];
  let open: Open | undefined;
  let start = text.startsWith('\ufeff') ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    const feed = text.indexOf('\n', start);
    const next = feed < 0 ? text.length : feed + 1;
    const end = lineEnd(text, start, feed < 0 ? text.length : feed);
    const line = text.slice(start, end);
    const blank = isBlank(line);
    // A fence within a list item ends with the item: at the first line that is not indented as far.
    if (open?.kind === 'fence' && !blank && indentOf(line) < open.indent) open = undefined;
    const inside: boolean = open !== undefined;
    if (open === undefined) open = opened(line);
    const kind = inside || open !== undefined ? 'raw' : blank ? 'blank' : 'text';
    if (open !== undefined && closes(line, open, inside)) open = undefined;
    lines.push({ number, start, end, kind });
    start = next;
  }
  return lines;
}

function lineEnd(text: string, start: number, end: number): number {
  return end > start && text[end - 1] === '\r' ? end - 1 : end;
}

export const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\r' || character === '\v' || character === '\f';

function isBlank(line: string): boolean {
  for (let at = 0; at < line.length; at++) if (!isSpace(line[at])) return false;
  return true;
}

/** Columns of space before a line's first character; a tab goes to the next multiple of four. */
export function indentOf(line: string): number {
  let columns = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === ' ') columns++;
    else if (line[at] === '\t') columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

// Also as the first thing of a list item.
const fence = /^( {0,3}(?:(?:[-+*]|\d{1,9}[.)]) {1,4}){0,8})(`{3,}|~{3,})/;
const verbatim = /^ {0,3}<(?:pre|script|style|textarea)(?=[\s>]|$)/i;
const verbatimEnd = /<\/(?:pre|script|style|textarea)>/i;
const comment = /^ {0,3}<!--/;
const commentEnd = /-->/;

function opened(line: string): Open | undefined {
  const [whole, before = '', marks = ''] = fence.exec(line) ?? [];
  if (whole !== undefined) {
    const mark = marks.charAt(0);
    // A backtick further on makes it a code span.
    if (mark === '`' && line.includes('`', whole.length)) return undefined;
    const inItem = before.trim() !== '';
    return { kind: 'fence', mark, length: marks.length, indent: inItem ? before.length : 0 };
  }
  if (comment.test(line)) return { kind: 'html', until: commentEnd };
  if (verbatim.test(line)) return { kind: 'html', until: verbatimEnd };
  return undefined;
}

function closes(line: string, open: Open, inside: boolean): boolean {
  if (open.kind === 'html') return open.until.test(line);
  if (!inside || indentOf(line) > open.indent + 3) return false;
  const marks = line.trim();
  if (marks.length < open.length) return false;
  for (let at = 0; at < marks.length; at++) if (marks[at] !== open.mark) return false;
  return true;
}

/**
 * Whether a line of text begins something that is neither a paragraph nor a row: a heading, a quote, a list item, a rule or
 * HTML.
 */
export const beginsBlock = (line: string): boolean =>
  /^ {0,3}(?:>|#{1,6}(?:[ \t]|$)|[-+*](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)|<[a-z!/?])/i.test(line) ||
  isRule(line);

function isRule(line: string): boolean {
  if (indentOf(line) > 3) return false;
  const marks = line.replace(/[ \t]/g, '');
  const mark = marks[0];
  if (marks.length < 3 || (mark !== '*' && mark !== '-' && mark !== '_')) return false;
  return marks === mark.repeat(marks.length);
}
