/** Where a fleet file that is only read comes from: a file, a revision of the git repository around, or a pipe. */
import { dirname, join, posix, relative, resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import { git, gitUnknown } from '../observe/git.ts';
import { CommandError, EXIT } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { givenPath } from './given-path.ts';

export interface FleetSource {
  /** As it was named. */
  label: string;
  /** Absent: the revision has no such file. */
  text?: string;
  /** What the fleet file names by a path beside itself. */
  beside(path: string): Promise<Beside>;
}

/** Elsewhere: nothing here can tell. */
export type Beside = { kind: 'text'; text: string } | { kind: 'absent' } | { kind: 'elsewhere' };

/** Longer than asking a repository usually takes: a partial clone may have to fetch what it is asked for. */
const GIT_MS = 60_000;

/**
 * Opens `PATH`, `REV:PATH` (as git has it: from the top of the repository, or with `./` from here) or `-`.
 * Throws CommandError where nothing is there; a revision without the file is none such.
 */
export async function openSource(context: CommandContext, given: string): Promise<FleetSource> {
  const { host, signal } = context;
  if (given === '-') return stream(host, given, '/dev/stdin', signal);
  const path = givenPath(host, given);
  const kind = host.files.target(path)?.kind;
  if (kind === 'file' || kind === 'folder') return file(host, given, path);
  if (kind !== undefined) return stream(host, given, path, signal);
  const [, revision, inside] = /^([^:]+):(.+)$/su.exec(given) ?? [];
  if (revision !== undefined && inside !== undefined) return committed(host, given, revision, inside);
  throw new CommandError(`the fleet file ${path} is not there`, EXIT.invalid, {
    fix: 'Name a file, or REV:PATH for one as a commit has it, such as origin/main:fleet.yaml.',
  });
}

const elsewhere: Beside = { kind: 'elsewhere' };
const besideOf = (text: string | undefined): Beside =>
  text === undefined ? { kind: 'absent' } : { kind: 'text', text };

async function stream(host: Host, label: string, path: string, signal: AbortSignal): Promise<FleetSource> {
  try {
    const text = await host.files.readInput(path, signal);
    if (text !== undefined) return { label, text, beside: () => Promise.resolve(elsewhere) };
  } catch (error) {
    if (signal.aborted) throw new CommandError(`interrupted while reading ${label}`, EXIT.interrupted);
    throw new CommandError((error as Error).message, EXIT.invalid);
  }
  throw new CommandError(`there is nothing to read at ${label}`, EXIT.invalid);
}

function file(host: Host, label: string, path: string): FleetSource {
  const read = (at: string): string | undefined => {
    try {
      return host.files.read(at);
    } catch (error) {
      throw new CommandError((error as Error).message, EXIT.invalid);
    }
  };
  const text = read(path);
  if (text === undefined) throw new CommandError(`the fleet file ${path} is not there`, EXIT.invalid);
  const folder = dirname(path);
  const root = host.files.realpath(topAround(host.files, folder) ?? folder) ?? folder;
  return {
    label,
    text,
    beside: (named) => {
      const real = host.files.realpath(resolve(folder, named));
      if (real === undefined) return Promise.resolve({ kind: 'absent' });
      return Promise.resolve(isWithin(root, real) ? besideOf(read(real)) : elsewhere);
    },
  };
}

/**
 * What is shown goes into comments that everybody reads, and who wrote the fleet file may read less than who compares it: only
 * what belongs to the repository, or stands in the folder of the fleet file, is looked into.
 */
function isWithin(root: string, path: string): boolean {
  const parts = relative(root, path).split('/');
  return parts[0] !== '..' && !parts.includes('.git');
}

async function committed(host: Host, label: string, revision: string, inside: string): Promise<FleetSource> {
  // A bare repository has no working tree, and is worked in itself.
  const top = topAround(host.files, host.facts.cwd) ?? host.facts.cwd;
  const commit = await commitOf(host, top, revision);
  const path = posix.normalize(
    /^\.\.?\//.test(inside) ? join(relative(top, host.facts.cwd), inside) : inside,
  );
  const text = await blob(host, top, commit, path);
  return {
    label,
    ...(text !== undefined && { text }),
    beside: async (named) => {
      const whole = posix.join(posix.dirname(path), named);
      return whole.startsWith('../') ? elsewhere : besideOf(await blob(host, top, commit, whole));
    },
  };
}

/** The top of the working tree that a folder is in. */
export function topAround(files: Host['files'], start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (files.stat(join(folder, '.git')) !== undefined) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

async function commitOf(host: Host, top: string, revision: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const result = await git(host, top, args, { timeoutMs: GIT_MS, mayFetch: true });
  if (result.code === 0) return result.stdout.trim();
  // Told to be quiet, git says nothing where the repository is well and the revision alone is missing.
  if (result.failure === undefined && result.stderr === '') {
    throw new CommandError(`the repository ${top} has no commit ${revision}`, EXIT.invalid, {
      fix: 'Fetch it first; a clone made for CI often has the newest commit alone (fetch-depth: 0, or git fetch --depth=1 origin COMMIT).',
    });
  }
  if (/not a git repository/i.test(result.stderr)) {
    throw new CommandError(`${top} is not in a git repository`, EXIT.unavailable, {
      fix: `Run it in a clone of the repository that has ${revision}, or name files.`,
    });
  }
  const seen = gitUnknown(top, result);
  throw new CommandError(seen.known ? '' : seen.why, EXIT.unavailable, seen.known ? {} : { fix: seen.fix });
}

/** The file of a commit, links within the repository followed; undefined where it has none. Throws CommandError. */
async function blob(host: Host, top: string, commit: string, path: string): Promise<string | undefined> {
  if (path.includes('\n')) return undefined;
  const args = ['cat-file', '--batch', '--follow-symlinks'];
  const options = { input: `${commit}:${path}\n`, timeoutMs: GIT_MS, mayFetch: true };
  const result = await git(host, top, args, options);
  if (result.code !== 0) {
    const seen = gitUnknown(top, result);
    throw new CommandError(seen.known ? '' : seen.why, EXIT.unavailable, seen.known ? {} : { fix: seen.fix });
  }
  const end = result.stdout.indexOf('\n');
  const header = result.stdout.slice(0, end);
  if (/^[0-9a-f]+ blob \d+$/.test(header)) return result.stdout.slice(end + 1, -1);
  if (/^[0-9a-f]+ (?:tree|commit) \d+$/.test(header))
    throw new CommandError(`${path} is no file in the commit ${commit}`, EXIT.invalid);
  return undefined;
}
