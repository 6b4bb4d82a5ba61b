import { spawn } from 'node:child_process';
import { childrenOf, kill } from './processes.ts';
import { until } from './until.ts';

export interface CommandResult {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

export interface CommandOptions {
  input?: string;
  /** Added to the environment; undefined removes a variable. */
  env?: Record<string, string | undefined>;
  cwd?: string;
}

export interface RunOptions extends CommandOptions {
  /** Milliseconds until the program is killed and the run rejected; 30 s unless told. */
  timeoutMs?: number;
}

/** A program that goes on while the test does. */
export interface Running {
  /** The program's own pid, as this process sees it. */
  pid: number;
  /** What it wrote so far. */
  output: () => { stdout: string; stderr: string };
  signal(signal: NodeJS.Signals): void;
  /** Writes to its standard input, which stays open. */
  write(text: string): void;
  /** Resolves once it ended and nothing holds its output open. */
  ended: Promise<CommandResult>;
}

/** How a program is brought into a world. */
export interface Entrance {
  /** What goes before its own command line to have it work in that folder; absent where it can be run as it is. */
  enter?: (cwd: string) => readonly string[];
  env: Record<string, string>;
  cwd: string;
  /** Told of every command and its result, for the artefacts. */
  record(command: readonly string[], result: CommandResult): void;
}

interface Child {
  pid: number;
  output: () => { stdout: string; stderr: string };
  stdin: { write(text: string): void; end(text?: string): void };
  ended: Promise<CommandResult>;
}

/** Runs a program to its end. Rejects when it cannot be started or does not end in time, never for its exit code. */
export async function runCommand(
  entrance: Entrance,
  command: readonly string[],
  options: RunOptions,
): Promise<CommandResult> {
  const child = launch(entrance, command, options);
  child.stdin.end(options.input ?? '');
  const timeoutMs = options.timeoutMs ?? 30_000;
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    // What brought the program in ends with it; killed itself, it would leave a zombie that holds up its namespace.
    const inner = entrance.enter === undefined ? [] : childrenOf(child.pid);
    for (const pid of inner.length > 0 ? inner : [child.pid]) kill(pid);
  }, timeoutMs);
  const result = await child.ended.finally(() => clearTimeout(timer));
  if (!late.signal.aborted) return result;
  throw new Error(
    `${command.join(' ')}: did not end within ${timeoutMs} ms\nstdout: ${result.stdout}\nstderr: ${result.stderr}`,
  );
}

/** Starts a program and resolves as soon as it has a pid. */
export async function startCommand(
  entrance: Entrance,
  command: readonly string[],
  options: CommandOptions,
): Promise<Running> {
  const child = launch(entrance, command, options);
  if (options.input !== undefined) child.stdin.write(options.input);
  // Behind an entrance the program is the child of what brought it in.
  const pid =
    entrance.enter === undefined
      ? child.pid
      : await until(`${command.join(' ')} has started`, () => childrenOf(child.pid)[0], 10_000);
  return {
    pid,
    output: child.output,
    signal: (signal) => process.kill(pid, signal),
    write: (text) => child.stdin.write(text),
    ended: child.ended,
  };
}

function launch(entrance: Entrance, command: readonly string[], options: CommandOptions): Child {
  const cwd = options.cwd ?? entrance.cwd;
  const [file = '', ...args] = [...(entrance.enter?.(cwd) ?? []), ...command];
  const started = performance.now();
  const child = spawn(file, args, {
    cwd,
    env: { ...entrance.env, ...options.env },
    stdio: 'pipe',
  });
  const chunks: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  // A program may well end without reading what it is given.
  child.stdin.on('error', () => {});
  const output = () => ({
    stdout: Buffer.concat(chunks.stdout).toString(),
    stderr: Buffer.concat(chunks.stderr).toString(),
  });
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const result = { code, signal, ...output(), durationMs: performance.now() - started };
      entrance.record(command, result);
      resolve(result);
    });
  });
  return { pid: child.pid ?? -1, output, stdin: child.stdin, ended };
}
