/** Programs of the user's that a run calls: each an argument list, in the run's worktree and environment. */
import { cutBytes } from '../base/cut.ts';
import { tailLines } from '../base/tail.ts';
import { formatDuration } from '../base/duration.ts';
import type { Host } from '../host/host.ts';
import { withoutControls } from '../message/clean.ts';
import { plainText } from '../message/escapes.ts';
import type { Mask } from './secrets.ts';

export interface CommandWish {
  words: readonly string[];
  /** Where it works. */
  cwd: string;
  environment: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Aborted: it is ended, and all that it has started. */
  signal: AbortSignal;
  mask: Mask;
}

export interface CommandEnd {
  /** It ended with 0. */
  ok: boolean;
  /** How it ended, to follow "it": `ended with 0`. */
  how: string;
  /** Without escape sequences; secret values replaced. */
  stdout: string;
  stderr: string;
}

/** Never throws for what the program does. */
export async function runCommand({ exec }: Pick<Host, 'exec'>, wish: CommandWish): Promise<CommandEnd> {
  const { words, cwd, environment, timeoutMs, signal, mask } = wish;
  const [program = '', ...args] = words;
  const { code, failure, message, ...output } = await exec(program, args, {
    cwd,
    env: { ...environment },
    timeoutMs,
    signal,
    discreet: true,
  });
  const clean = (text: string): string => mask(withoutControls(plainText(text)).text);
  const how =
    code !== undefined
      ? `ended with ${code}`
      : failure === 'timeout'
        ? `did not end within ${formatDuration(timeoutMs)}`
        : failure === 'missing'
          ? `could not be started: ${program} is not installed or not on the PATH`
          : `failed (${mask(message ?? failure ?? 'without a word')})`;
  return { ok: code === 0, how, stdout: clean(output.stdout), stderr: clean(output.stderr) };
}

const SHOWN_LINES = 40;
const SHOWN_BYTES = 4 * 1024;

/** The last lines of what it printed, for somebody who wants to know how it went. */
export function lastLines({ stdout, stderr }: Pick<CommandEnd, 'stdout' | 'stderr'>): string {
  const lines = tailLines(`${stdout}\n${stderr}`, SHOWN_LINES).split('\n');
  while (lines.length > 1 && Buffer.byteLength(lines.join('\n')) > SHOWN_BYTES) lines.shift();
  return cutBytes(lines.join('\n'), SHOWN_BYTES).text;
}

const SHOWN_OF_A_LINE = 300;

/** How it ended and the last line that it printed, in one line, to follow "it". */
export function failureOf(end: Pick<CommandEnd, 'how' | 'stdout' | 'stderr'>): string {
  const last = lastLines(end).trimEnd().split('\n').at(-1) ?? '';
  return last === '' ? end.how : `${end.how}: ${cutBytes(last, SHOWN_OF_A_LINE).text}`;
}
