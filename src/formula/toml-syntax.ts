/** What is said of a text that is not TOML. No message holds anything of the text but a key: a value may be a secret. */
import type { AST, ParseError } from 'toml-eslint-parser';
import { Lines } from '../base/lines.ts';
import { quoted } from '../base/text.ts';
import type { Problem } from '../model/problem.ts';
import { rangeOf } from './toml-places.ts';

/** @param parse throws a ParseError for what is not TOML */
export function syntaxProblem(
  text: string,
  error: ParseError,
  parse: (text: string) => AST.TOMLProgram,
): Problem {
  const lines = new Lines(text);
  const { index } = error;
  const line = lineOf(text, index);
  if (error.message.startsWith('Defining a key')) return duplicate(text, index, lines, parse);
  const common = mistakes.find(({ pattern, codes }) => codes.test(error.message) && pattern.test(line.text));
  if (common !== undefined) {
    const match = common.pattern.exec(line.text);
    const start = line.start + (match?.[1] ?? '').length;
    return {
      message: common.message,
      fix: common.fix(match?.groups?.['key'] ?? 'key'),
      path: '',
      range: rangeOf(lines, start, line.end),
    };
  }
  const said = atEnd(text, error);
  const [message, fix] = words.find(([begin]) => said.message.startsWith(begin))?.slice(1) ?? [];
  return {
    message: message ?? `not valid TOML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
    ...(fix !== undefined && { fix }),
    path: '',
    range: rangeOf(lines, said.index, said.index + 1),
  };
}

/** What is missing at the end of a line is missed by the parser only after it. */
function atEnd(text: string, { message, index }: ParseError): { message: string; index: number } {
  const before = text.slice(0, index).trimEnd();
  if (!text.slice(before.length, index).includes('\n'))
    return { message, index: Math.min(index, text.length) };
  const missing = Object.entries(missed).find(([begin]) => message.startsWith(begin))?.[1];
  const what = typeof missing === 'string' ? missing : missing?.[before.at(-1) ?? ''];
  return what === undefined ? { message, index } : { message: what, index: before.length };
}

/** By the parser's words, and by the last character before: the words for it. */
const missed: Record<string, string | Record<string, string>> = {
  'Expected equal': 'Nothing after',
  'The key, equals sign': 'Nothing after',
  'Unspecified values': { '=': 'Nothing after', '[': 'Unterminated array', ',': 'Unterminated array' },
  'Unexpected character': { '=': 'Nothing after', '[': 'Unterminated array', ',': 'Unterminated array' },
  'Unterminated table-key': 'Unterminated table-key',
};

function lineOf(text: string, index: number): { start: number; end: number; text: string } {
  const start = index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1;
  const next = text.indexOf('\n', start);
  const end = next < 0 ? text.length : next;
  return { start, end, text: text.slice(start, end) };
}

/** Both places of a key that stands there twice. */
function duplicate(
  text: string,
  index: number,
  lines: Lines,
  parse: (text: string) => AST.TOMLProgram,
): Problem {
  const second = /^\s*\[*\s*(?<key>[^=\]\n]*[^=\]\s])/.exec(text.slice(lineOf(text, index).start))?.groups?.[
    'key'
  ];
  const key = second !== undefined && /^[\w."'\- ]{1,100}$/.test(second) ? second : undefined;
  const first = key === undefined ? undefined : firstOf(text, index, key, parse);
  return {
    message:
      key === undefined ? 'this key is there already' : `the key ${quoted(key)} stands here a second time`,
    fix: 'Keep one of the two.',
    path: '',
    range: rangeOf(lines, index, key === undefined ? index + 1 : index + lastPart(key).length),
    ...(first && { related: { message: 'the first one is here', range: rangeOf(lines, ...first) } }),
  };
}

const lastPart = (key: string): string => key.split('.').at(-1)?.trim() ?? key;

/** What stands above the line is well-formed: otherwise another mistake would have been found first. */
function firstOf(
  text: string,
  index: number,
  key: string,
  parse: (text: string) => AST.TOMLProgram,
): readonly [number, number] | undefined {
  const { start, text: line } = lineOf(text, index);
  let body: AST.TOMLTopLevelTable['body'];
  try {
    body = parse(text.slice(0, start)).body[0].body;
  } catch {
    return undefined;
  }
  if (line.trimStart().startsWith('[')) {
    return body.find((node) => node.type === 'TOMLTable' && text.slice(...node.key.range) === key)?.key.range;
  }
  const last = body.at(-1);
  const entries =
    last?.type === 'TOMLTable' ? last.body : body.filter((node) => node.type === 'TOMLKeyValue');
  return entries.find((entry) => text.slice(...entry.key.range) === key)?.key.range;
}

interface Mistake {
  /** Its first group is what stands before the place to show. */
  pattern: RegExp;
  codes: RegExp;
  message: string;
  fix: (key: string) => string;
}

/** What people write who have YAML or a shell in mind. */
const mistakes: readonly Mistake[] = [
  {
    pattern: /^(\s*(?<key>[\w-]+))\s*:/,
    codes: /./,
    message: 'a key and its value are joined by "=", not by a colon',
    fix: (key) => `Write ${key} = "…".`,
  },
  {
    pattern: /^(\s*(?<key>[\w.-]+)\s*=\s*)(?:True|False|TRUE|FALSE|yes|no|on|off)\s*(?:#.*)?$/,
    codes: /./,
    message: 'this is no value of TOML',
    fix: (key) => `Write ${key} = true or ${key} = false, in small letters.`,
  },
  {
    pattern: /^(\s*(?<key>[\w.-]+)\s*=\s*)[^\s"'[{#]/,
    codes: /^(?:Unexpected|Must be a newline|Leading zeros|Underscores)/,
    message: 'text stands in quotes',
    fix: (key) => `Write ${key} = "…".`,
  },
  {
    pattern: /^(\s*(?<key>[\w.-]+)\s*=\s*)"[^"]*\\/,
    codes: /^(?:Invalid character in escape|Unexpected)/,
    message: 'a backslash in double quotes begins an escape, and this is none',
    fix: () => "Use single quotes, where a backslash is only a backslash ('''…''' for several lines).",
  },
  {
    pattern: /^(\s*(?<key>[\w.-]+)\s*=\s*)["'](?!["']{2})/,
    codes: /^(?:Unterminated string|Control characters)/,
    message: 'the quote is not closed on its line',
    fix: (key) => `Close it, or write text of several lines in three quotes: ${key} = """…""".`,
  },
];

const words: readonly (readonly [begin: string, message: string, fix?: string])[] = [
  [
    'Unterminated string',
    'the text that ends here is not closed',
    'Close it with the quotes that it begins with: "…", or """…""" for several lines.',
  ],
  ['Unterminated array', 'a list is not closed', 'Close it with "]".'],
  ['Unterminated inline', 'a table is not closed', 'Close it with "}".'],
  ['Unterminated table-key', 'the name of a table is not closed', 'Write it in brackets: [commands].'],
  ['Expected equal', '"=" is missing here', 'Write key = "…"; a key with a space in it stands in quotes.'],
  ['Nothing after', 'a key without a value', 'Write key = "…" on one line, or begin a remark with "#".'],
  ['Unspecified values', 'a value is missing here', 'Give one, or remove the line.'],
  ['Must be a newline', 'something stands here after the end of the value', 'Put it on a line of its own.'],
  ['Expected comma', 'a comma is missing here', 'Put commas between the items of a list.'],
  [
    'The key, equals sign',
    'key and value are not on one line',
    'Write them on one line; a list may go on over several.',
  ],
  [
    'No newlines are allowed between',
    'a table in braces goes over several lines',
    'Write it on one line, or give it a header: [commands].',
  ],
  [
    'Invalid character in escape',
    'a backslash that begins no escape',
    'Use single quotes, or double the backslash.',
  ],
  [
    'Invalid code point',
    'this is no character',
    'Remove it; \\u escapes name characters, without the halves of surrogate pairs.',
  ],
  [
    'Control characters',
    'a control character stands here',
    'Remove it, or write it as an escape such as \\t.',
  ],
  ['Unexpected invalid', 'a date or time that there is not', 'Put it in quotes if it is text.'],
];
