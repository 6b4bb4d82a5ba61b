/** `mosaic coord resume`: what a dead session left. */
import { visible } from '../base/visible.ts';
import { lineOf, taskWords } from '../mission/brief.ts';
import { dirtyLines, dirtyWords, type DirtyState } from '../mission/dirty.ts';
import { momentOf } from '../mission/liveness.ts';
import type { MissionLock, SessionEntry, Task } from '../model/mission.ts';
import type { Source } from '../model/source.ts';
import { ago, isoSeconds } from './format.ts';
import { sessionSentence, type MissionView } from './mission-parts.ts';
import { paint } from './style.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './text.ts';

export interface Recovery {
  view: MissionView;
  /** Absent: the lock is lost or cannot be read. */
  lock?: MissionLock;
  /** Absent: the record does not have it. */
  session?: SessionEntry;
  /** The folder that was looked at. */
  workplace: string;
  dirty: Source<DirtyState>;
  inProgress: readonly Task[];
  /** What was done about it; absent: nothing. */
  cleaned?: { session?: string; reason?: string };
  /** What a person does next: sentences and command lines. */
  advice: readonly { text: string; command?: string }[];
}

/** All but the prompt. */
export function recoveryText(recovery: Recovery, layout: Pick<Terminal, 'color' | 'columns'>): string {
  const { view, lock, session, workplace, dirty, inProgress, cleaned, advice } = recovery;
  const { color, columns } = layout;
  const began = momentOf(lock?.started_at ?? session?.started_at);
  const lines = [
    ...wrap(sessionSentence(view), columns).map((line) => paint(line, 'red', color)),
    ...(began === undefined ? [] : [`Begun: ${isoSeconds(began)} (${ago(began, view.now)})`]),
    ...(view.seen.changedAt === undefined
      ? []
      : [`Last change: ${isoSeconds(view.seen.changedAt)} (${ago(view.seen.changedAt, view.now)})`]),
    '',
    `Working tree ${visible(workplace)}: ${dirty.known ? dirtyWords(dirty.value) : visible(dirty.why)}`,
    ...(dirty.known ? dirtyLines(dirty.value).map((line) => `  ${line}`) : []),
    '',
    inProgress.length === 0 ? 'No task is in progress.' : 'Tasks in progress:',
    ...inProgress.map((task) => `  ${taskWords(task)}`),
    '',
    ...(cleaned === undefined ? [] : [cleanedWords(cleaned)]),
    ...advice.flatMap(({ text, command }) =>
      wrap(text, columns).concat(
        command === undefined ? [] : [`  ${paint(visible(command), 'cyan', color)}`],
      ),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function cleanedWords({ session, reason }: NonNullable<Recovery['cleaned']>): string {
  const marked = session === undefined ? '' : `${lineOf(session)} is marked ${reason ?? 'crashed'}; `;
  return `${marked}the lock is cleared.`;
}
