/** The escape sequences that a captured screen has in it: tmux writes SGR, links (OSC 8) and character sets. */

// eslint-disable-next-line no-control-regex
const SEQUENCE =
  /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][A-Z0-9]|.)|[\u000e\u000f]/gs;

/** The text alone. */
export const plainText = (text: string): string => text.replace(SEQUENCE, '');

const FAINT = 2;
const NOT_FAINT = 22;

/** The text alone, and spaces for what is printed faint: that is a hint, and nobody has typed it. */
export function solidText(text: string): string {
  let isFaint = false;
  let out = '';
  let at = 0;
  const add = (piece: string): void => {
    out += isFaint ? piece.replace(/[^\n]/gu, ' ') : piece;
  };
  for (const match of text.matchAll(SEQUENCE)) {
    add(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[0].startsWith('\u001b[') && match[0].endsWith('m')) isFaint = faintAfter(match[0], isFaint);
  }
  add(text.slice(at));
  return out;
}

/** SGR (ECMA-48, 8.3.117): 2 begins faint, 22 and 0 end it; 38 and 48 take arguments of their own. */
function faintAfter(sequence: string, before: boolean): boolean {
  const codes = sequence.slice(2, -1).split(';');
  let isFaint = before;
  for (let i = 0; i < codes.length; i++) {
    const [code = '0'] = (codes[i] ?? '0').split(':');
    if (code === '38' || code === '48' || code === '58') {
      if ((codes[i] ?? '').includes(':')) continue;
      i += codes[i + 1] === '5' ? 2 : 4;
    } else if (Number(code) === FAINT) isFaint = true;
    else if (Number(code) === NOT_FAINT || Number(code) === 0) isFaint = false;
  }
  return isFaint;
}

/** The text with its colours and nothing else that a terminal would act on: each line ends as it began, without any. */
export const withColours = (text: string): string =>
  text
    .replace(SEQUENCE, (sequence) => (/^\u001b\[[0-9;:]*m$/.test(sequence) ? sequence : ''))
    .split('\n')
    .map((line) => (line.includes('\u001b') ? `${line}\u001b[0m` : line))
    .join('\n');
