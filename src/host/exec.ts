import type { ChildProcess } from 'node:child_process';
import { execa } from 'execa';
import type { Exec, ExecResult, Facts } from './host.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_OUTPUT = 64 * 1024 * 1024;
/** Between SIGTERM and SIGKILL for a program whose time is up. */
const KILL_AFTER_MS = 500;
/** What a killed program has to end in before it is given up. */
const GIVE_UP_AFTER_MS = KILL_AFTER_MS + 100;

/**
 * What our own surroundings put into the environment and no program that we start may inherit: the tmux session and the
 * agent that mosaic itself may run in, and what npm adds for its scripts.
 */
const ours = /^(TMUX|TMUX_PANE|MOSAIC_.*|npm_.*|INIT_CWD)$/;

/** A PATH without the folders that npm puts before it for its scripts. */
export const agentPath = (path: string): string =>
  path
    .split(':')
    .filter((folder) => !/\/node_modules\/\.bin$|\/node-gyp-bin$/.test(folder))
    .join(':');

/** The environment for every program that mosaic runs. */
export function childEnvironment(facts: Facts): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(facts.env)) {
    if (value !== undefined && !ours.test(name)) env[name] = value;
  }
  if (env['PATH'] !== undefined) env['PATH'] = agentPath(env['PATH']);
  return env;
}

/**
 * The real `exec`. Programs run in a session of their own, so that a Ctrl-C meant for mosaic does not tear an action apart
 * in the middle.
 */
export function realExec(facts: Facts): Exec {
  const base = childEnvironment(facts);
  return async (file, args, options = {}) => {
    const env: Record<string, string> = { ...base };
    for (const [name, value] of Object.entries(options.env ?? {})) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
    const timeout = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const name = [file, ...args.slice(0, 3)].join(' ');
    const late = `${name}: no answer within ${timeout / 1000} s`;
    const running = execa(file, args, {
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      cwd: options.cwd ?? '/',
      env,
      extendEnv: false,
      timeout,
      forceKillAfterDelay: KILL_AFTER_MS,
      reject: false,
      detached: true,
      stripFinalNewline: false,
      maxBuffer: MAX_OUTPUT,
      verbose: 'none',
    });
    endOutput(running);
    const { signal } = options;
    const ended = signal === undefined ? () => {} : groupEnder(running.pid, signal, timeout);
    const result = await withinTime(running, timeout + GIVE_UP_AFTER_MS, signal);
    ended();
    if (result === undefined) {
      const nothing = { stdout: '', stderr: '' };
      return signal?.aborted === true
        ? fail(nothing, 'signal', `${name}: ended before it answered`)
        : fail(nothing, 'timeout', late);
    }
    const output = { stdout: result.stdout, stderr: result.stderr };
    if (result.timedOut) return fail(output, 'timeout', late);
    if (result.isMaxBuffer) return fail(output, 'too-much-output', `${name}: answered more than 64 MiB`);
    if (result.isTerminated) return fail(output, 'signal', `${name}: ended by ${result.signal}`);
    if (result.exitCode !== undefined) return { code: result.exitCode, ...output };
    if (result.code === 'ENOENT')
      return fail(output, 'missing', `${file} is not installed or not on the PATH`);
    return fail(output, 'not-started', `${name}: could not be started (${result.code ?? 'unknown error'})`);
  };
}

/**
 * The result of a program, or undefined when there is none in time, or soon after the signal is aborted. A killed program is not always the end of it: a tmux
 * client hands its output to the server, and a server that hangs keeps it open after the client is gone. What is given up
 * here no longer keeps this process alive.
 */
async function withinTime<T>(
  running: Promise<T> & Pick<ChildProcess, 'stdin' | 'stdout' | 'stderr' | 'unref'>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  let hurry = (): void => {};
  const givenUp = new Promise<undefined>((resolve) => {
    const giveUpAfter = (patienceMs: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        resolve(undefined);
        for (const stream of [running.stdin, running.stdout, running.stderr]) stream?.destroy();
        running.unref();
      }, patienceMs);
    };
    hurry = () => giveUpAfter(GIVE_UP_AFTER_MS);
    if (signal?.aborted === true) hurry();
    else giveUpAfter(ms);
  });
  signal?.addEventListener('abort', hurry, { once: true });
  try {
    return await Promise.race([running, givenUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', hurry);
  }
}

/** For others who share its output, and are about to end too. */
const SHARED_FOR_MS = 500;

/**
 * A program that has ended has said all that it had to say, whoever keeps its output open: a tmux client hands that to whatever
 * listens on the socket, and what is no tmux server never closes it.
 */
function endOutput(running: Pick<ChildProcess, 'stdout' | 'stderr' | 'once'>): void {
  running.once('exit', () => {
    const timer = setTimeout(() => {
      let heard = true;
      const hear = (): void => void (heard = true);
      const streams = [running.stdout, running.stderr].filter((stream) => stream !== null);
      for (const stream of streams) stream.on('data', hear);
      // What it wrote is in the pipes: they are empty when a turn of the loop, which reads, has brought nothing.
      const turn = (): void => {
        if (!heard) for (const stream of streams) stream.push(null);
        else {
          heard = false;
          setImmediate(turn);
        }
      };
      setImmediate(turn);
    }, SHARED_FOR_MS);
    running.once('close', () => clearTimeout(timer));
  });
}

const fail = (
  output: { stdout: string; stderr: string },
  failure: NonNullable<ExecResult['failure']>,
  message: string,
): ExecResult => ({ ...output, failure, message });

/** Ends the process group of a program when the signal is aborted or its time is up; gives what is called when it has ended. */
function groupEnder(pid: number | undefined, signal: AbortSignal, timeoutMs: number): () => void {
  const end = (by: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(-pid, by);
    } catch {
      // Nothing of it is left.
    }
  };
  let killer: NodeJS.Timeout | undefined;
  const ask = (): void => {
    end('SIGTERM');
    killer ??= setTimeout(() => end('SIGKILL'), KILL_AFTER_MS);
  };
  const timer = setTimeout(ask, timeoutMs);
  signal.addEventListener('abort', ask, { once: true });
  if (signal.aborted) ask();
  return () => {
    clearTimeout(timer);
    clearTimeout(killer);
    signal.removeEventListener('abort', ask);
    // What ignored the first word is not left behind, nor what the program left at work.
    end(killer === undefined ? 'SIGTERM' : 'SIGKILL');
  };
}
