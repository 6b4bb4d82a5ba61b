/** What is to be said: given in words, in a file, or on standard input. */
import { withoutControls } from '../../message/clean.ts';
import { MAX_BYTES } from '../../message/compose.ts';
import { byteLength } from '../../base/text.ts';
import { HostError } from '../../host/host.ts';
import { CommandError, EXIT } from '../command-error.ts';
import type { CommandContext } from '../context.ts';
import { givenPath } from '../given-path.ts';

export interface TextOptions {
  message?: string;
  file?: string;
  /** `--no-preamble` */
  preamble?: boolean;
  /** How it is called, and how it is given. */
  what?: string;
  fix?: string;
}

const FIX = 'Give it with -m TEXT, -f FILE or on standard input.';

/** Bytes that are no UTF-8 come as U+FFFD. Throws CommandError. */
export async function requireText(context: CommandContext, options: TextOptions): Promise<string> {
  const { message, file, preamble, what = 'message', fix = FIX } = options;
  if (message !== undefined && file !== undefined)
    throw new CommandError('give the message with -m or with -f, not with both', EXIT.usage);
  const text = message ?? (await readText(context, file, { what, fix }));
  const { text: typed } = withoutControls(text);
  if (typed === '' || (preamble === false && typed.trim() === ''))
    throw new CommandError(`the ${what} is empty`, EXIT.usage, { fix });
  const bytes = byteLength(text);
  if (bytes > MAX_BYTES) {
    const most = MAX_BYTES.toLocaleString('en');
    throw new CommandError(
      `the ${what} has ${bytes.toLocaleString('en')} bytes; at most ${most} are typed`,
      EXIT.usage,
      {
        fix: 'Put it in a file, and tell the agent to read that.',
      },
    );
  }
  return text;
}

async function readText(
  { host, terminal, signal }: CommandContext,
  file: string | undefined,
  { what, fix }: { what: string; fix: string },
): Promise<string> {
  const isStdin = file === undefined || file === '-';
  const path = isStdin ? '/dev/stdin' : givenPath(host, file);
  try {
    const text = await host.files.readInput(path, signal);
    if (text !== undefined) {
      if (text.includes('\ufffd'))
        terminal.err('Note: the text has U+FFFD in it: bytes that are no UTF-8 are sent as that\n');
      return text;
    }
    if (!isStdin) throw new CommandError(`${path} is not there`, EXIT.invalid);
  } catch (error) {
    if (signal.aborted) throw new CommandError('interrupted; nothing was typed', EXIT.interrupted);
    if (!(error instanceof HostError)) throw error;
    if (!isStdin) throw new CommandError(error.message, EXIT.invalid);
    if (error.code === 'EINVAL')
      throw new CommandError(`there is no ${what}: standard input is neither a file nor a pipe`, EXIT.usage, {
        fix,
      });
  }
  throw new CommandError(`there is no ${what}`, EXIT.usage, { fix });
}
