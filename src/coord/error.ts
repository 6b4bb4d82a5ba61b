/** Why something could not be done to a mission. Failing calls on the machine stay HostErrors. */
export type MissionErrorKind =
  /** A file of the mission, or what was asked to be written, is not what it has to be. */
  | 'invalid'
  /** It stands otherwise than the change needs it: somebody works on it, a file is in the way, it has ended. */
  | 'conflict'
  /** Another program keeps changing it; the same call may well succeed a little later. */
  | 'busy'
  /** It is not there. */
  | 'absent';

export class MissionError extends Error {
  override name = 'MissionError';
  readonly kind: MissionErrorKind;
  /** For a person to do about it, one sentence. */
  readonly fix: string | undefined;

  constructor(
    kind: MissionErrorKind,
    message: string,
    options: { fix?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.fix = options.fix;
  }
}
