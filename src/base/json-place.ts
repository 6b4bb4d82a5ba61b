/** Where in a JSON text something is: `JSON.parse` does not tell, and its messages differ between versions of Node. */

/** Finds the character at which a text stops being JSON, or where the value of a JSON pointer (RFC 6901) begins. */
class Scan {
  at = 0;
  found: number | undefined;
  readonly #text: string;
  readonly #wanted: string | undefined;

  constructor(text: string, wanted?: string) {
    this.#text = text;
    this.#wanted = wanted;
    // JSON.parse takes no byte order mark; a place after it would be one off for an editor.
    this.#blank();
  }

  /** False: it is broken at `at`. */
  document(): boolean {
    if (!this.#value('')) return false;
    return this.at === this.#text.length;
  }

  #value(pointer: string): boolean {
    if (pointer === this.#wanted) this.found = this.at;
    const first = this.#text[this.at];
    const ok =
      first === '{'
        ? this.#list('}', () => this.#member(pointer))
        : first === '['
          ? this.#list(']', (index) => this.#value(`${pointer}/${index}`))
          : this.#take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y) ||
            this.#take(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (ok) this.#blank();
    return ok;
  }

  #list(end: string, item: (index: number) => boolean): boolean {
    this.#step();
    if (this.#next(end)) return true;
    for (let index = 0; ; index++) {
      if (!item(index)) return false;
      if (this.#next(end)) return true;
      if (!this.#next(',')) return false;
    }
  }

  #member(pointer: string): boolean {
    const start = this.at;
    if (!this.#take(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y)) return false;
    const key = JSON.parse(this.#text.slice(start, this.at)) as string;
    this.#blank();
    return this.#next(':') && this.#value(`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }

  #next(character: string): boolean {
    if (this.#text[this.at] !== character) return false;
    this.#step();
    return true;
  }

  #step(): void {
    this.at += 1;
    this.#blank();
  }

  #blank(): void {
    this.#take(/[ \t\n\r]*/y);
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }
}

/** The offset of the first character that is no JSON any more; undefined when all of it is, or it is nested too deeply. */
export function brokenAt(text: string): number | undefined {
  const scan = new Scan(text);
  return guarded(() => (scan.document() ? undefined : scan.at));
}

/** The offset at which the value of a JSON pointer begins; undefined when it is not there. */
export function valueAt(text: string, pointer: string): number | undefined {
  const scan = new Scan(text, pointer);
  return guarded(() => (scan.document() ? scan.found : undefined));
}

/** The scan goes down one call a level. */
function guarded(scan: () => number | undefined): number | undefined {
  try {
    return scan();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
