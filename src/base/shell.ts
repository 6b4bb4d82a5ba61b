/** One word of a command line for a person to copy into a POSIX shell. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A command line that means exactly these arguments. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');
