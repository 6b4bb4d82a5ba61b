/** Whether the user's manager, and with it all units, goes on after the last logout and starts with the machine. */
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import { known, unknown, type Source } from '../model/source.ts';

/** Where logind keeps a file for each user who lingers (systemd-logind.service(8)). */
const LINGERING = '/var/lib/systemd/linger';

export async function observeLinger(host: Host): Promise<Source<boolean>> {
  const { user } = host.facts;
  const { code, stdout, stderr, failure, message } = await host.exec('loginctl', [
    'show-user',
    '--property=Linger',
    '--value',
    user,
  ]);
  const said = stdout.trim();
  if (code === 0 && (said === 'yes' || said === 'no')) return known(said === 'yes');
  try {
    // Who is not logged in and does not linger is nobody whom logind knows.
    if (host.files.stat(join(LINGERING, user)) !== undefined) return known(true);
    if (/is not logged in or lingering/.test(stderr)) return known(false);
    if (host.files.stat(LINGERING) !== undefined) return known(false);
  } catch (error) {
    return unknown((error as Error).message);
  }
  return unknown(
    failure === undefined
      ? `loginctl failed: ${stderr.trim() || said || `exit ${code}`}`
      : (message ?? failure),
  );
}
