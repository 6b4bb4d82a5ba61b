/** What `mosaic fleet install-cron` says: text, and JSON (schemas/fleet-install-cron.schema.json). */
import { formatDuration } from '../base/duration.ts';
import { jsonText, visible } from '../base/visible.ts';
import { defined } from './defined.ts';

export type CronAction = 'installed' | 'replaced' | 'unchanged' | 'removed' | 'absent' | 'shown';

export interface CronReport {
  fleet: string;
  action: CronAction;
  /** As it stands, stood or would stand in the crontab. */
  line?: string;
  intervalMs?: number;
  /** In words of crontab(5): for one that somebody wrote by hand, and that is no interval. */
  schedule?: string;
}

export function cronText({ fleet, action, line, intervalMs, schedule }: CronReport): string {
  const whose = `the fleet ${visible(fleet)}`;
  const often =
    intervalMs === undefined ? `at ${visible(schedule ?? '')}` : `every ${formatDuration(intervalMs)}`;
  switch (action) {
    // Alone, so that it can be piped into a crontab.
    case 'shown':
      return `${visible(line ?? '')}\n`;
    case 'installed':
      return `cron applies ${whose} ${often}. --uninstall takes the line out again.\n`;
    case 'replaced':
      return `cron applies ${whose} ${often}; the line that stood there is replaced.\n`;
    case 'unchanged':
      return `cron applies ${whose} ${often} already.\n`;
    case 'removed':
      return `cron no longer applies ${whose}. Its sessions go on; mosaic down takes them away.\n`;
    case 'absent':
      return `No line of the crontab applies ${whose}.\n`;
  }
}

export const cronJsonText = ({ fleet, action, line, intervalMs }: CronReport): string =>
  `${jsonText(
    defined({
      format_version: 1 as const,
      fleet,
      action,
      interval_seconds: intervalMs === undefined ? undefined : intervalMs / 1000,
      line,
    }),
    2,
  )}\n`;
