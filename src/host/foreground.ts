import { spawn, type ChildProcess } from 'node:child_process';
import { codeOf, reasonOf } from './failures.ts';
import type { Facts, Foreground, ForegroundResult } from './host.ts';

/** Those that a terminal gives to the program itself, which is in our process group: they mean nothing to us meanwhile. */
const KEYS = ['SIGINT', 'SIGQUIT'] as const;
/** Those that are sent to us alone: they are meant for what we run. */
const PASSED_ON = ['SIGTERM', 'SIGHUP'] as const;

/** The real `foreground`. */
export function foreground(facts: Facts): Foreground {
  return async (file, args, { cwd, env, onStart }) => {
    let trouble: { error: unknown } | undefined;
    let told: Promise<void> = Promise.resolve();
    const result = await new Promise<ForegroundResult>((resolve) => {
      const fail = (error: unknown): void => {
        const why = codeOf(error) === 'ENOENT' ? 'it is not installed or not on the PATH' : reasonOf(error);
        resolve({ failure: `${file} could not be started: ${why}` });
      };
      let child: ChildProcess;
      try {
        child = spawn(file, args, {
          stdio: 'inherit',
          env: { ...facts.env, ...env },
          ...(cwd === undefined ? {} : { cwd }),
        });
      } catch (error) {
        // Some of the ways to fail are thrown: more arguments than the system takes (E2BIG).
        return fail(error);
      }
      const restore = takeSignals((signal) => child.kill(signal));
      child.on('spawn', () => {
        told = Promise.resolve()
          .then(() => onStart(child.pid ?? 0))
          .catch((error: unknown) => {
            trouble = { error };
          });
      });
      child.on('error', (error) => {
        // Also told of a signal that could not be sent: then the program's own end is still to come.
        if (child.pid !== undefined) return;
        restore();
        fail(error);
      });
      child.on('exit', (code, signal) => {
        restore();
        resolve(code === null ? { signal: signal ?? 'SIGKILL' } : { code });
      });
    });
    await told;
    if (trouble !== undefined) throw trouble.error;
    return result;
  };
}

/** Puts all others who listen for the signals aside; gives how to bring them back. */
function takeSignals(passOn: (signal: NodeJS.Signals) => void): () => void {
  const taken = [...KEYS, ...PASSED_ON].map((signal) => {
    const others = process.listeners(signal);
    const own = KEYS.some((key) => key === signal) ? (): void => {} : (): void => passOn(signal);
    // Ours first: without any, the signal would end us.
    process.on(signal, own);
    for (const listener of others) process.off(signal, listener);
    return { signal, others, own };
  });
  return () => {
    for (const { signal, others, own } of taken) {
      for (const listener of others) process.on(signal, listener);
      process.off(signal, own);
    }
  };
}
