/** Makes a text one that arrives as it is, as one message. */

export interface Cleaned {
  text: string;
  /** What was changed, in words; none where nothing was. */
  changes: string[];
}

/**
 * Control characters would be keys, and ESC could end the bracketed paste: all go but newline and tab (ECMA-48: C0, DEL, C1). Lone
 * surrogates cannot be written as UTF-8.
 */
export function withoutControls(text: string): Cleaned {
  let removed = 0;
  const clean = text
    .replace(/\r\n/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, () => {
      removed++;
      return '';
    })
    .replace(/\p{Cs}/gu, '\ufffd');
  const changes: string[] = [];
  if (text.includes('\r\n')) changes.push('CRLF became newlines');
  if (removed > 0)
    changes.push(
      `${removed === 1 ? '1 control character was' : `${removed} control characters were`} removed`,
    );
  return { text: clean, changes };
}

/** The name of a speaker on one line, as it may stand in a preamble. */
export const cleanLabel = (label: string): string =>
  withoutControls(label.replace(/[\s\u2028\u2029]+/g, ' '))
    .text.trim()
    .slice(0, MAX_LABEL);

const MAX_LABEL = 200;

/** A last word that Enter would complete: a file, a skill, an emoji. */
const COMPLETED = /(?:^|\s)(?:(@)\S*|([$:])[\w:+-]*)$/;

/**
 * Keeps a program from taking the text for something else than a message: `!` begins a shell command and `/` a command of its own at the
 * beginning, `#` a memory; a backslash at the end takes the Enter for a newline, a word with `@`, `$` or `:` there is completed; a lone `exit` quits.
 * @param isFirst nothing goes before the text
 */
export function asMessage(text: string, isFirst: boolean): Cleaned {
  const changes: string[] = [];
  let kept = text;
  if (isFirst && /^[\s\p{Cf}]*[!/#]/u.test(text)) {
    kept = `> ${kept}`;
    changes.push(`"> " was put before it, since it begins with "${/[!/#]/.exec(text)?.[0] ?? ''}"`);
  } else if (isFirst && /^\s*(?:exit|quit|logout|:q!?|:wq!?)\s*$/i.test(text)) {
    kept = `> ${kept}`;
    changes.push('"> " was put before it, since it alone would end the program');
  }
  if (/\\\s*$/.test(kept) || COMPLETED.test(kept)) {
    const [, at, other] = COMPLETED.exec(kept) ?? [];
    const sign = at ?? other ?? '';
    const why = sign === '' ? 'it ends with a backslash' : `its last word begins with "${sign}"`;
    kept += ' ';
    changes.push(`a space was put after it, since ${why}`);
  }
  return { text: kept, changes };
}
