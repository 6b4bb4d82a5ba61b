import { execa } from 'execa';
import type { Exec, ExecResult, Facts } from './host.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

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
    const result = await execa(file, args, {
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      cwd: options.cwd ?? '/',
      env,
      extendEnv: false,
      timeout,
      forceKillAfterDelay: 500,
      reject: false,
      detached: true,
      stripFinalNewline: false,
      maxBuffer: MAX_OUTPUT,
      verbose: 'none',
    });
    const output = { stdout: result.stdout, stderr: result.stderr };
    const name = [file, ...args.slice(0, 3)].join(' ');
    if (result.timedOut) return fail(output, 'timeout', `${name}: no answer within ${timeout / 1000} s`);
    if (result.isMaxBuffer) return fail(output, 'too-much-output', `${name}: answered more than 64 MiB`);
    if (result.isTerminated) return fail(output, 'signal', `${name}: ended by ${result.signal}`);
    if (result.exitCode !== undefined) return { code: result.exitCode, ...output };
    if (result.code === 'ENOENT')
      return fail(output, 'missing', `${file} is not installed or not on the PATH`);
    return fail(output, 'not-started', `${name}: could not be started (${result.code ?? 'unknown error'})`);
  };
}

const fail = (
  output: { stdout: string; stderr: string },
  failure: NonNullable<ExecResult['failure']>,
  message: string,
): ExecResult => ({ ...output, failure, message });
