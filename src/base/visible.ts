/**
 * Everything that could move the cursor, start an escape sequence, reorder a line or hide in it: control characters (C0,
 * DEL, C1), line and paragraph separators, format characters (bidirectional overrides, tags), whatever else Unicode calls
 * ignorable, and lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** The joiners and variation selectors: scripts and emoji are written with them. */
const isJoining = (code: number): boolean =>
  code === 0x200c || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f);

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (isJoining(code)) return character;
  const hex = code.toString(16);
  return short[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
}

/** The text on one line, with whatever a terminal would act on written out as `\n`, `\x1b` or `\u{202e}`. */
export const visible = (text: string): string => text.replace(unsafe, escaped);

/** The lines of a block of text, each made visible; tabs stay, and a newline at the end adds no line. */
export function visibleLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(visibleWithTabs);
}

/** As `visible`, for a line of a file, where a tab is nothing special. */
export const visibleWithTabs = (line: string): string =>
  line.replace(unsafe, (character) => (character === '\t' ? character : escaped(character)));

/**
 * JSON that means exactly `value` and is as safe to print: what `JSON.stringify` leaves raw is written as `\uXXXX`.
 * @param indent Spaces of indentation; absent: on one line.
 */
export function jsonText(value: unknown, indent?: number): string {
  // With indentation, JSON's own newlines are the only ones there are: those inside strings are escaped already.
  return JSON.stringify(value, null, indent).replace(unsafe, (character) =>
    character === '\n' ? character : utf16Escapes(character),
  );
}

function utf16Escapes(character: string): string {
  let out = '';
  for (let i = 0; i < character.length; i++)
    out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return out;
}
