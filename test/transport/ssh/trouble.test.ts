/** What is said of every way in which ssh can fail, and which of them may have left something done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecResult } from '../../../src/host/host.ts';
import type { RemoteHost } from '../../../src/model/fleet.ts';
import { hear } from '../../../src/transport/remote/protocol.ts';
import { troubleOf } from '../../../src/transport/ssh/trouble.ts';

const remote: RemoteHost = { ssh: 'build@far', mosaic: ['mosaic'], connectTimeoutMs: 3000 };
const login = 'Authenticated to far ([192.0.2.1]:22) using "publickey".\n';
const bye =
  'Transferred: sent 3500, received 3280 bytes, in 0.1 seconds\nBytes per second: sent 1.0, received 1.0\n';
const hello = 'mosaic-serve hello\n';

interface Row {
  what: string;
  result: Partial<ExecResult>;
  message: RegExp;
  fix?: RegExp;
  mayBeDone?: true;
}

const failed = (stderr: string): Partial<ExecResult> => ({ code: 255, stderr });
const ended = (code: number, stderr: string, stdout = ''): Partial<ExecResult> => ({
  code,
  stderr: `${login}${stderr}${bye}`,
  stdout,
});

const rows: Row[] = [
  {
    what: 'no ssh',
    result: { failure: 'missing' },
    message: /ssh is not installed here/,
    fix: /openssh-client/,
  },
  {
    what: 'ssh cannot be started',
    result: { failure: 'not-started', message: 'ssh: could not be started (EACCES)' },
    message: /EACCES/,
  },
  { what: 'ended by us', result: { failure: 'signal' }, message: /was ended before/, mayBeDone: true },
  { what: 'no end', result: { failure: 'timeout' }, message: /did not answer in time/, mayBeDone: true },
  { what: 'no end of output', result: { failure: 'too-much-output' }, message: /64 MiB/, mayBeDone: true },
  {
    what: 'refused',
    result: failed('ssh: connect to host far port 22: Connection refused\r\n'),
    message: /cannot reach the host far: the connection was refused/,
    fix: /: ssh build@far$/,
  },
  {
    what: 'no route',
    result: failed('ssh: connect to host far port 22: No route to host\n'),
    message: /there is no way to it/,
  },
  {
    what: 'no network',
    result: failed('ssh: connect to host far port 22: Network is unreachable\n'),
    message: /there is no way to it/,
  },
  {
    what: 'packets dropped',
    result: failed('ssh: connect to host far port 22: Connection timed out\n'),
    message: /no connection within 3s/,
  },
  {
    what: 'no such name',
    result: failed('ssh: Could not resolve hostname far: Name or service not known\n'),
    message: /the name far is not known/,
    fix: /hosts\.far\.ssh/,
  },
  {
    what: 'silence',
    result: failed(
      'Connection timed out during banner exchange\nConnection to 192.0.2.1 port 22 timed out\n',
    ),
    message: /took the connection and then said nothing for 3s/,
  },
  {
    what: 'silence, by an older ssh',
    result: failed('Connection timed out during banner exchange\n'),
    message: /said nothing for 3s/,
  },
  {
    what: 'unknown key',
    result: failed('Host key verification failed.\n'),
    message: /host key is not known here/,
    fix: /compare the fingerprint: ssh build@far/,
  },
  {
    what: 'another key',
    result: failed(
      '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n  remove with:\n  ssh-keygen -f "/k" -R "far"\nHost key verification failed.\n',
    ),
    message: /host key is another than the one/,
    fix: /remove the old one: ssh-keygen -f "\/k" -R "far"$/,
  },
  {
    what: 'no key of ours',
    result: failed('build@far: Permission denied (publickey,password).\r\n'),
    message: /permission denied/,
    fix: /ssh-copy-id/,
  },
  {
    what: 'closed before anything',
    result: failed('kex_exchange_identification: Connection closed by remote host\n'),
    message: /ended the connection at once/,
  },
  {
    what: 'another protocol',
    result: failed('kex_exchange_identification: banner line contains invalid characters\n'),
    message: /ended the connection at once/,
  },
  {
    what: 'a bad configuration',
    result: failed(
      '/c: line 2: Bad configuration option: porrt\r\n/c: terminating, 1 bad configuration options\r\n',
    ),
    message: /does not take its configuration \(\/c: line 2/,
  },
  {
    what: 'what nobody has thought of',
    result: failed('mux_client_request_session: read from master failed: Broken pipe\n'),
    message: /read from master failed/,
    mayBeDone: true,
  },
  { what: 'nothing said', result: failed(''), message: /did not say why/, mayBeDone: true },
  {
    what: 'the connection breaks',
    result: failed(`${login}Connection to far closed by remote host.\n${bye}`),
    message: /broke before it answered \(Connection to far closed/,
    mayBeDone: true,
  },
  {
    what: 'the connection breaks, over a shared one',
    result: { code: 255, stdout: `\n${hello}`, stderr: 'Shared connection to far closed.\r\n' },
    message: /broke before it answered/,
    mayBeDone: true,
  },
  {
    what: 'no mosaic',
    result: ended(127, 'bash: line 1: mosaic: command not found\n'),
    message: /^mosaic is not there on the host far \(bash: line 1: mosaic: command not found\)$/,
    fix: /full path/,
  },
  { what: 'not executable', result: ended(126, 'sh: mosaic: Permission denied\n'), message: /cannot be run/ },
  {
    what: 'an old mosaic',
    result: ended(64, "error: unknown command 'agent'\n"),
    message: /does not know how to serve.*unknown command 'agent'/,
    fix: /same version/,
  },
  {
    what: 'a mosaic that cannot even begin',
    result: ended(69, 'mosaic: nothing says where the home folder of user x is: set HOME\n'),
    message: /^mosaic on the host far: nothing says where the home folder/,
  },
  {
    what: 'another program',
    result: ended(1, '', 'This account is currently not available.\n'),
    message: /does not answer as mosaic does \(exit status 1\) \(This account/,
  },
  {
    what: 'a mosaic that ends in the middle',
    result: ended(
      1,
      'mosaic: this is a mistake in mosaic itself: x\nMOSAIC_DEBUG=1 shows where.\n',
      `\n${hello}`,
    ),
    message: /ended without an answer: this is a mistake/,
    mayBeDone: true,
  },
  {
    what: 'a mosaic of the future',
    result: ended(0, '', `\n${hello}\nmosaic-serve answer {"format_version":9,"id":"x"}\n`),
    message: /an answer that this mosaic cannot read.*format_version/,
    fix: /same version/,
    mayBeDone: true,
  },
];

for (const { what, result, message, fix, mayBeDone } of rows) {
  test(`said of ${what}`, () => {
    const full = { stdout: '', stderr: '', ...result };
    const trouble = troubleOf('far', remote, full, hear(full.stdout, 'x'));
    assert.equal(trouble.error.kind, 'unavailable');
    assert.match(trouble.error.message, message);
    if (fix !== undefined) assert.match(trouble.error.fix ?? '', fix);
    assert.equal(trouble.mayBeDone, mayBeDone ?? false);
    assert.doesNotMatch(trouble.error.message, /Authenticated to|Transferred|Bytes per second/);
  });
}
