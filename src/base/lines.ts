/** Finds the line and column of a place in a text. Lines end with a newline; a carriage return before it is not shown. */
export class Lines {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** 1-based line and column (UTF-16 code units) of an offset. */
  at(offset: number): { line: number; column: number } {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  /** Where the line that holds an offset ends, line break and trailing space not counted. */
  endOfLine(offset: number): number {
    const next = this.#text.indexOf('\n', offset);
    const line = this.#text.slice(offset, next < 0 ? this.#text.length : next);
    return offset + line.trimEnd().length;
  }

  /** The text of a line, without its line break; '' beyond the end. */
  text(line: number): string {
    const starts = this.#lineStarts();
    const start = starts[line - 1];
    if (start === undefined) return '';
    const end = starts[line];
    return this.#text.slice(start, end === undefined ? this.#text.length : end - 1).replace(/\r$/, '');
  }

  #lineStarts(): number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts = [0];
    for (let at = this.#text.indexOf('\n'); at >= 0; at = this.#text.indexOf('\n', at + 1))
      starts.push(at + 1);
    this.#starts = starts;
    return starts;
  }
}
