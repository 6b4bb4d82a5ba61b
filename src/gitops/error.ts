/** Why a repository could not be asked, or a revision not be got. Failing calls on files stay HostErrors. */
export type FollowErrorKind =
  /** The remote did not answer, or not with what was asked for. */
  | 'remote'
  /** Our own copy is not whole. */
  | 'mirror'
  /** Our copy lacks what the server leaves out and will not give by itself: only a copy with everything will do. */
  | 'partial'
  /** This machine lacks something: git, a program, room on the disk. */
  | 'host'
  /** What was asked for can never be. */
  | 'invalid';

export class FollowError extends Error {
  override name = 'FollowError';
  readonly kind: FollowErrorKind;
  /** The same call may well succeed a little later. */
  readonly transient: boolean;
  readonly fix: string | undefined;

  constructor(
    kind: FollowErrorKind,
    message: string,
    options: { fix?: string | undefined; transient?: boolean } = {},
  ) {
    super(message);
    this.kind = kind;
    this.transient = options.transient ?? false;
    this.fix = options.fix;
  }
}
