import type { OutputStream } from '../report/terminal.ts';

/**
 * A standard stream that may be gone at any time: the reader of a pipe has enough, the window was closed, the disk is full.
 * What is written after that is dropped, so that no work stops in the middle for want of somebody to tell it to.
 * @param lost is told once why
 */
export function steady(
  stream: NodeJS.WriteStream,
  lost: (error: NodeJS.ErrnoException) => void,
): OutputStream {
  let gone = false;
  const lose = (error: NodeJS.ErrnoException): void => {
    if (gone) return;
    gone = true;
    lost(error);
  };
  stream.on('error', lose);
  return {
    write(text) {
      if (!gone) stream.write(text);
    },
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
  };
}

/** Nobody reads any more: no failure, but the end of a command that only shows something. */
export const isUnread = (stream: NodeJS.WriteStream, error: NodeJS.ErrnoException): boolean =>
  error.code === 'EPIPE' || (error.code === 'EIO' && stream.isTTY);
