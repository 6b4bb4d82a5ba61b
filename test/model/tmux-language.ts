/** As much of tmux's command and format language (tmux(1), PARSING SYNTAX and FORMATS) as mosaic writes. */

/** Lines of commands chained by `;`, each a list of words. A `{}` block is one word, with its text. */
export function parseCommands(text: string): string[][][] {
  const lines: string[][][] = [];
  let line: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) line.push(words);
    words = [];
  };
  const endLine = (): void => {
    endCommand();
    if (line.length > 0) lines.push(line);
    line = [];
  };
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '\\' && text[at + 1] === '\n') at++;
    else if (c === "'") {
      const end = text.indexOf("'", at + 1);
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (c === '"') {
      const quoted = /^"((?:[^"\\]|\\[^])*)"/.exec(text.slice(at));
      const inner = quoted?.[1] ?? '';
      word = (word ?? '') + inner.replace(/\\([^])/g, (_, escaped: string) => escapes[escaped] ?? escaped);
      at += inner.length + 1;
    } else if (c === '{' && word === undefined) {
      const end = blockEnd(text, at);
      word = text.slice(at + 1, end);
      at = end;
    } else if (c === '#' && word === undefined) {
      const end = text.indexOf('\n', at);
      at = (end < 0 ? text.length : end) - 1;
    } else if (c === ';') endCommand();
    else if (c === '\n') endLine();
    else if (c === ' ' || c === '\t') endWord();
    else if (c === '\\') word = (word ?? '') + text.charAt(++at);
    else word = (word ?? '') + c;
  }
  endLine();
  return lines;
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

function blockEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === "'") at = text.indexOf("'", at + 1);
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return at;
  }
  throw new Error(`a block has no end: ${text.slice(start)}`);
}

/** Expands `#{name}`, `#{?a,b,c}`, `#{m/r:regex,a}`, `#{==:a,b}`, `#{&&:a,b}`, `#{m:pattern,a}`, `#{s|a|b|:name}` and `##`. */
export function expandFormat(format: string, variable: (name: string) => string): string {
  let out = '';
  for (let at = 0; at < format.length; at++) {
    if (format.startsWith('##', at)) {
      out += '#';
      at++;
    } else if (format.startsWith('#{', at)) {
      const end = formatEnd(format, at);
      out += expandOne(format.slice(at + 2, end), variable);
      at = end;
    } else out += format.charAt(at);
  }
  return out;
}

function expandOne(inner: string, variable: (name: string) => string): string {
  const [, pattern, replacement, name] = /^s\|([^|]*)\|([^|]*)\|:(.*)$/.exec(inner) ?? [];
  if (pattern !== undefined) return variable(name ?? '').replace(new RegExp(pattern), replacement ?? '');
  if (inner.startsWith('?')) {
    const [condition = '', choice = ''] = splitAtComma(inner.slice(1));
    const [then = '', otherwise = ''] = splitAtComma(choice);
    return expandFormat(isTrue(expandFormat(condition, variable)) ? then : otherwise, variable);
  }
  const [operator = '', operands] = /^(==|&&|m|m\/r):([^]*)$/.exec(inner)?.slice(1) ?? [];
  if (operands === undefined) return variable(inner);
  const [left = '', right = ''] = splitAtComma(operands).map((part) => expandFormat(part, variable));
  return compare(operator, left, right) ? '1' : '0';
}

function compare(operator: string, left: string, right: string): boolean {
  if (operator === '==') return left === right;
  if (operator === 'm/r') return new RegExp(left).test(right);
  return operator === 'm' ? globOf(left).test(right) : isTrue(left) && isTrue(right);
}

/** fnmatch(3) with nothing but stars. */
const globOf = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`);

export const isTrue = (value: string): boolean => value !== '' && value !== '0';

function formatEnd(format: string, start: number): number {
  let depth = 0;
  for (let at = start; at < format.length; at++) {
    if (format.startsWith('#{', at)) depth++;
    else if (format[at] === '}' && --depth === 0) return at;
  }
  throw new Error(`a format has no end: ${format}`);
}

function splitAtComma(text: string): string[] {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith('#{', at)) depth++;
    else if (text[at] === '}') depth--;
    else if (text[at] === ',' && depth === 0) return [text.slice(0, at), text.slice(at + 1)];
  }
  return [text];
}

/** Splits words as getopt(3) would; `valued` are the letters that take a value. */
export function optionsOf(
  words: readonly string[],
  valued: string,
): { values: Map<string, string[]>; flags: Set<string>; rest: string[] } {
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (!/^-[A-Za-z]/.test(word)) break;
    const letter = word.charAt(1);
    if (valued.includes(letter)) {
      values.set(letter, [...(values.get(letter) ?? []), words[++at] ?? '']);
    } else for (const flag of word.slice(1)) flags.add(flag);
  }
  return { values, flags, rest: words.slice(at) };
}
