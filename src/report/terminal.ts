/** Where reports go. The cli makes the real one; tests pass one that keeps what was written. */
export interface Terminal {
  /** Results: standard output. */
  out(text: string): void;
  /** Diagnostics and progress: standard error. */
  err(text: string): void;
  /** Results may be coloured. */
  color: boolean;
  /** Columns that a line of a table may take; Infinity where nothing is to be cut. */
  columns: number;
  /** Standard error is a terminal, so that a line on it may be redrawn. */
  interactive: boolean;
}

/** What is needed of `process.stdout` and `process.stderr`. */
export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/**
 * The terminal behind two streams. `NO_COLOR` (no-color.org) and `TERM=dumb` turn colour off; `COLUMNS` goes before what
 * the stream says. Output into a file or a pipe has no width, so that nothing is cut from what a program reads.
 */
export function terminalFor(
  streams: { stdout: OutputStream; stderr: OutputStream },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const { stdout, stderr } = streams;
  const smart = env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    color: stdout.isTTY === true && smart && (env['NO_COLOR'] ?? '') === '',
    columns: columnsOf(stdout, env['COLUMNS']),
    interactive: stderr.isTTY === true && smart,
  };
}

function columnsOf(stream: OutputStream, wish: string | undefined): number {
  if (wish !== undefined && /^[1-9]\d{0,4}$/.test(wish)) return Number(wish);
  if (stream.isTTY !== true) return Number.POSITIVE_INFINITY;
  return stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns;
}
