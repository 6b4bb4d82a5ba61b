import { spawnSync } from 'node:child_process';
import { unstartable } from './executable.ts';
import type { Facts, Replacement } from './host.ts';

/** Node 22.15 and later, and 23.11 and later. It does not return, and what fails in it ends the process with a core dump. */
type Execve = (file: string, args: readonly string[], env: Record<string, string>) => never;

/** Far below what any system takes (execve(2)), for one argument and for all of them with the environment. */
const MAX_WORD = 100_000;
const MAX_WORDS = 500_000;

/** A shell is between, since it also runs a script that names no interpreter, and says in words what it cannot run. */
const BECOME = 'exec "$@"';

/**
 * Node ignores SIGPIPE and SIGXFSZ, and what is ignored stays so in the program that takes its place; only env(1) of the GNU core
 * utilities puts that right.
 */
const UNIGNORED = 'env --default-signal=PIPE,XFSZ';
const PROBE = `${UNIGNORED} true 2>/dev/null`;

/** The real `replacement`. */
export function replacement(facts: Facts): Replacement {
  return (file, args) => {
    const { execve } = process as { execve?: Execve };
    const env = withoutUnset(facts.env);
    if (execve === undefined || !fits([file, ...args], env)) return undefined;
    if (unstartable(file, env['PATH'], facts.cwd) !== undefined) return undefined;
    return () => {
      // Node may have our streams return at once when there is nothing to read. For a child it undoes that, and they are the same.
      const { status } = spawnSync('/bin/sh', ['-c', PROBE], { stdio: 'inherit', env });
      const exec = status === 0 ? `exec ${UNIGNORED} /bin/sh -c '${BECOME}' sh "$@"` : BECOME;
      return execve('/bin/sh', ['sh', '-c', exec, 'sh', file, ...args], env);
    };
  };
}

function fits(words: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const sizes = [...words, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)].map((word) =>
    Buffer.byteLength(word),
  );
  return sizes.every((size) => size < MAX_WORD) && sizes.reduce((sum, size) => sum + size, 0) < MAX_WORDS;
}

const withoutUnset = (env: Facts['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
