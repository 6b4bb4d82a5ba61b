import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { unstartable } from './executable.ts';
import { reasonOf } from './failures.ts';
import type { Facts, Foreground, ForegroundResult } from './host.ts';
import { stopTogether } from './job.ts';

/** Those that a terminal gives to the program itself, which is in our process group: they mean nothing to us meanwhile. */
const KEYS = ['SIGINT', 'SIGQUIT'] as const;
/** Those that are sent to us alone: they are meant for what we run. */
const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Becomes the program, under the pid that it has already, once a line comes over descriptor 3. However we die before we have written
 * it, the kernel closes our end, and the program never runs.
 */
const GATE = 'IFS= read -r go <&3 || exit; exec "$@" 3>&-';

/** Its descriptor. */
const STDERR = 2;

/** The real `foreground`. */
export function foreground(facts: Facts): Foreground {
  return async (file, args, { cwd, env, output, onStart }) => {
    const environment = { ...facts.env, ...env };
    const folder = cwd ?? facts.cwd;
    const failure = (why: string): ForegroundResult => ({ failure: `${file} could not be started: ${why}` });
    const trouble = unstartable(file, environment['PATH'], folder);
    if (trouble !== undefined) return failure(trouble);
    const signals = takeSignals();
    try {
      const started = start(['/bin/sh', '-c', GATE, 'sh', file, ...args], {
        env: environment,
        cwd: folder,
        stdio: ['inherit', output === 'stderr' ? STDERR : 'inherit', 'inherit', 'pipe'],
      });
      if ('error' in started) return failure(reasonOf(started.error));
      const { child, gate } = started;
      const ended = endOf(child);
      signals.to((signal) => child.kill(signal));
      const pid = await Promise.race([spawned(child), ended]);
      if (typeof pid !== 'number') return failure('failure' in pid ? pid.failure : 'it ended at once');
      try {
        await onStart(pid);
      } catch (error) {
        gate.destroy();
        await ended;
        throw error;
      }
      await polled();
      const stopped = signals.release();
      if (stopped === undefined) gate.write('go\n');
      else gate.destroy();
      const unwatch = stopTogether(child, pid);
      const result = await ended.finally(unwatch);
      return stopped === undefined ? result : { signal: stopped };
    } finally {
      signals.restore();
    }
  };
}

type Started = { child: ChildProcess; gate: Duplex } | { error: unknown };

function start([sh = '', ...args]: string[], options: SpawnOptions): Started {
  try {
    const child = spawn(sh, args, options);
    const gate = child.stdio[3] as Duplex;
    // It is gone when we write: its end tells that.
    gate.on('error', () => {});
    gate.resume();
    return { child, gate };
  } catch (error) {
    // Some of the ways to fail are thrown: more arguments than the system takes (E2BIG).
    return { error };
  }
}

const spawned = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => child.once('spawn', () => resolve(child.pid ?? 0)));

const endOf = (child: ChildProcess): Promise<ForegroundResult> =>
  new Promise((resolve) => {
    child.on('error', (error) => {
      // Also told of a signal that could not be sent: then the program's own end is still to come.
      if (child.pid === undefined) resolve({ failure: reasonOf(error) });
    });
    child.on('exit', (code, signal) => resolve(code === null ? { signal: signal ?? 'SIGKILL' } : { code }));
  });

/** A whole turn of the event loop: signals that have come are told by then. */
async function polled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Signals {
  /** Where those are passed on to that are meant for what we run. */
  to(passOn: (signal: NodeJS.Signals) => void): void;
  /** From now on all are the program's; gives the first that came before: it is to keep the program from running. */
  release(): NodeJS.Signals | undefined;
  restore(): void;
}

/** Puts all others who listen for the signals aside. */
function takeSignals(): Signals {
  let passOn: (signal: NodeJS.Signals) => void = () => {};
  let first: NodeJS.Signals | undefined;
  const taken = [...KEYS, ...PASSED_ON].map((signal) => {
    const others = process.listeners(signal);
    const isKey = KEYS.some((key) => key === signal);
    const own = (): void => {
      first ??= signal;
      if (!isKey) passOn(signal);
    };
    // Ours first: without any, the signal would end us.
    process.on(signal, own);
    for (const listener of others) process.off(signal, listener);
    return { signal, others, own };
  });
  return {
    to(next) {
      passOn = next;
    },
    release: () => first,
    restore() {
      for (const { signal, others, own } of taken) {
        for (const listener of others) process.on(signal, listener);
        process.off(signal, own);
      }
    },
  };
}
