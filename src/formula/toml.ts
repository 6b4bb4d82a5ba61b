/** Reads TOML 1.0, with the place of every key and value. */
import { getStaticTOMLValue, ParseError, parseTOML, type AST } from 'toml-eslint-parser';
import { quoted } from '../base/text.ts';
import type { Problem } from '../model/problem.ts';
import { syntaxProblem } from './toml-syntax.ts';
import { TomlPlaces, type Mark } from './toml-places.ts';

export type ParsedToml = { value: unknown; places: TomlPlaces } | { problem: Problem };

/** Never throws for what the text says. */
export function parseToml(text: string): ParsedToml {
  try {
    return convert(text, parse(text));
  } catch (error) {
    if (error instanceof ParseError) return { problem: syntaxProblem(text, error, parse) };
    // The parser goes down one call a level.
    if (!(error instanceof RangeError)) throw error;
    const message = 'lists or tables are nested too deeply here';
    return { problem: { message, path: '', range: { line: 1, column: 1, length: 1 } } };
  }
}

/** Throws ParseError, and RangeError where it is nested too deeply. */
const parse = (text: string): AST.TOMLProgram => parseTOML(text, { tomlVersion: '1.0' });

function convert(text: string, program: AST.TOMLProgram): ParsedToml {
  const root: Mark = { at: [0, 0], inner: new Map() };
  const value = table();
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      set(value, root, node);
      continue;
    }
    const [target, mark] = open(value, root, node.resolvedKey, node.key);
    for (const entry of node.body) set(target, mark, entry);
  }
  return { value, places: new TomlPlaces(text, root) };
}

type Table = Record<string | number, unknown>;

/** Without a prototype, so that no key of a file means anything. */
const table = (): Table => Object.create(null) as Table;

function set(into: Table, at: Mark, entry: AST.TOMLKeyValue): void {
  const names = getStaticTOMLValue(entry.key);
  const [target, mark] = open(into, at, names.slice(0, -1), entry.key);
  const last = names.at(-1) ?? '';
  const key = entry.key.keys.at(-1)?.range ?? entry.key.range;
  const inner: Mark = { key, at: entry.value.range, inner: new Map() };
  mark.inner.set(last, inner);
  target[last] = plain(entry.value, inner);
}

/** The table at a path, made where it is not there yet; its parts stand where a header or a dotted key names them. */
function open(
  value: Table,
  mark: Mark,
  path: readonly (string | number)[],
  names: AST.TOMLKey,
): [Table, Mark] {
  let target = value;
  let place = mark;
  let depth = 0;
  for (const [index, part] of path.entries()) {
    const range = names.keys[depth]?.range ?? names.range;
    if (typeof part === 'string') depth += 1;
    target[part] ??= typeof path[index + 1] === 'number' ? [] : table();
    let inner = place.inner.get(part);
    if (inner === undefined) place.inner.set(part, (inner = { key: range, at: range, inner: new Map() }));
    target = target[part] as Table;
    place = inner;
  }
  return [target, place];
}

/** What no key of a formula takes is null, and said in words by its mark. */
function plain(node: AST.TOMLContentNode, mark: Mark): unknown {
  if (node.type === 'TOMLInlineTable') {
    const value = table();
    for (const entry of node.body) set(value, mark, entry);
    return value;
  }
  if (node.type === 'TOMLArray') {
    return node.elements.map((element, index) => {
      const inner: Mark = { at: element.range, inner: new Map() };
      mark.inner.set(index, inner);
      return plain(element, inner);
    });
  }
  if (node.kind === 'string' || node.kind === 'boolean' || node.kind === 'integer') return node.value;
  mark.what = words(node);
  return null;
}

function words(node: AST.TOMLFloatValue | AST.TOMLDateTimeValue): string {
  if (node.kind !== 'float') return node.kind === 'local-time' ? 'a time of day' : 'a date';
  return Number.isFinite(node.value) ? 'a number with a fraction' : quoted(node.number);
}
