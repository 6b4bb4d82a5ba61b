/** Failures of operations: those that may pass, and those that will not. */
import { HostError, type ExecResult } from '../host/host.ts';
import { MissionError } from '../coord/error.ts';
import { TransportError } from '../transport/transport.ts';
import { WorktreeError } from '../worktrees/error.ts';

export class OperationError extends Error {
  override name = 'OperationError';
  /** The same call may well succeed a little later. */
  readonly transient: boolean;
  /** The last lines that a program printed. */
  readonly output: string | undefined;
  constructor(message: string, options: { transient?: boolean; output?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.transient = options.transient ?? false;
    this.output = options.output;
  }
}

/** What tmux and systemctl say of things that pass by themselves. */
const passing =
  /server exited unexpectedly|lost server|Resource temporarily unavailable|Connection (?:refused|reset|timed out)|Transport endpoint|Failed to connect to bus|Transaction (?:for .* )?is destructive|Job .* canceled|Message recipient disconnected/;

/** The standard output of a program that had to succeed. Throws OperationError. */
export function required(result: ExecResult, name: string): string {
  if (result.code === 0) return result.stdout;
  if (result.failure !== undefined) {
    throw new OperationError(result.message ?? `${name} failed`, { transient: result.failure === 'signal' });
  }
  const why = result.stderr.trim() || result.stdout.trim() || `exit ${result.code}`;
  throw new OperationError(`${name}: ${why}`, { transient: passing.test(why) });
}

/** Only what was foreseen becomes a failed outcome; anything else is a mistake of ours and goes up. */
export function asOperationError(error: unknown): OperationError | undefined {
  if (error instanceof OperationError) return error;
  if (error instanceof MissionError) {
    const message = error.fix === undefined ? error.message : `${error.message}. ${error.fix}`;
    return new OperationError(message, { transient: error.kind === 'busy', cause: error });
  }
  if (error instanceof WorktreeError) {
    const message = error.fix === undefined ? error.message : `${error.message}. ${error.fix}`;
    return new OperationError(message, { transient: error.transient, cause: error });
  }
  if (error instanceof TransportError) {
    return new OperationError(error.message, { cause: error });
  }
  if (error instanceof HostError) {
    const transient = ['EAGAIN', 'EBUSY', 'EINTR'].includes(error.code);
    return new OperationError(error.message, { transient, cause: error });
  }
  return undefined;
}
