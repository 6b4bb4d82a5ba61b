/** What went wrong with a request over ssh: told by its exit status and by what ssh and the other side printed. */
import { shellLine } from '../../base/shell.ts';
import { formatDuration } from '../../base/duration.ts';
import type { ExecResult } from '../../host/host.ts';
import type { RemoteHost } from '../../model/fleet.ts';
import { TransportError } from '../transport.ts';
import { byHand } from './command.ts';
import type { Heard } from '../remote/protocol.ts';

export interface Trouble {
  error: TransportError;
  /** The request may have been carried out all the same. */
  mayBeDone: boolean;
}

/** Of ssh itself (ssh(1), exit status). */
const SSH_FAILED = 255;
/** Of the shell there: not found, and not to be run (POSIX, 2.8.2). */
const NOT_FOUND = 127;
const NOT_RUN = 126;
const USAGE = 64;

export function troubleOf(host: string, remote: RemoteHost, result: ExecResult, heard: Heard): Trouble {
  const stderr = result.stderr.replaceAll('\r', '');
  // LogLevel=VERBOSE has it said; a shared connection (ControlMaster) does not say it.
  const authenticated = /^Authenticated to /m.test(stderr);
  const about = { host, remote, stderr, result };
  if (result.failure === 'missing') {
    const fix = "Install OpenSSH's client (on Debian: apt install openssh-client).";
    return notDone(`ssh is not installed here, by which the host ${host} is reached`, fix);
  }
  if (result.failure === 'not-started') return notDone(`cannot reach the host ${host}: ${result.message}`);
  if (result.failure !== undefined) return gaveUp(about);
  if (heard.hello || authenticated || result.code !== SSH_FAILED) return answered(about, heard);
  return notReached(about);
}

interface About {
  host: string;
  remote: RemoteHost;
  stderr: string;
  result: ExecResult;
}

const notDone = (message: string, fix?: string): Trouble => ({
  error: new TransportError('unavailable', message, fix === undefined ? {} : { fix }),
  mayBeDone: false,
});

const mayBeDone = (message: string, fix?: string): Trouble => ({ ...notDone(message, fix), mayBeDone: true });

/** ssh was ended: by a signal, or since its time was up. */
function gaveUp({ host, remote, result }: About): Trouble {
  if (result.failure === 'timeout')
    return mayBeDone(`the host ${host} did not answer in time`, `Look what holds it up: ${tried(remote)}`);
  if (result.failure === 'too-much-output') return mayBeDone(`the host ${host} answered more than 64 MiB`);
  return mayBeDone(`ssh to the host ${host} was ended before it answered`);
}

/** There was a connection, and no answer of ours came over it. */
function answered(about: About, heard: Heard): Trouble {
  const { host, remote, result, stderr } = about;
  const command = shellLine(remote.mosaic);
  if (heard.wrong !== undefined)
    return mayBeDone(
      `the host ${host} gave an answer that this mosaic cannot read: ${heard.wrong}`,
      'Install the same version of mosaic on both hosts.',
    );
  if (result.code === SSH_FAILED)
    return mayBeDone(
      `the connection to the host ${host} broke before it answered${because(lastLine(stderr))}`,
    );
  const own = ownSentence(stderr);
  if (heard.hello) {
    const why = own?.message ?? lastLine(stderr) ?? `exit status ${result.code}`;
    return mayBeDone(`mosaic on the host ${host} ended without an answer: ${why}`, own?.fix);
  }
  // The session came to its end in good order, and all that was printed in it has come: nothing of ours ever ran.
  if (result.code === NOT_FOUND)
    return notDone(
      `${command} is not there on the host ${host}${because(lastLine(stderr))}`,
      `Install mosaic there, or give its full path: "hosts: { ${host}: { mosaic: [/path/to/mosaic] } }" (a shell without a terminal often has a shorter PATH).`,
    );
  if (result.code === NOT_RUN)
    return notDone(
      `${command} cannot be run on the host ${host}${because(lastLine(stderr))}`,
      `Make it executable, or give another under hosts.${host}.mosaic.`,
    );
  if (result.code === USAGE)
    return notDone(
      `mosaic on the host ${host} does not know how to serve another${because(lastLine(stderr))}`,
      'Install the same version of mosaic there.',
    );
  if (own !== undefined) return notDone(`mosaic on the host ${host}: ${own.message}`, own.fix);
  const said = lastLine(stderr) ?? lastLine(result.stdout);
  return notDone(
    `${command} on the host ${host} does not answer as mosaic does (exit status ${result.code})${because(said)}`,
    `See what it does: ${tried(remote)} ${command} --version`,
  );
}

interface Rule {
  seen: RegExp;
  say: (about: About, match: RegExpExecArray) => { why: string; fix: string };
}

/** First match wins. Each is said by ssh before it has given any command to the other side. */
const rules: readonly Rule[] = [
  {
    seen: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    say: ({ stderr }) => {
      const remedy = /^\s*(ssh-keygen -f .+)$/m.exec(stderr)?.[1];
      return {
        why: 'its host key is another than the one that is known here: it was set up anew, or somebody stands in between',
        fix: `Find out which. If the new key is right, remove the old one${remedy === undefined ? ' from known_hosts' : `: ${remedy}`}`,
      };
    },
  },
  {
    seen: /Host key verification failed|host key is known for/,
    say: ({ remote }) => ({
      why: 'its host key is not known here',
      fix: `Connect once by hand, and compare the fingerprint: ${tried(remote)}`,
    }),
  },
  {
    seen: /Permission denied \(([^)]*)\)|Too many authentication failures/,
    say: ({ remote }) => ({
      why: 'it does not let us in without a password (permission denied)',
      fix: `Give it your public key (ssh-copy-id), or load the key into ssh-agent, until this asks for nothing: ${tried(remote)}`,
    }),
  },
  {
    seen: /Could not resolve hostname ([^\s:]+)/,
    say: ({ host }, match) => ({
      why: `the name ${match[1]} is not known`,
      fix: `Correct hosts.${host}.ssh in the fleet file, or add the name to the ssh configuration.`,
    }),
  },
  {
    seen: /timed out during banner exchange|Connection to \S+ port \d+ timed out/,
    say: ({ remote }) => ({
      why: `it took the connection and then said nothing for ${formatDuration(remote.connectTimeoutMs)}`,
      fix: `Is it ssh that listens there? Try it: ${tried(remote)}`,
    }),
  },
  {
    seen: /[Cc]onnection timed out|Operation timed out/,
    say: ({ remote }) => ({
      why: `no connection within ${formatDuration(remote.connectTimeoutMs)}`,
      fix: `Is it up, and is a firewall in between? Try it: ${tried(remote)}`,
    }),
  },
  {
    seen: /Connection refused/,
    say: ({ remote }) => ({
      why: 'the connection was refused',
      fix: `Is its ssh server running, on that port? Try it: ${tried(remote)}`,
    }),
  },
  {
    seen: /No route to host|Network is unreachable|Host is down/,
    say: ({ remote }) => ({ why: 'there is no way to it', fix: `Is it up? Try it: ${tried(remote)}` }),
  },
  {
    seen: /^(.*(?:Bad configuration option|Can't open user config file|Bad owner or permissions on|bad configuration options).*)$/m,
    say: (_, match) => ({
      why: `ssh does not take its configuration (${match[1]?.trim()})`,
      fix: 'Correct that.',
    }),
  },
  {
    seen: /^.*(?:kex_exchange_identification|ssh_exchange_identification|Unable to negotiate|Connection closed by|Connection reset by|banner exchange).*$/m,
    say: ({ remote }, match) => ({
      why: `it ended the connection at once (${match[0].trim()})`,
      fix: `Is it ssh that listens there? Try it: ${tried(remote)}`,
    }),
  },
];

function notReached(about: About): Trouble {
  for (const { seen, say } of rules) {
    const match = seen.exec(about.stderr);
    if (match === null) continue;
    const { why, fix } = say(about, match);
    return notDone(`cannot reach the host ${about.host}: ${why}`, fix);
  }
  const said = lastLine(about.stderr) ?? 'ssh did not say why';
  // Over a shared connection a command may have begun.
  return mayBeDone(`cannot reach the host ${about.host}: ${said}`, `Try it by hand: ${tried(about.remote)}`);
}

const tried = (remote: RemoteHost): string => shellLine(byHand(remote));

const because = (said: string | undefined): string => (said === undefined ? '' : ` (${said})`);

/** What ssh adds at this log level, and tells nothing. */
const chatter = /^(?:Authenticated to |Transferred: |Bytes per second: |\s*$)/;

const LONGEST = 300;

function lastLine(text: string): string | undefined {
  const line = text
    .split('\n')
    .findLast((each) => !chatter.test(each))
    ?.trim();
  return line === undefined || line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}

/** A sentence that mosaic ended with, as `cli/run.ts` prints them. */
function ownSentence(stderr: string): { message: string; fix?: string } | undefined {
  const match = /^mosaic: (.+)(?:\n {2}fix: (.+))?/m.exec(stderr);
  if (match?.[1] === undefined) return undefined;
  return { message: match[1], ...(match[2] === undefined ? {} : { fix: match[2] }) };
}
