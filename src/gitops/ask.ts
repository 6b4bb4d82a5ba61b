/** How git is asked about a followed repository: nothing is ever prompted for, and only our own copy is written to. */
import { quoted } from '../base/text.ts';
import type { ExecResult, Host } from '../host/host.ts';
import type { Following } from '../model/gitops.ts';
import { git, gitWhy } from '../observe/git.ts';
import { FollowError } from './error.ts';
import { overSsh, PROTOCOLS, shownUrl, withoutSecrets } from './source.ts';

/** What all calls of one round share. */
export interface Asking {
  host: Host;
  following: Following;
  /** Aborted: git is ended with all that it has started. */
  signal: AbortSignal;
  /** When the remote must have answered: epoch ms. */
  deadline: number;
}

export interface AskOptions {
  input?: string;
  env?: Record<string, string>;
  /** The remote may be asked; otherwise git is kept from it, also for objects that are missing here. */
  remote?: boolean;
}

/** What our own copy is asked for takes moments; with this much, something is wrong. */
const LOCAL_MS = 60_000;

// A transfer that has all but stopped is given up long before the whole time is.
const CONFIG = [
  'http.lowSpeedLimit=500',
  'http.lowSpeedTime=30',
  // Packs alone: a file for each object would be many.
  'fetch.unpackLimit=1',
  'log.showSignature=false',
  'i18n.logOutputEncoding=UTF-8',
].flatMap((setting) => ['-c', setting]);

/** The way to a server that asks for nothing and notices when it is gone; not where the user has a way of their own. */
const SSH = 'ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10 -o ServerAliveCountMax=3';

/** Runs git in our copy. Never throws for what git does. */
export async function ask(
  asking: Asking,
  folder: string,
  args: readonly string[],
  options: AskOptions = {},
): Promise<ExecResult> {
  const { host, signal, deadline } = asking;
  const remote = options.remote === true;
  return git(host, folder, [...CONFIG, ...args], {
    timeoutMs: remote ? Math.max(1, deadline - host.clock.now()) : LOCAL_MS,
    signal,
    mayFetch: remote,
    ...(options.input === undefined ? {} : { input: options.input }),
    env: {
      GIT_ALLOW_PROTOCOL: remote ? PROTOCOLS : 'none',
      SSH_ASKPASS_REQUIRE: 'never',
      ...(remote ? await sshWay(asking, folder) : {}),
      ...options.env,
    },
  });
}

async function sshWay({ host, following }: Asking, folder: string): Promise<Record<string, string>> {
  const { env } = host.facts;
  if (!overSsh(following.repo) || env['GIT_SSH_COMMAND'] !== undefined || env['GIT_SSH'] !== undefined)
    return {};
  const own = await git(host, folder, ['config', '--get', 'core.sshCommand']);
  return own.code === 0 ? {} : { GIT_SSH_COMMAND: SSH };
}

// What git says when our copy is at fault; the remote may have said it too, of its own.
const ofMirror =
  /corrupt|inflate|bad object|missing (?:blob|tree|commit|object)|unable to (?:read|parse|find|create .*\.lock)|pack(?:file| has| index)|index file|loose object|is empty|unresolved deltas|all necessary objects|not a git repository \(|bad (?:config|ref|revision)|cannot lock ref|invalid (?:sha1|object)|broken|not a valid|unknown revision|Could not get object info/i;

const passing =
  /resolve host|Failed to connect|Couldn't connect|timed out|Connection (?:refused|reset|closed|timed)|Network is unreachable|No route to host|hung up|early EOF|RPC failed|HTTP 5\d\d|Operation too slow|TLS|SSL|kex_exchange/i;

const needsAccess =
  /Permission denied|Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|HTTP 40[13]|Host key verification failed/i;

/** What to do about what did not come to an end in time. */
const late: Readonly<Record<string, string>> = {
  ask: 'See whether the remote answers this user at all: git ls-remote.',
  fetch: 'If the repository is large, give it longer: mosaic gitops bootstrap … --timeout 15m.',
};

/** What a failed git means. `doing` says in words what it was for, such as `fetch`. */
export function failed(
  { following }: Pick<Asking, 'following'>,
  doing: string,
  result: ExecResult,
): FollowError {
  const { repo, branch } = following;
  const where = quoted(shownUrl(repo));
  const why = withoutSecrets(gitWhy(result), repo);
  const { stderr, failure } = result;
  const said = (fix?: string, transient = false): FollowError =>
    new FollowError('remote', `cannot ${doing} ${where}: ${why}`, { fix, transient });
  if (failure === 'missing')
    return new FollowError('host', why, { fix: 'Install git 2.36 or later (Debian: apt-get install git).' });
  if (failure === 'timeout')
    return new FollowError('remote', `cannot ${doing} ${where}: it did not come to an end in time`, {
      fix: late[doing],
    });
  if (failure !== undefined) return new FollowError('host', why);
  if (/No space left on device|Disk quota exceeded/.test(stderr))
    return new FollowError('host', `cannot ${doing} ${where}: no space is left on the device`, {
      fix: 'Free some space; the next round goes on by itself.',
    });
  if (/couldn't find remote ref/i.test(stderr)) return noBranch(where, branch);
  if (/unadvertised object|not our ref/.test(stderr))
    return new FollowError('partial', `cannot ${doing} ${where}: ${why}`);
  if (needsAccess.test(stderr))
    return said(
      'Nothing can be asked for here: give this user a key or a credential helper of git that works without a terminal.',
    );
  if (ofMirror.test(stderr)) return new FollowError('mirror', `cannot ${doing} ${where}: ${why}`);
  return said(undefined, passing.test(stderr));
}

export const noBranch = (where: string, branch: string): FollowError =>
  new FollowError('remote', `${where} has no branch ${quoted(branch)}`, {
    fix: 'Name another: mosaic gitops bootstrap … --branch NAME.',
  });
