import { parseDocument, type YAMLError } from 'yaml';
import type { Problem } from '../model/problem.ts';
import { Places } from './places.ts';
import { toPlain, type NodeProblem } from './plain.ts';

/** Shown of a file that is not YAML: the first few are the cause, the rest their echo. */
const shownSyntaxProblems = 10;

const tooDeep = 'lists or mappings are nested too deeply here';

export type ParsedYaml = { value: unknown; places: Places } | { problems: Problem[] };

/** Parses one YAML 1.2 document; every problem has its place. */
export function parseYaml(text: string): ParsedYaml {
  try {
    return parse(text);
  } catch (error) {
    // The parser goes down one call a level.
    if (!(error instanceof RangeError)) throw error;
    return {
      problems: [{ message: tooDeep, path: '', range: { line: 1, column: 1, length: 1 } }],
    };
  }
}

function parse(text: string): ParsedYaml {
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    // Found while converting, with the first place and without comparing every key with every other.
    uniqueKeys: false,
    prettyErrors: false,
    // Nothing is printed, but below this level several documents would pass.
    logLevel: 'error',
  });
  const syntax = [...document.errors, ...document.warnings];
  const plain = syntax.length === 0 ? toPlain(document.contents) : undefined;
  const places = new Places(text, document.contents, plain?.targets ?? new Map());
  const version = document.directives.yaml.version;
  if (version !== '1.2') {
    const at = Math.max(0, text.indexOf('%YAML'));
    const fix = 'Remove the line: the file is read as YAML 1.2.';
    return {
      problems: [
        { message: `YAML ${version} is not supported`, fix, path: '', range: places.between(at, at + 5) },
      ],
    };
  }
  if (plain === undefined) return { problems: syntaxProblems(syntax, places) };
  if (plain.problems.length > 0)
    return { problems: plain.problems.map((problem) => located(problem, places)) };
  return { value: plain.value, places };
}

function syntaxProblems(errors: readonly YAMLError[], places: Places): Problem[] {
  const seen = new Set<number>();
  return errors
    .filter(({ pos }) => !seen.has(pos[0]) && seen.add(pos[0]))
    .slice(0, shownSyntaxProblems)
    .map((error) => {
      const range = places.between(...error.pos);
      const message =
        messages[error.code] ??
        `not valid YAML: ${lowered(error.message.replace(/ and will be ignored$/, ''))}`;
      const fix = fixes[error.code];
      return fix === undefined ? { message, path: '', range } : { message, fix, path: '', range };
    });
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Where the parser's own words are of no use here. */
const messages: Partial<Record<YAMLError['code'], string>> = {
  MULTIPLE_DOCS: 'a second document begins here',
  RESOURCE_EXHAUSTION: tooDeep,
};

const fixes: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'Put the value in quotes, if the asterisk belongs to it.',
  BAD_DQ_ESCAPE: 'Use single quotes, where a backslash is only a backslash.',
  BAD_INDENT: 'Indent the lines of one list or mapping by the same number of spaces.',
  BAD_SCALAR_START: 'Put the value in single quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'Put a value that contains ": " in quotes, or move it to a line of its own.',
  MISSING_CHAR:
    'Look here and just above for a quote or bracket that is not closed, or a missing "- " or colon.',
  MULTILINE_IMPLICIT_KEY: 'Put a colon after the key, or close the quote that was opened.',
  MULTIPLE_DOCS: 'Remove the "---": a file holds one document.',
  TAB_AS_INDENT: 'Indent with spaces.',
  TAG_RESOLVE_FAILED: 'Remove the tag, or put the value in quotes if the exclamation mark belongs to it.',
  UNEXPECTED_TOKEN: 'Put the value in quotes.',
};

function located(problem: NodeProblem, places: Places): Problem {
  const { message, fix, node, related } = problem;
  const range = node?.range;
  const other = related?.node?.range;
  return {
    message,
    ...(fix !== undefined && { fix }),
    path: '',
    range: range ? places.between(range[0], range[1]) : places.value([]),
    ...(related &&
      other && { related: { message: related.message, range: places.between(other[0], other[1]) } }),
  };
}
