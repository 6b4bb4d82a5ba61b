import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type YAMLMap } from 'yaml';
import { Lines } from '../base/lines.ts';
import type { TextRange } from '../model/problem.ts';

/** Where a value is in the document, from its root: keys and list positions. */
export type Path = readonly (string | number)[];

/** A path as people write it: `agents[2].env.EDITOR`; '' for the document itself. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[\w-]+$/.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** The text of a mapping's key, as it is used in a value made of it. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? '');
}

/** `<<`, written plainly, merges the mappings that it names. */
export const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && key.value === '<<' && key.type === 'PLAIN';

/**
 * Finds where the values of a document stand in its text. Does nothing until it is asked, so that a good file costs
 * nothing.
 */
export class Places {
  readonly #lines: Lines;
  readonly #root: Node | null;
  readonly #targets: ReadonlyMap<Alias, Node>;

  constructor(text: string, root: Node | null, targets: ReadonlyMap<Alias, Node>) {
    this.#lines = new Lines(text);
    this.#root = root;
    this.#targets = targets;
  }

  /** The range between two offsets, cut at the end of its first line; at least one character. */
  between(start: number, end: number): TextRange {
    const stop = Math.min(end, this.#lines.endOfLine(start));
    return { ...this.#lines.at(start), length: Math.max(1, stop - start) };
  }

  /** The value at a path, or the nearest thing around it that is in the text. */
  value(path: Path): TextRange {
    const found = this.#find(path);
    const range = found.node?.range ?? found.key?.range;
    return range ? this.between(range[0], range[1]) : this.between(0, 0);
  }

  /** The last key of a path, or the nearest thing around it that is in the text. */
  key(path: Path): TextRange {
    const range = this.#find(path).key?.range;
    return range ? this.between(range[0], range[1]) : this.value(path);
  }

  /** The value's text as it was written, for a plain or quoted scalar. */
  source(path: Path): string | undefined {
    const { node } = this.#find(path);
    return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
  }

  /** Whether something stands in the text at exactly this path. */
  has(path: Path): boolean {
    return this.#find(path).depth === path.length;
  }

  #find(path: Path): Found {
    let found: Found = { node: this.#target(this.#root), key: undefined, depth: 0 };
    for (const [index, part] of path.entries()) {
      const inner = this.#step(found.node, part);
      if (inner === undefined) break;
      // An empty value has no text of its own: its key stands for it.
      found = { node: this.#target(inner.value) ?? inner.key, key: inner.key, depth: index + 1 };
    }
    return found;
  }

  #step(node: Node | undefined, part: string | number): { key?: Node; value?: unknown } | undefined {
    if (isSeq(node))
      return typeof part === 'number' && part in node.items ? { value: node.items[part] } : undefined;
    return isMap(node) ? this.#entry(node, String(part)) : undefined;
  }

  #entry(map: YAMLMap, key: string): { key?: Node; value?: unknown } | undefined {
    for (const pair of map.items) {
      if (keyText(pair.key) === key && !isMergeKey(pair.key))
        return { key: pair.key as Node, value: pair.value };
    }
    for (const pair of map.items) {
      if (!isMergeKey(pair.key)) continue;
      const merged = this.#target(pair.value);
      for (const source of isSeq(merged) ? merged.items : [merged]) {
        const target = this.#target(source);
        const entry = isMap(target) ? this.#entry(target, key) : undefined;
        if (entry) return entry;
      }
    }
    return undefined;
  }

  #target(node: unknown): Node | undefined {
    if (isAlias(node)) return this.#targets.get(node);
    return isMap(node) || isSeq(node) || isScalar(node) ? node : undefined;
  }
}

interface Found {
  node: Node | undefined;
  key: Node | undefined;
  /** How many parts of the path are in the text. */
  depth: number;
}
