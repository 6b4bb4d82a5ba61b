/** Whether a commit is signed by one of those whom this host trusts with it. */
import { join } from 'node:path';
import { sha256 } from '../base/sha256.ts';
import { quoted } from '../base/text.ts';
import { ask, type Asking } from './ask.ts';
import { FollowError } from './error.ts';
import { removeTree } from './store.ts';

export type Signature = { good: true; signer: string } | { good: false; why: string };

/** The file of allowed signers, as it is now. */
export interface Signers {
  /** `git config gpg.ssh.allowedSignersFile` (ssh-keygen(1)), or an armoured export of OpenPGP public keys. */
  path: string;
  kind: 'ssh' | 'openpgp';
  text: string;
}

/** Tells one list from another. */
export const signersDigest = ({ path, text }: Signers): string => sha256(`${path}\0${text}`).slice(0, 16);

/** Throws FollowError `invalid` for a file that is not there or is neither. */
export function readSigners({ host }: Pick<Asking, 'host'>, path: string): Signers {
  const text = host.files.target(path) === undefined ? undefined : host.files.read(path);
  const fix =
    'A line for each signer, NAME KEY as in ssh-keygen(1) ALLOWED SIGNERS, or an armoured OpenPGP export.';
  if (text === undefined)
    throw new FollowError('invalid', `the file of signers ${quoted(path)} is not there`, { fix });
  if (text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) return { path, kind: 'openpgp', text };
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.some((line) => /\s(?:ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/]+=*/.test(` ${line}`)))
    return { path, kind: 'ssh', text };
  throw new FollowError('invalid', `the file of signers ${quoted(path)} names none`, { fix });
}

// A signature of the other kind would be checked against whatever keys the user has: it is none that was asked for.
const refuse = { ssh: ['gpg.program', 'gpg.openpgp.program'], openpgp: ['gpg.ssh.program'] } as const;

/**
 * Checks the tip alone: whoever signs it vouches for all of its files, whoever wrote them, and only those are taken. A commit that was
 * put below it unsigned can do no more than its author could have had signed. A merge that a forge makes bears the forge's signature, or none.
 * Throws FollowError where the check itself cannot be made.
 * @param scratch a folder of ours for the keys, made anew
 */
export async function signatureOf(
  asking: Asking,
  mirror: string,
  { sha, signers, scratch }: { sha: string; signers: Signers; scratch: string },
): Promise<Signature> {
  const env = signers.kind === 'openpgp' ? await keyring(asking, signers, scratch) : {};
  const config = [
    ...(signers.kind === 'ssh'
      ? [`gpg.ssh.allowedSignersFile=${signers.path}`, 'gpg.minTrustLevel=fully']
      : ['gpg.minTrustLevel=undefined']),
    ...['gpg.x509.program', ...refuse[signers.kind]].map((name) => `${name}=/bin/false`),
  ].flatMap((setting) => ['-c', setting]);
  const checked = await ask(asking, mirror, [...config, 'verify-commit', sha], { env });
  if (checked.failure !== undefined)
    throw new FollowError('host', `cannot check signatures: ${checked.message ?? 'git did not answer'}`);
  if (/cannot run (?:ssh-keygen|gpg)|ssh-keygen -Y/.test(checked.stderr))
    throw new FollowError('host', 'cannot check signatures: ssh-keygen or gpg is missing or too old', {
      fix: 'Install it (Debian: apt-get install openssh-client gpg).',
    });
  if (checked.code !== 0) return { good: false, why: whyNot(checked.stderr) };
  const asked = await ask(asking, mirror, [...config, 'log', '-1', '--no-color', '--format=%GS', sha, '--'], {
    env,
  });
  return { good: true, signer: asked.stdout.trim().slice(0, 200) };
}

function whyNot(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return 'it is not signed';
  if (/No principal matched/.test(stderr))
    return 'it is signed with a key that the file of signers does not have';
  if (/No public key/.test(stderr)) return 'it is signed with a key that the file of signers does not have';
  if (/BAD signature|incorrect signature|Could not verify signature/i.test(stderr))
    return 'its signature is not good';
  return `its signature was not accepted (${lines.at(-1) ?? ''})`;
}

async function keyring(
  { host, signal }: Asking,
  signers: Signers,
  scratch: string,
): Promise<Record<string, string>> {
  const home = join(scratch, 'gnupg');
  removeTree(host.files, home);
  host.files.mkdir(home);
  const result = await host.exec('gpg', ['--homedir', home, '--batch', '--no-tty', '--quiet', '--import'], {
    input: signers.text,
    signal,
  });
  if (result.code !== 0)
    throw new FollowError(
      'host',
      `the keys in ${quoted(signers.path)} could not be read: ${result.stderr.trim() || (result.message ?? '')}`,
    );
  return { GNUPGHOME: home };
}
