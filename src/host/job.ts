import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LOOK_MS = 200;

/**
 * Has us stop when the program that we run has stopped, and has it go on when we do. A program that reads Ctrl-Z as a key like any
 * other stops itself alone: the shell that waits for us would not be told, and the terminal be dead. Gives what ends this.
 */
export function stopTogether(child: ChildProcess, pid: number): () => void {
  let looks = 0;
  const timer = setInterval(() => {
    looks = isStopped(pid) ? looks + 1 : 0;
    // Seen once, it may just be about to go on, as we are.
    if (looks < 2) return;
    looks = 0;
    // Where no shell is there to continue us, the kernel has us go on.
    process.kill(process.pid, 'SIGTSTP');
  }, LOOK_MS);
  const goOn = (): void => void child.kill('SIGCONT');
  process.on('SIGCONT', goOn);
  return () => {
    clearInterval(timer);
    process.off('SIGCONT', goOn);
  };
}

/** proc(5); where there is none, it is never seen to stop. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.startsWith(' T', stat.lastIndexOf(')') + 1);
  } catch {
    return false;
  }
}
