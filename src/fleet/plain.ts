import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { quoted } from '../base/text.ts';
import { isMergeKey, keyText } from './places.ts';

/** Nodes that a document may have once its aliases are followed: far above any fleet, far below what hurts. */
const nodeBudget = 200_000;

/** A problem with one node, before lines and columns are known. */
export interface NodeProblem {
  message: string;
  fix?: string;
  node: Node | undefined;
  related?: { message: string; node: Node | undefined };
}

export interface Plain {
  /** Made of objects, arrays, strings, numbers, booleans and null. What aliases repeat is shared. */
  value: unknown;
  /** What each alias stands for. */
  targets: Map<Alias, Node>;
  problems: NodeProblem[];
}

/**
 * The plain value of a YAML document. Unlike the parser's own conversion it reports duplicate keys with both places, in
 * one pass whatever the size of a mapping, and counts what aliases repeat, so that a small file cannot become a huge value.
 */
export function toPlain(root: Node | null): Plain {
  const converter = new Converter();
  const value = converter.convert(root);
  return { value, targets: converter.targets, problems: converter.problems };
}

class Converter {
  readonly targets = new Map<Alias, Node>();
  readonly problems: NodeProblem[] = [];
  readonly #anchors = new Map<string, Node>();
  /** Values of anchored nodes with the nodes in them; undefined while one is being converted. */
  readonly #anchored = new Map<Node, { value: unknown; nodes: number } | undefined>();
  #nodes = 0;

  convert(node: unknown): unknown {
    if (isAlias(node)) return this.#alias(node);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (!this.#spend(1, node)) return null;
    if (node.anchor === undefined) return this.#content(node);
    this.#anchors.set(node.anchor, node);
    this.#anchored.set(node, undefined);
    const before = this.#nodes;
    const value = this.#content(node);
    this.#anchored.set(node, { value, nodes: this.#nodes - before + 1 });
    return value;
  }

  #content(node: Node): unknown {
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) return this.#list(node);
    return isScalar(node) ? node.value : null;
  }

  #list(list: YAMLSeq): unknown[] {
    return list.items.map((item) => this.convert(item));
  }

  #map(map: YAMLMap): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    for (const pair of map.items) {
      if (isMergeKey(pair.key)) {
        merged.push(...this.#merged(pair.value));
        continue;
      }
      const key = keyText(pair.key);
      if (key === undefined) {
        this.problems.push({
          message: 'a key of a mapping must be text',
          fix: 'Write "key: value", with a word before the colon.',
          node: this.#nodeOf(pair.key) ?? this.#nodeOf(pair.value) ?? map,
        });
        continue;
      }
      if (Object.hasOwn(result, key)) this.#duplicate(map, key, pair.key as Node);
      if ((pair.key as Node & { anchor?: string }).anchor !== undefined) this.convert(pair.key);
      define(result, key, this.convert(pair.value));
    }
    for (const source of merged) {
      for (const [key, value] of Object.entries(source)) {
        if (!Object.hasOwn(result, key)) define(result, key, value);
      }
    }
    return result;
  }

  #merged(value: unknown): Record<string, unknown>[] {
    const plain = this.convert(value);
    const sources = Array.isArray(plain) ? plain : [plain];
    if (sources.every(isRecord)) return sources;
    this.problems.push({
      message: '"<<" merges mappings, and this is none',
      fix: 'Name a mapping by its anchor: "<<: *anchor".',
      node: this.#nodeOf(value),
    });
    return [];
  }

  #alias(alias: Alias): unknown {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.problems.push({
        message: `no anchor ${quoted(`&${alias.source}`)} stands before this alias`,
        fix: `Mark what it should repeat with "&${alias.source}", above, or put the value in quotes if the asterisk belongs to it.`,
        node: alias,
      });
      return null;
    }
    this.targets.set(alias, target);
    const known = this.#anchored.get(target);
    if (known === undefined) {
      this.problems.push({ message: 'this alias stands within what it repeats', node: alias });
      return null;
    }
    return this.#spend(known.nodes, alias) ? known.value : null;
  }

  /** Counts nodes; false, and said once, when there are too many. */
  #spend(count: number, node: Node): boolean {
    const before = this.#nodes;
    this.#nodes += count;
    if (this.#nodes <= nodeBudget) return true;
    if (before <= nodeBudget) {
      this.problems.push({
        message: `the document has more than ${nodeBudget.toLocaleString('en')} values once its aliases are followed`,
        fix: 'Repeat less with aliases.',
        node,
      });
    }
    return false;
  }

  #duplicate(map: YAMLMap, key: string, second: Node): void {
    const first = map.items.find((pair) => keyText(pair.key) === key)?.key as Node | undefined;
    this.problems.push({
      message: `the key ${quoted(key)} stands here a second time`,
      fix: 'Keep one of the two.',
      node: second,
      related: { message: 'the first one is here', node: first },
    });
  }

  #nodeOf(node: unknown): Node | undefined {
    return isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node : undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Assignment, but right for `__proto__` as well. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
