/** Changes the user's crontab: one line of a fleet's, and nothing else of it. */
import { dirname, join } from 'node:path';
import type { Host } from '../../host/host.ts';
import type { Places } from '../../model/places.ts';
import { observeCrontab } from '../../observe/crontab.ts';
import { ownLines, withoutLine, type CronOwner } from '../../render/crontab.ts';
import { CommandError, EXIT } from '../command-error.ts';

/** What the last run that cron started printed. */
const LOG = 'cron.log';

export const cronOwner = (fleet: string, places: Pick<Places, 'state'>): CronOwner => ({
  fleet,
  log: join(places.state, LOG),
});

/** The crontab's text, '' for none. Throws CommandError where there is no cron, or where it cannot be read. */
export async function readCrontab(host: Host): Promise<string> {
  const seen = await observeCrontab(host);
  if (!seen.known) throw new CommandError(seen.why, EXIT.unavailable, { fix: seen.fix });
  if (seen.value.program === 'missing') {
    throw new CommandError('crontab is not installed', EXIT.unavailable, {
      fix: 'Install cron (Debian: apt-get install cron), or run mosaic apply --watch.',
    });
  }
  const { inexact } = seen.value;
  if (inexact !== undefined) throw new CommandError(inexact.why, EXIT.unavailable, { fix: inexact.fix });
  return seen.value.text ?? '';
}

/**
 * Reads the crontab, changes it, and puts it back, unless somebody else has changed it meanwhile. Two mosaics stand in line.
 * @returns the crontab before and after; the same where nothing was to be changed
 */
export async function editCrontab(
  host: Host,
  places: Pick<Places, 'state'>,
  change: (text: string) => string,
): Promise<{ before: string; after: string }> {
  const folder = dirname(places.state);
  const fresh = host.files.stat(folder) === undefined;
  host.files.mkdir(folder);
  const path = join(folder, '.crontab.lock');
  const lock = await host.files.lock(path, { waitMs: 30_000 });
  if (lock === undefined) {
    throw new CommandError('another mosaic is changing the crontab', EXIT.locked, {
      fix: 'Try again when it has ended.',
    });
  }
  try {
    const before = await readCrontab(host);
    const after = change(before);
    if (after === before) return { before, after };
    // As near to the write as it goes: crontab(1) itself knows no lock.
    if ((await readCrontab(host)) !== before) {
      throw new CommandError('the crontab was changed by somebody else meanwhile', EXIT.failed, {
        fix: 'Try again.',
      });
    }
    await install(host, after);
    return { before, after };
  } finally {
    host.files.remove(path);
    lock.release();
    if (fresh) host.files.removeEmptyFolder(folder);
  }
}

async function install(host: Host, text: string): Promise<void> {
  const result =
    text === '' ? await host.exec('crontab', ['-r']) : await host.exec('crontab', ['-'], { input: text });
  if (result.code !== 0) {
    const why = result.message ?? result.stderr.trim();
    throw new CommandError(`crontab took no change: ${why || `exit ${result.code}`}`, EXIT.failed);
  }
  if ((await readCrontab(host)) !== text)
    throw new CommandError('the crontab is not what was just written', EXIT.failed, {
      fix: 'Somebody else writes it too: look at it with crontab -l.',
    });
}

/**
 * Takes a fleet's line out of the crontab, so that nothing starts the fleet again. Where there is no cron, or no crontab, there is
 * none.
 * @returns the lines that were taken out, [] for none
 */
export async function removeCronLine(
  host: Host,
  fleet: string,
  places: Pick<Places, 'state'>,
): Promise<string[]> {
  const owner = cronOwner(fleet, places);
  const lines = await standingCronLines(host, fleet, places);
  if (lines.length > 0) await editCrontab(host, places, (text) => withoutLine(text, owner));
  host.files.remove(owner.log);
  return lines;
}

/** A fleet's lines in the crontab. Throws CommandError where that cannot be told. */
export async function standingCronLines(
  host: Host,
  fleet: string,
  places: Pick<Places, 'state'>,
): Promise<string[]> {
  const seen = await observeCrontab(host);
  if (seen.known) return ownLines(seen.value.text ?? '', cronOwner(fleet, places));
  // Who may use no crontab has none that would run.
  if (/not allowed/.test(seen.why)) return [];
  throw new CommandError(seen.why, EXIT.unavailable, { fix: seen.fix });
}
