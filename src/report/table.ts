/** The one table writer: columns that fit the width at hand, the least important ones giving way first. */
import { paint } from './style.ts';
import type { Style } from './style.ts';
import { cut, cutStart, displayWidth, pad, wrap } from './text.ts';
import { visible } from '../base/visible.ts';

export interface Column {
  header: string;
  align?: 'left' | 'right';
  /** The greater, the longer it stays when there is too little room; columns of one table differ in it. */
  importance: number;
  /** It is not made narrower than this, but left out; absent: never narrower than what is in it. */
  min?: number;
  /** What happens to text that is too long for it; `cut` (at its end) unless told. */
  overflow?: 'cut' | 'cut-start' | 'wrap';
}

/** Raw text: the table makes it visible and measures it. Colour is told beside it and never counted. */
export type Cell = string | { text: string; style?: Style };

export interface TableLayout {
  /** What a line may take; Infinity: as much as it needs. */
  columns: number;
  color: boolean;
}

const gap = 2;

// Text that is wrapped loses nothing, so it gives way first, as long as its lines stay this long.
const readable = 40;

interface Sized {
  column: Column;
  index: number;
  width: number;
}

/**
 * Rows as lines, each ending in a newline, none wider than the layout allows, with no spaces at the end of a line. A
 * column with nothing in any row is left out. The most important column stays in any case, cut where it has to be.
 */
export function table(columns: readonly Column[], rows: readonly Cell[][], layout: TableLayout): string {
  const texts = rows.map((row) => row.map((cell) => visible(typeof cell === 'string' ? cell : cell.text)));
  const natural = columns.map((column, index) => {
    const widest = texts.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), 0);
    return { column, index, width: widest === 0 ? 0 : Math.max(widest, displayWidth(column.header)) };
  });
  const fitted = fit(
    natural.filter(({ width }) => width > 0),
    layout.columns,
  );
  const header = fitted.map(({ column, width }) => [pad(cut(column.header, width), width, column.align)]);
  const lines = joined(fitted, header, () => 'dim', layout.color);
  for (const [i, row] of rows.entries()) {
    const blocks = fitted.map((sized) => block(texts[i]?.[sized.index] ?? '', sized));
    const styleOf = ({ index }: Sized): Style | undefined => {
      const cell = row[index];
      return typeof cell === 'object' ? cell.style : undefined;
    };
    lines.push(...joined(fitted, blocks, styleOf, layout.color));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * Leaves out the least important columns until the narrowest forms fit. What is still too much is taken first from where
 * it costs nothing, then from the least important.
 */
function fit(columns: Sized[], available: number): Sized[] {
  const byImportance = columns.toSorted((a, b) => a.column.importance - b.column.importance);
  const floor = ({ column, width }: Sized): number => Math.min(width, column.min ?? width);
  const total = (sizeOf: (sized: Sized) => number): number =>
    byImportance.reduce((sum, sized) => sum + sizeOf(sized), 0) + gap * (byImportance.length - 1);
  while (byImportance.length > 1 && total(floor) > available) byImportance.shift();
  let excess = Math.max(0, total(({ width }) => width) - available);
  const narrow = (sized: Sized, lowest: number): void => {
    const taken = Math.min(excess, Math.max(0, sized.width - lowest));
    sized.width -= taken;
    excess -= taken;
  };
  for (const sized of byImportance)
    if (sized.column.overflow === 'wrap') narrow(sized, Math.max(readable, floor(sized)));
  for (const sized of byImportance)
    narrow(sized, byImportance.length === 1 ? Math.max(1, available) : floor(sized));
  return byImportance.toSorted((a, b) => a.index - b.index);
}

/** A cell's lines, padded to its column. */
function block(text: string, { column, width }: Sized): string[] {
  const { overflow = 'cut' } = column;
  const forms = {
    cut: () => [cut(text, width)],
    'cut-start': () => [cutStart(text, width)],
    wrap: () => wrap(text, width),
  };
  const lines = forms[overflow]();
  return lines.map((line) => pad(line, width, column.align));
}

/** Blocks of lines side by side. */
function joined(
  fitted: readonly Sized[],
  blocks: readonly string[][],
  styleOf: (sized: Sized) => Style | undefined,
  color: boolean,
): string[] {
  const height = blocks.reduce((most, lines) => Math.max(most, lines.length), 1);
  return Array.from({ length: height }, (_, i) => {
    let line = '';
    // Spaces wait until something follows them.
    let spaces = '';
    for (const [at, sized] of fitted.entries()) {
      const padded = blocks[at]?.[i] ?? ' '.repeat(sized.width);
      const text = padded.trim();
      if (at > 0) spaces += ' '.repeat(gap);
      if (text === '') {
        spaces += padded;
        continue;
      }
      const start = padded.indexOf(text);
      line += spaces + padded.slice(0, start) + paint(text, styleOf(sized), color);
      spaces = padded.slice(start + text.length);
    }
    return line;
  });
}
