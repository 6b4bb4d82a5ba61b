/** Why something of a run could not be done. */
import { HostError } from '../host/host.ts';
import { TransportError } from '../transport/transport.ts';
import { WorktreeError } from '../worktrees/error.ts';

export class RunError extends Error {
  override name = 'RunError';
  /** For a person to do about it, one sentence. */
  readonly fix: string | undefined;
  /** The last lines that its program showed, secret values replaced. */
  readonly output: string | undefined;

  constructor(
    message: string,
    options: { fix?: string | undefined; output?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.fix = options.fix;
    this.output = options.output;
  }
}

/** Its session was made, and its program was gone when we looked. */
export class EndedAtOnce extends RunError {
  override name = 'EndedAtOnce';
}

/** What was foreseen of the machine, of git and of tmux as a RunError; anything else is a mistake of ours, and is given as it is. */
export function asRunError(error: unknown): unknown {
  if (error instanceof WorktreeError || error instanceof TransportError)
    return new RunError(error.message, { fix: error.fix, cause: error });
  if (error instanceof HostError) return new RunError(error.message, { cause: error });
  return error;
}
