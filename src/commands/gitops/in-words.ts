/** What goes wrong in following a repository, as an exit code and words. */
import { FollowError } from '../../gitops/error.ts';
import { CommandError, EXIT } from '../command-error.ts';

/** Throws CommandError for what `task` throws as FollowError. */
export function inWords<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw error instanceof FollowError ? asCommandError(error) : error;
  }
}

const codes = {
  remote: EXIT.unavailable,
  host: EXIT.unavailable,
  mirror: EXIT.failed,
  partial: EXIT.failed,
  invalid: EXIT.invalid,
};

export const asCommandError = ({ message, kind, fix }: FollowError): CommandError =>
  new CommandError(message, codes[kind], { fix });
