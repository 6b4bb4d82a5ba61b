import { Lines } from '../base/lines.ts';
import type { Path } from '../fleet/places.ts';
import type { TextRange } from '../model/problem.ts';

/** Where something stands: offsets of its key, of its value, and of what is in it. */
export interface Mark {
  key?: readonly [number, number];
  at: readonly [number, number];
  inner: Map<string | number, Mark>;
  /** The value in words, where the plain value has no type for it. */
  what?: string;
}

/** Finds where the values of a TOML document stand in its text. */
export class TomlPlaces {
  readonly #text: string;
  readonly #lines: Lines;
  readonly #root: Mark;

  constructor(text: string, root: Mark) {
    this.#text = text;
    this.#lines = new Lines(text);
    this.#root = root;
  }

  /** The value at a path, or the nearest thing around it that is in the text. */
  value(path: Path): TextRange {
    return rangeOf(this.#lines, ...this.#find(path).mark.at);
  }

  /** The last key of a path, or the nearest thing around it that is in the text. */
  key(path: Path): TextRange {
    const { mark } = this.#find(path);
    return rangeOf(this.#lines, ...(mark.key ?? mark.at));
  }

  /** The value's text as it was written. */
  source(path: Path): string | undefined {
    const { mark, depth } = this.#find(path);
    return depth === path.length ? this.#text.slice(...mark.at) : undefined;
  }

  what(path: Path): string | undefined {
    const { mark, depth } = this.#find(path);
    return depth === path.length ? mark.what : undefined;
  }

  /** Whether something stands in the text at exactly this path. */
  has(path: Path): boolean {
    return this.#find(path).depth === path.length;
  }

  /** Offsets of the value at a path; undefined where nothing stands. */
  offsets(path: Path): readonly [number, number] | undefined {
    const { mark, depth } = this.#find(path);
    return depth === path.length ? mark.at : undefined;
  }

  #find(path: Path): { mark: Mark; depth: number } {
    let mark = this.#root;
    for (const [depth, part] of path.entries()) {
      const inner = mark.inner.get(part);
      if (inner === undefined) return { mark, depth };
      mark = inner;
    }
    return { mark, depth: path.length };
  }
}

/** The range between two offsets, cut at the end of its first line; at least one character. */
export function rangeOf(lines: Lines, start: number, end: number): TextRange {
  const stop = Math.min(end, lines.endOfLine(start));
  return { ...lines.at(start), length: Math.max(1, stop - start) };
}
