import { MissionError, type MissionErrorKind } from '../../coord/error.ts';
import { CommandError, EXIT } from '../command-error.ts';

const codes: Record<MissionErrorKind, number> = {
  invalid: EXIT.invalid,
  absent: EXIT.invalid,
  conflict: EXIT.failed,
  busy: EXIT.locked,
};

/** Runs a command; what could not be done to a mission becomes its message and exit code. */
export async function inWords(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof MissionError)) throw error;
    throw new CommandError(error.message, codes[error.kind], { fix: error.fix });
  }
}
