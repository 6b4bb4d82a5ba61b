/** How git is asked: the same careful way everywhere, whatever the repository's own configuration says. */
import { dirname } from 'node:path';
import { quoted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import type { ExecResult, Host } from '../host/host.ts';
import { unknown, type Source } from '../model/source.ts';

export interface GitOptions {
  input?: string;
  /** Milliseconds; 15 s unless told. */
  timeoutMs?: number;
  /** Works on this index file instead of the worktree's own. */
  index?: string;
  env?: Record<string, string>;
  /** Objects missing from a partial clone may be fetched; otherwise git is told to do without them. */
  mayFetch?: boolean;
  /** Where one is given, git ends with all that it has started when it is aborted, and when its time is up. */
  signal?: AbortSignal;
}

// Neither hooks nor a file system monitor run, nothing is tidied in the background, and nothing reaches into submodules:
// a repository that an agent works in must not decide what an observation starts.
const CONFIG = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'core.safecrlf=false',
  'advice.addEmbeddedRepo=false',
].flatMap((setting) => ['-c', setting]);

// What would have git look at another repository than the one in its folder.
const UNSET = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
  GIT_NAMESPACE: undefined,
  GIT_PREFIX: undefined,
  GIT_LITERAL_PATHSPECS: undefined,
  GIT_GLOB_PATHSPECS: undefined,
  GIT_ICASE_PATHSPECS: undefined,
};

/**
 * Runs git in a folder, which must itself be the top of a repository or worktree: the folders above it are not searched.
 * Indexes are not refreshed in passing and nothing is asked on a terminal. Clean filters that a repository configures do
 * run where contents are compared: git offers no way to compare without them.
 */
export function git(
  host: Host,
  folder: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<ExecResult> {
  const above = ceiling(host, folder);
  return host.exec('git', ['-C', folder, ...CONFIG, ...args], {
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    env: {
      ...UNSET,
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      ...(options.mayFetch === true ? {} : { GIT_NO_LAZY_FETCH: '1' }),
      ...(above === undefined ? {} : { GIT_CEILING_DIRECTORIES: above }),
      ...(options.index === undefined ? {} : { GIT_INDEX_FILE: options.index }),
      ...options.env,
    },
  });
}

/** The real folder above, where git stops searching. A colon would part the list, so such a folder cannot be named. */
function ceiling(host: Host, folder: string): string | undefined {
  try {
    const real = host.files.realpath(folder);
    return real === undefined || real.includes(':') ? undefined : dirname(real);
  } catch {
    return undefined;
  }
}

/** Why git failed, in one line, safe to print. */
export function gitWhy(result: ExecResult): string {
  if (result.failure === 'missing') return 'git is not installed';
  if (result.failure !== undefined) return visible(result.message ?? 'git could not be run');
  const lines = result.stderr.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((text) => /^(fatal|error): /.test(text)) ?? lines.at(-1);
  return visible(line?.replace(/^(fatal|error): /, '') ?? `git ended with exit ${result.code ?? 'unknown'}`);
}

/** What a failed question to a repository means: unknown, with the way out where there is one. */
export function gitUnknown(repository: string, result: ExecResult): Source<never> {
  const where = quoted(repository);
  if (result.failure === 'missing') {
    return unknown('git is not installed', 'Install git 2.36 or later (Debian: apt-get install git).');
  }
  if (result.failure === 'timeout') {
    return unknown(
      `git did not answer in time in ${where}`,
      'Run `git worktree list` there by hand: a file system that hangs is the usual cause.',
    );
  }
  if (result.stderr.includes('dubious ownership')) {
    return unknown(
      `${where} belongs to another user, and git refuses to work in it`,
      'If you trust it: git config --global --add safe.directory and its path.',
    );
  }
  if (/not a git repository/i.test(result.stderr)) {
    return unknown(`${where} is not a git repository`, 'Clone it there, or correct `repository`.');
  }
  if (/^error: unknown switch/m.test(result.stderr)) {
    return unknown(`the installed git is too old for ${where}`, 'Install git 2.36 or later.');
  }
  return unknown(`git failed in ${where}: ${gitWhy(result)}`);
}
