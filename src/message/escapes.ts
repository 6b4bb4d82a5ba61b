/** The escape sequences that a captured screen has in it: tmux writes SGR, links (OSC 8) and character sets. */

// eslint-disable-next-line no-control-regex
const SEQUENCE =
  /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][A-Z0-9]|.)|[\u000e\u000f]/gs;

/** The text alone. */
export const plainText = (text: string): string => text.replace(SEQUENCE, '');

interface Look {
  isFaint: boolean;
  isReversed: boolean;
}

/**
 * The text alone, and spaces for what is printed faint: that is a hint, and nobody has typed it. A cursor that is drawn, one
 * character in reverse, belongs to the hint that follows it.
 */
export function solidText(text: string): string {
  let look: Look = { isFaint: false, isReversed: false };
  let cursor = '';
  let out = '';
  let at = 0;
  const add = (piece: string): void => {
    if (piece === '') return;
    if (cursor !== '') out += look.isFaint ? ' ' : cursor;
    cursor = '';
    if (look.isReversed && !look.isFaint && Array.from(piece).length === 1) cursor = piece;
    else out += look.isFaint ? piece.replace(/[^\n]/gu, ' ') : piece;
  };
  for (const match of text.matchAll(SEQUENCE)) {
    add(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[0].startsWith('\u001b[') && match[0].endsWith('m')) look = lookAfter(match[0], look);
  }
  add(text.slice(at));
  return out + cursor;
}

/** SGR (ECMA-48, 8.3.117): 2 faint, 22 not; 7 reversed, 27 not; 0 neither. 38, 48 and 58 take arguments of their own. */
function lookAfter(sequence: string, before: Look): Look {
  const codes = sequence.slice(2, -1).split(';');
  let { isFaint, isReversed } = before;
  for (let i = 0; i < codes.length; i++) {
    const [code = ''] = (codes[i] ?? '').split(':');
    const number = Number(code);
    if (number === 38 || number === 48 || number === 58) {
      if ((codes[i] ?? '').includes(':')) continue;
      i += codes[i + 1] === '5' ? 2 : 4;
    } else if (number === 0) isFaint = isReversed = false;
    else if (number === 2) isFaint = true;
    else if (number === 22) isFaint = false;
    else if (number === 7) isReversed = true;
    else if (number === 27) isReversed = false;
  }
  return { isFaint, isReversed };
}

/** The text with its colours and nothing else that a terminal would act on: each line ends as it began, without any. */
export const withColours = (text: string): string =>
  text
    .replace(SEQUENCE, (sequence) => (/^\u001b\[[0-9;:]*m$/.test(sequence) ? sequence : ''))
    .split('\n')
    .map((line) => (line.includes('\u001b') ? `${line}\u001b[0m` : line))
    .join('\n');
