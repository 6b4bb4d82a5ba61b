/** The three standard streams, as far as they are a terminal. */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Node gives a terminal its settings back when it ends, and aborts (SIGABRT, a core dump) where that fails: the window was
 * closed meanwhile. So what has stopped being a terminal is closed before.
 * @returns to be called as the very last thing
 */
export function watchTerminals(): () => void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  return () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  };
}
