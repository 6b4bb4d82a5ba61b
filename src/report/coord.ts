/** The short reports of `mosaic coord`. */
import { visible } from '../base/visible.ts';
import { lineOf, milestoneWords } from '../mission/brief.ts';
import { lengthWords } from '../mission/ending.ts';
import type { MissionFile } from '../model/mission.ts';
import { liveness, sessionSentence, stateWords, type MissionView } from './mission-parts.ts';
import { paint } from './style.ts';

/** `mosaic coord init`: the files that were made, and the way on. */
export function initText(
  record: MissionFile,
  files: readonly string[],
  manifest: string,
  commands: readonly string[],
): string {
  const first = record.milestones[0];
  const lines = [
    `The mission ${lineOf(record.name)} (${lineOf(record.mission_id)}) has its files:`,
    ...files.map((path) => `  ${visible(path)}`),
    '',
    `Next: write scope and success criteria into ${visible(manifest)}. Then have the first session break`,
    `${first === undefined ? 'it' : milestoneWords(first)} into tasks:`,
    ...commands.map((command) => `  ${visible(command)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** `mosaic coord status`. */
export function statusText(view: MissionView, color: boolean): string {
  return `${paint(sessionSentence(view), stateWords(liveness(view)).style, color)}\n`;
}

/** How a session that was run ended. */
export interface RunEnd {
  session: string;
  reason: string;
  seconds: number;
  /** Why the program ended: `exit 1`, `SIGTERM`. */
  end: string;
}

export const runEndText = ({ session, reason, seconds, end }: RunEnd, commands: readonly string[]): string =>
  [
    `mosaic: ${lineOf(session)} ended: ${reason} (${end}) after ${lengthWords(seconds)}`,
    ...commands.map((command) => `  ${visible(command)}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
