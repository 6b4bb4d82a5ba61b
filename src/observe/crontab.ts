/** The user's crontab, whole. */
import type { Host } from '../host/host.ts';
import { known, unknown, type Source } from '../model/source.ts';

export interface CrontabSeen {
  /** crontab(1) is not installed. */
  program: 'installed' | 'missing';
  /** Absent: the user has none. */
  text?: string;
  /** Written back, it would be another: why, and what helps. */
  inexact?: { why: string; fix: string };
}

export async function observeCrontab(host: Host): Promise<Source<CrontabSeen>> {
  // Debian's can be told to print its own header too, which is no part of the file.
  const result = await host.exec('crontab', ['-l'], { env: { CRONTAB_NOHEADER: 'Y' } });
  if (result.failure === 'missing') return known({ program: 'missing' });
  if (result.failure !== undefined) return unknown(`crontab did not answer: ${result.message}`);
  if (result.code !== 0) {
    const why = result.stderr.trim();
    // As vixie-cron and cronie say it, and as BusyBox does.
    if (/\bno crontab for\b/.test(why) || /can't open .*No such file/.test(why))
      return known({ program: 'installed' });
    return unknown(
      `crontab -l failed: ${why || `exit ${result.code}`}`,
      /not allowed/.test(why) ? 'Ask who keeps /etc/cron.allow and /etc/cron.deny.' : undefined,
    );
  }
  const text = result.stdout;
  const seen = { program: 'installed' as const, text };
  if (text.includes('\uFFFD')) {
    const why = 'the crontab holds what is not UTF-8, and could not be written back as it is';
    return known({ ...seen, inexact: { why, fix: 'Put that into UTF-8 (crontab -e).' } });
  }
  if (!text.includes('\\r')) return known(seen);
  // Debian's `-l` writes a carriage return as backslash and r; an editor is given the file itself.
  const edited = await host.exec('crontab', ['-e'], { env: { VISUAL: 'cat', EDITOR: 'cat' } });
  if (edited.code === 0 && edited.stdout.replaceAll('\r', '\\r') === text)
    return known({ ...seen, text: edited.stdout });
  const why = 'the crontab holds backslashes or carriage returns that crontab -l does not tell apart';
  return known({ ...seen, inexact: { why, fix: 'Change the line by hand: crontab -e.' } });
}
