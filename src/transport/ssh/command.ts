/** How OpenSSH is called. */
import { shellWord } from '../../base/shell.ts';
import type { RemoteHost } from '../../model/fleet.ts';

/** A connection that has gone quiet is asked so often, and given up after the third time. */
const ALIVE_SECONDS = 15;

/** What the person's own configuration may say for sessions by hand, and must not for ours. */
const plain = ['ClearAllForwardings=yes', 'PermitLocalCommand=no', 'RemoteCommand=none'];

/** For a request: nothing is asked, and what ssh says tells how far it came (`trouble.ts` reads it). */
export const requestArguments = (remote: RemoteHost): string[] => [
  '-T',
  ...options(['BatchMode=yes', 'LogLevel=VERBOSE', 'ConnectionAttempts=1', ...common(remote)]),
  ...destination(remote),
  remoteLine(remote, ['agent', 'serve']),
];

/** For a person, in their terminal: a password may be asked. */
export const attachArguments = (remote: RemoteHost, agent: string, readOnly: boolean): string[] => [
  '-t',
  ...options(common(remote)),
  ...destination(remote),
  remoteLine(
    remote,
    ['agent', 'attach', agent, ...(readOnly ? ['--read-only'] : [])],
    remote.fleet === undefined ? '' : ` --file ${remotePath(remote.fleet)}`,
  ),
];

const common = ({ connectTimeoutMs }: RemoteHost): string[] => [
  `ConnectTimeout=${Math.max(1, Math.ceil(connectTimeoutMs / 1000))}`,
  `ServerAliveInterval=${ALIVE_SECONDS}`,
  'ServerAliveCountMax=3',
  ...plain,
];

const options = (settings: readonly string[]): string[] => settings.flatMap((setting) => ['-o', setting]);

const destination = ({ ssh, sshConfig }: RemoteHost): string[] => [
  ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
  '--',
  ssh,
];

/** ssh gives what it is to run to the login shell there, as one line. */
function remoteLine({ mosaic }: RemoteHost, words: readonly string[], more = ''): string {
  const [program = '', ...rest] = mosaic;
  return [remotePath(program), ...[...rest, ...words].map(shellWord)].join(' ') + more;
}

/** A path for a shell there: ~ is its to expand, all else is quoted. */
const remotePath = (path: string): string =>
  path.startsWith('~/') ? `~/${shellWord(path.slice(2))}` : shellWord(path);

/** The command by which a person tries the same connection. */
export const byHand = ({ ssh, sshConfig }: RemoteHost): string[] => [
  'ssh',
  ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
  ssh,
];
