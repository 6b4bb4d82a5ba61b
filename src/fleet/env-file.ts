import type { Problem } from '../model/problem.ts';

export interface EnvFile {
  values: Record<string, string>;
  /** Lines that are none of the format's; their messages never hold a value. */
  problems: Problem[];
}

/** Names that mosaic and tmux set themselves. */
const owned = /^(?:MOSAIC_|TMUX(?:_PANE)?$)/;

/**
 * Reads NAME=VALUE lines: blank lines and lines that begin with `#` are passed over, `export ` before a name too. A value in
 * single quotes is taken as it is; in double quotes `\n`, `\t`, `\\`, `\"` and `\$` are escapes; unquoted it ends at ` #`.
 * Nothing is expanded. The last of two lines for one name holds.
 */
export function parseEnvFile(text: string): EnvFile {
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [index, full] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = full.trim();
    if (line === '' || line.startsWith('#')) continue;
    const read = parseLine(line);
    if ('value' in read) {
      values.set(read.name, read.value);
    } else {
      const range = { line: index + 1, column: full.length - full.trimStart().length + 1, length: 1 };
      problems.push({ message: `line ${index + 1}: ${read.wrong}`, fix: read.fix, path: '', range });
    }
  }
  return { values: Object.fromEntries(values), problems };
}

type Read = { name: string; value: string } | { wrong: string; fix: string };

function parseLine(line: string): Read {
  const match = /^(?:export[ \t]+)?([^=\s]+)[ \t]*=[ \t]*(.*)$/su.exec(line);
  const name = match?.[1];
  const rest = match?.[2] ?? '';
  // What stands before the "=" may be a part of a secret that was broken over lines, so that it is not shown either.
  if (name === undefined || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return {
      wrong: 'it is not NAME=VALUE',
      fix: 'Begin it with a name of letters, digits and "_", then "=".',
    };
  }
  if (owned.test(name))
    return { wrong: `${name} is set by mosaic and tmux themselves`, fix: 'Remove the line.' };
  const value = parseValue(rest);
  if (value === undefined) {
    return {
      wrong: `the quotes of ${name} do not end with the value`,
      fix: 'Close the quote at the end of the line; only a comment may follow it.',
    };
  }
  if (/[\0\p{Cs}]/u.test(value))
    return { wrong: `${name} has a character that no variable can hold`, fix: 'Remove it.' };
  // NAME=VALUE and the byte that ends it are given to a process in at most 128 KiB (execve(2)).
  if (Buffer.byteLength(value) + name.length > 131_070) {
    return {
      wrong: `${name} has more than the 128 KiB that the system passes`,
      fix: 'Put the text in a file of its own.',
    };
  }
  return { name, value };
}

function parseValue(text: string): string | undefined {
  const quote = text.charAt(0);
  if (quote === "'") return /^'([^']*)'\s*(?:#.*)?$/s.exec(text)?.[1];
  if (quote === '"') {
    const inner = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/s.exec(text)?.[1];
    return inner?.replace(/\\([nt\\"$])/g, (_, escaped: string) => escapes[escaped] ?? escaped);
  }
  return text.replace(/(?:^|\s)#.*$/s, '').trimEnd();
}

const escapes: Record<string, string> = { n: '\n', t: '\t' };
