/** Something wrong in a text file that a person wrote: what, where, and the way out. */
export interface Problem {
  message: string;
  /** How to mend it, one sentence; absent where the message says all. */
  fix?: string;
  /** The path inside the document, such as `agents[2].runtime`; '' for the document itself. */
  path: string;
  range?: TextRange;
  /** A second place that belongs to it, such as the first of two agents of one name. */
  related?: { message: string; range: TextRange };
}

/** 1-based line and column (in UTF-16 code units, as editors count) of the first character, and the length to underline. */
export interface TextRange {
  line: number;
  column: number;
  length: number;
}

/** What loading a file gives: the value, or every problem at once. `text` serves to show the lines. */
export type Loaded<T> =
  | { ok: true; value: T; file: string; text: string; warnings: Problem[] }
  | { ok: false; file: string; text: string; problems: Problem[] };
