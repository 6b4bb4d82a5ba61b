/** What `mosaic fleet install-systemd` says: a line for each step, and JSON (schemas/fleet-install-systemd.schema.json). */
import { formatDuration } from '../base/duration.ts';
import { jsonText, visible } from '../base/visible.ts';
import { defined } from './defined.ts';
import type { Terminal } from './terminal.ts';

export interface TriggerStepShown {
  do: 'write' | 'remove' | 'reload' | 'enable' | 'disable' | 'start' | 'restart' | 'stop' | 'linger';
  what: string;
  path?: string;
}

const words: Record<TriggerStepShown['do'], readonly [done: string, would: string]> = {
  write: ['Wrote', 'Would write'],
  remove: ['Removed', 'Would remove'],
  reload: ['Reloaded', 'Would reload'],
  enable: ['Enabled', 'Would enable'],
  disable: ['Disabled', 'Would disable'],
  start: ['Started', 'Would start'],
  restart: ['Restarted', 'Would restart'],
  stop: ['Stopped', 'Would stop'],
  linger: ['Turned lingering on for', 'Would turn lingering on for'],
};

/** One line. */
export const stepText = (step: TriggerStepShown, dryRun: boolean): string =>
  `${words[step.do][dryRun ? 1 : 0]} ${visible(step.path ?? step.what)}\n`;

/** The units' texts against those that stand, as a plan shows files; '' where none changes. */
export async function unitDiffsText(
  files: readonly { path: string; before?: string; after: string }[],
  terminal: Pick<Terminal, 'color' | 'columns'>,
): Promise<string> {
  if (files.length === 0) return '';
  const [{ fileDiff }, { diffLine }, { linesOnScreen }] = await Promise.all([
    import('./diffs.ts'),
    import('./plan-lines.ts'),
    import('./plan-text.ts'),
  ]);
  const blocks = files.map(({ path, ...shown }) =>
    linesOnScreen(fileDiff({ kind: 'write-file', path, mode: 0o644, shown }).lines.map(diffLine), terminal),
  );
  return blocks.map((block) => `\n${block}`).join('');
}

export interface TriggersReport {
  fleet: string;
  action: 'installed' | 'unchanged' | 'uninstalled' | 'absent' | 'would-install' | 'would-uninstall';
  steps: readonly TriggerStepShown[];
  intervalMs?: number;
  /** Whether the manager goes on without a login; absent: nothing tells. */
  lingering?: boolean;
  /** Exit code of the apply, or of the taking down. */
  exitCode: number;
}

export const triggersJsonText = (report: TriggersReport): string =>
  `${jsonText(
    defined({
      format_version: 1 as const,
      fleet: report.fleet,
      action: report.action,
      interval_seconds: report.intervalMs === undefined ? undefined : report.intervalMs / 1000,
      lingering: report.lingering,
      steps: report.steps.map(({ do: what, what: subject, path }) => defined({ do: what, subject, path })),
      exit_code: report.exitCode,
    }),
    2,
  )}\n`;

export const unchangedText = (fleet: string, intervalMs: number): string =>
  `Nothing to install: the fleet ${visible(fleet)} is reconciled every ${formatDuration(intervalMs)} already.\n`;

/** What lingering is for, and how it is had. */
export function lingerText(lingering: boolean | undefined, user: string): string {
  if (lingering === true) return '';
  const now = lingering === false ? 'Lingering is off' : 'Whether lingering is on could not be told';
  return `${now}: without it the agents end with the last logout of ${visible(user)}, and do not start with the machine.
  fix: mosaic fleet install-systemd --linger, or loginctl enable-linger ${visible(user)}
`;
}

export const lingerStaysText = (user: string): string =>
  `Lingering stays on for ${visible(user)} (loginctl disable-linger ${visible(user)} turns it off).\n`;
