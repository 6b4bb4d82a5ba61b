/** `mosaic formula list`: a table for people, JSON for programs (schemas/formula-list.schema.json). */
import { formatDuration } from '../base/duration.ts';
import { jsonText, visible } from '../base/visible.ts';
import type { RunRecord } from '../model/formula.ts';
import { defined } from './defined.ts';
import { endWords, endStyle } from './formula-words.ts';
import { ago, duration, isoSeconds } from './format.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Where a formula is known from: the fleet file, this host's own list, or only its runs. */
export type FormulaOrigin = 'fleet' | 'installed' | 'runs';

export interface FormulaRow {
  name: string;
  origin: FormulaOrigin;
  /** Where it stands, or stood at its last run. */
  file?: string;
  everyMs?: number;
  /** What its timer is named for. */
  schedule?: string;
  /** When its timer comes next. */
  next?: number;
  /** Why nothing is known of its timer, or it will not come. */
  scheduleTrouble?: string;
  running?: RunRecord;
  /** How to look at the session of the run. */
  attach?: string;
  /** A run that nobody sees to any more: its mosaic died. */
  orphan?: RunRecord;
  last?: RunRecord;
  /** Answers that no run has taken yet. */
  replies: number;
  /** Why its runs could not be read. */
  trouble?: string;
}

const columns: Column[] = [
  { header: 'FORMULA', importance: 9, min: 12 },
  { header: 'EVERY', importance: 4, align: 'right' },
  { header: 'NEXT', importance: 5, min: 10, overflow: 'wrap' },
  { header: 'NOW', importance: 8, min: 14, overflow: 'wrap' },
  { header: 'LAST', importance: 7, min: 16, overflow: 'wrap' },
  { header: 'TOOK', importance: 3, align: 'right' },
  { header: 'REPLIES', importance: 2, align: 'right' },
  { header: 'NOTE', importance: 6, min: 20, overflow: 'wrap' },
];

/** The table, and below it, whole whatever the width, how to look at each run. */
export function formulaListText(
  rows: readonly FormulaRow[],
  layout: Pick<Terminal, 'color' | 'columns'>,
  now: number,
): string {
  if (rows.length === 0) return 'No formulas: none is in the fleet file, none is installed, none has run.\n';
  const cells = rows.map((row): Cell[] => [
    row.name,
    row.everyMs === undefined ? '' : formatDuration(row.everyMs),
    row.next === undefined ? '' : row.next > now ? ago(row.next, now) : 'due',
    nowCell(row, now),
    lastCell(row.last, now),
    row.last === undefined ? '' : took(row.last),
    row.replies === 0 ? '' : String(row.replies),
    noteOf(row),
  ]);
  const looks = rows.flatMap(({ name, attach }) =>
    attach === undefined ? [] : [`${visible(name)}: ${attach}\n`],
  );
  return `${table(columns, cells, layout)}${looks.length === 0 ? '' : `\n${looks.join('')}`}`;
}

/** One line for a report on the fleet, on the runs that last; nothing where there is none. */
export function runningLine(runs: readonly RunRecord[], now: number): string {
  if (runs.length === 0) return '';
  const words = runs.map(({ formula, startedAt, phases }) => {
    const phase = phases.at(-1)?.phase;
    return `${formula} since ${duration(now - startedAt)}${phase === undefined ? '' : ` (${phase})`}`;
  });
  return `${visible(`${runs.length === 1 ? 'Formula' : 'Formulas'} running: ${words.join(', ')}`)}\n`;
}

function nowCell({ running, orphan }: FormulaRow, now: number): Cell {
  if (running !== undefined) {
    const phase = running.phases.at(-1)?.phase;
    const text = `running ${duration(now - running.startedAt)}${phase === undefined ? '' : `, ${phase}`}`;
    return { text, style: phase === 'escalate' ? 'yellow' : 'green' };
  }
  return orphan === undefined ? '' : { text: 'left by its mosaic', style: 'red' };
}

function lastCell(last: RunRecord | undefined, now: number): Cell {
  if (last === undefined) return '';
  return defined({
    text: `${endWords(last.reason)} ${ago(last.endedAt ?? last.startedAt, now)}`,
    style: endStyle(last.reason),
  });
}

function noteOf({
  name,
  schedule,
  orphan,
  scheduleTrouble,
  trouble,
  replies,
  last,
  running,
}: FormulaRow): string {
  const parts = [
    trouble,
    orphan === undefined
      ? undefined
      : `${orphan.reason === undefined ? 'mosaic died over the run' : 'mosaic could not end all of the run'} ${orphan.id}: the next one ends what is left of it`,
    schedule === undefined || schedule === name ? undefined : `its timer is named ${schedule}`,
    scheduleTrouble,
    replies === 0
      ? undefined
      : `${replies === 1 ? 'a reply waits' : `${replies} replies wait`} for the next run`,
    running === undefined && orphan === undefined ? last?.detail : undefined,
    questionOf(running),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('; ');
}

/** What an escalation asks. */
function questionOf(running: RunRecord | undefined): string | undefined {
  const note = running?.phases.at(-1);
  return note?.phase === 'escalate' && note.detail !== undefined ? `asks: ${note.detail}` : undefined;
}

const took = ({ startedAt, endedAt }: RunRecord): string =>
  endedAt === undefined ? '' : duration(endedAt - startedAt);

/** `formulaListJson` as indented text. */
export const formulaListJsonText = (fleet: string, rows: readonly FormulaRow[]): string =>
  `${jsonText(formulaListJson(fleet, rows), 2)}\n`;

export function formulaListJson(fleet: string, rows: readonly FormulaRow[]) {
  return {
    format_version: 1,
    fleet,
    formulas: rows.map((row) =>
      defined({
        formula: row.name,
        origin: row.origin,
        file: row.file,
        schedule: row.schedule,
        every_seconds: row.everyMs === undefined ? undefined : row.everyMs / 1000,
        next: row.next === undefined ? undefined : isoSeconds(row.next),
        schedule_trouble: row.scheduleTrouble,
        running:
          row.running === undefined
            ? undefined
            : defined({ ...runningJson(row.running), attach: row.attach }),
        orphan: row.orphan === undefined ? undefined : runningJson(row.orphan),
        last:
          row.last === undefined
            ? undefined
            : defined({
                run: row.last.id,
                reason: row.last.reason,
                exit_code: row.last.exitCode,
                detail: row.last.detail,
                started_at: isoSeconds(row.last.startedAt),
                ended_at: row.last.endedAt === undefined ? undefined : isoSeconds(row.last.endedAt),
                duration_seconds:
                  row.last.endedAt === undefined ? undefined : (row.last.endedAt - row.last.startedAt) / 1000,
              }),
        replies: row.replies,
        trouble: row.trouble,
      }),
    ),
  } as const;
}

const runningJson = ({ id, startedAt, phases, worktree }: RunRecord) =>
  defined({
    run: id,
    started_at: isoSeconds(startedAt),
    phase: phases.at(-1)?.phase,
    detail: phases.at(-1)?.detail,
    worktree: worktree?.path,
  });
