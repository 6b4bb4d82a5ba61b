/** `mosaic formula history`: a table and places for people, JSON for programs (schemas/formula-history.schema.json). */
import { counted } from '../base/text.ts';
import { jsonText, visible } from '../base/visible.ts';
import type { RunRecord } from '../model/formula.ts';
import { defined } from './defined.ts';
import { endStyle, endWords, phaseWords, runJson, worktreeWords } from './formula-words.ts';
import { duration, isoSeconds } from './format.ts';
import { paint } from './style.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface PastRun {
  run: RunRecord;
  /** Its last screen, where there is one. */
  screen?: string;
}

export interface HistoryReport {
  formula: string;
  /** Newest first. */
  runs: readonly PastRun[];
  /** How many there are on record. */
  total: number;
  /** Lines of the record that say nothing. */
  unreadable: number;
  /** The run that lasts; or one that nobody sees to any more. */
  current?: { run: RunRecord; alive: boolean };
}

const columns: Column[] = [
  // Names the folder of the run: whole, or not at all. It tells its start, too.
  { header: 'RUN', importance: 10 },
  { header: 'START', importance: 3 },
  { header: 'TOOK', importance: 7, align: 'right' },
  { header: 'END', importance: 9, min: 8 },
  { header: 'PHASES', importance: 4, min: 16, overflow: 'wrap' },
  { header: 'DETAIL', importance: 8, min: 16, overflow: 'wrap' },
];

/** Below the table, whole whatever the width: worktrees that are kept, refs of saved work, last screens. */
export function historyText(
  report: HistoryReport,
  layout: Pick<Terminal, 'color' | 'columns'>,
  now: number,
): string {
  const { formula, runs, total, current } = report;
  const lasts = current === undefined ? '' : `${currentLine(current, now, layout.color)}\n`;
  if (runs.length === 0) return `${lasts}No run of ${visible(formula)} has ended yet.\n`;
  const cells = runs.map(({ run }): Cell[] => [
    run.id,
    isoSeconds(run.startedAt),
    run.endedAt === undefined ? '' : duration(run.endedAt - run.startedAt),
    defined({ text: endWords(run.reason), style: endStyle(run.reason) }),
    run.phases.map((note) => phaseWords(note, run.startedAt)).join(', '),
    [run.retries === 0 ? '' : counted(run.retries, 'restart'), run.detail ?? '']
      .filter((text) => text !== '')
      .join('; '),
  ]);
  const places = runs.map(placeLines).join('');
  const more = total > runs.length ? `\n${total - runs.length} older: --last ${total}\n` : '';
  return `${lasts}${table(columns, cells, layout)}${places === '' ? '' : `\n${places}`}${more}`;
}

function currentLine({ run, alive }: NonNullable<HistoryReport['current']>, now: number, color: boolean) {
  const phases = run.phases.map((note) => phaseWords(note, run.startedAt)).join(', ');
  const since = `${isoSeconds(run.startedAt)} (${duration(now - run.startedAt)})`;
  const text = alive
    ? `${run.id} runs since ${since}${phases === '' ? '' : `: ${phases}`}`
    : `${run.id} began at ${isoSeconds(run.startedAt)}, and its mosaic died: the next run ends what is left of it`;
  return `${paint(visible(text), alive ? 'green' : 'red', color)}\n`;
}

function placeLines({ run, screen }: PastRun): string {
  const worktree = worktreeWords(run);
  const lines = [
    ...(worktree === undefined ? [] : [`worktree ${worktree}`]),
    ...(screen === undefined ? [] : [`screen ${screen}`]),
  ];
  return lines.map((line) => `${visible(`${run.id}: ${line}`)}\n`).join('');
}

export const unreadableText = (count: number, path: string): string =>
  `${counted(count, 'line')} of ${visible(path)} could not be read and ${count === 1 ? 'was' : 'were'} left out.\n`;

/** `historyJson` as indented text. */
export const historyJsonText = (fleet: string, report: HistoryReport): string =>
  `${jsonText(historyJson(fleet, report), 2)}\n`;

export function historyJson(fleet: string, { formula, runs, total, unreadable, current }: HistoryReport) {
  return defined({
    format_version: 1 as const,
    fleet,
    formula,
    current:
      current === undefined
        ? undefined
        : { ...runJson(current.run), state: current.alive ? 'running' : 'orphaned' },
    total,
    unreadable,
    runs: runs.map(({ run, screen }) => defined({ ...runJson(run), screen })),
  });
}
