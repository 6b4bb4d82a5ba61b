/** Something that a run needs is not there: nothing was begun. */
export class NeedError extends Error {
  override name = 'NeedError';
  readonly fix: string | undefined;
  constructor(message: string, options: { fix?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fix = options.fix;
  }
}
