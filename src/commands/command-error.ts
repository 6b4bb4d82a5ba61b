/** Exit codes; see `mosaic help exit-codes`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  changes: 2,
  usage: 64,
  invalid: 65,
  unavailable: 69,
  locked: 75,
  interrupted: 130,
} as const;

/** Ends a command with a message for the person and an exit code for the program that ran it. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number;
  readonly fix: string | undefined;
  /** The message was shown already, in a better form. */
  readonly shown: boolean;
  constructor(
    message: string,
    exitCode: number,
    options: { fix?: string | undefined; shown?: boolean } = {},
  ) {
    super(message);
    this.exitCode = exitCode;
    this.fix = options.fix;
    this.shown = options.shown ?? false;
  }
}
