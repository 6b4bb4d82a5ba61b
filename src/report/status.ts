/** `mosaic status`: a table for people, JSON for programs (schemas/status.schema.json). */
import { counted } from '../base/text.ts';
import type { AgentStatus } from '../model/plan.ts';
import { defined } from './defined.ts';
import { ago, bytes, duration, isoSeconds } from './format.ts';
import { missionStatusText } from './mission-status.ts';
import type { StatusReport, StatusRow } from './status-rows.ts';
import { paint } from './style.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './text.ts';
import { jsonText, visible } from '../base/visible.ts';

export { statusReport, statusRows } from './status-rows.ts';
export type { StatusInput, StatusReport, StatusRow } from './status-rows.ts';

/** In the order in which the last line counts them: the good, what waits, what was asked for, the bad. */
const states: Record<AgentStatus, { word: string; style?: Style }> = {
  running: { word: 'running', style: 'green' },
  'pending-restart': { word: 'pending restart', style: 'yellow' },
  limited: { word: 'limited', style: 'yellow' },
  completed: { word: 'completed' },
  stopped: { word: 'stopped' },
  suspended: { word: 'suspended' },
  absent: { word: 'absent', style: 'yellow' },
  held: { word: 'held', style: 'yellow' },
  backoff: { word: 'backoff', style: 'yellow' },
  crashed: { word: 'crashed', style: 'red' },
  blocked: { word: 'blocked', style: 'red' },
  conflict: { word: 'conflict', style: 'red' },
  unknown: { word: 'unknown', style: 'red' },
};

const columns: Column[] = [
  { header: 'AGENT', importance: 9, min: 12 },
  { header: 'STATE', importance: 8 },
  { header: 'SINCE', importance: 6, align: 'right' },
  { header: 'RESTARTS', importance: 4, align: 'right' },
  { header: 'PID', importance: 1, align: 'right' },
  { header: 'MEMORY', importance: 2, align: 'right' },
  { header: 'WORKTREE', importance: 5, min: 12, overflow: 'cut-start' },
  { header: 'TASK', importance: 3, min: 10 },
  { header: 'REASON', importance: 7, min: 26, overflow: 'wrap' },
];

type Layout = Pick<Terminal, 'color' | 'columns'>;

/** The table alone, a line per agent or more where a reason is wrapped. */
export function statusTable(rows: readonly StatusRow[], layout: Layout, now: number): string {
  const cells = rows.map((row): Cell[] => {
    const { word, style } = states[row.state];
    return [
      row.agent,
      defined({ text: word, style }),
      row.since === undefined ? '' : duration(now - row.since),
      String(row.restarts),
      row.pid === undefined ? '' : String(row.pid),
      row.memory === undefined ? '' : bytes(row.memory),
      row.worktree === undefined ? '' : branchOf(row.worktree),
      row.task ?? '',
      reasonOf(row, now),
    ];
  });
  return table(columns, cells, layout);
}

/** The whole report: whose fleet this is, the table, and how many agents are in which state. */
export function statusText(report: StatusReport, layout: Layout, now: number): string {
  const heading = [
    `Fleet ${visible(report.fleet)}`,
    report.supervisor === undefined ? 'supervisor not known' : supervisorWords[report.supervisor],
    `tmux -L ${visible(report.socket)}`,
    serverWords(report),
  ].join(', ');
  const text = wrap(heading, layout.columns).map((line) => `${paint(line, 'bold', layout.color)}\n`);
  const body = report.rows.length === 0 ? '' : `\n${statusTable(report.rows, layout, now)}`;
  const missions = missionStatusText(report.missions, layout);
  const end = `${wrap(countLine(report.rows), layout.columns).join('\n')}\n`;
  return `${text.join('')}${body}${missions === '' ? '' : `\n${missions}`}\n${end}`;
}

/** `statusJson` as indented text. */
export const statusJsonText = (report: StatusReport): string => `${jsonText(statusJson(report), 2)}\n`;

/** The report for programs: times in UTC, sizes in bytes, nothing left out for lack of room. */
export function statusJson(report: StatusReport) {
  return defined({
    format_version: 1 as const,
    fleet: report.fleet,
    supervisor: report.supervisor,
    tmux: defined({ socket: report.socket, server_pid: report.serverPid, unknown: report.trouble }),
    counts: counts(report.rows),
    missions: report.missions,
    agents: report.rows.map((row) =>
      defined({
        agent: row.agent,
        state: row.state,
        wanted: row.wanted,
        restarts: row.restarts,
        since: row.since === undefined ? undefined : isoSeconds(row.since),
        pid: row.pid,
        memory_bytes: row.memory,
        worktree: row.worktree,
        task: row.task,
        revision: row.revision,
        reason: row.reason,
        fix: row.fix,
        until: row.until === undefined ? undefined : isoSeconds(row.until),
      }),
    ),
  });
}

const supervisorWords = { systemd: 'under systemd', none: 'under tmux alone' } as const;

function serverWords({ serverPid, trouble }: StatusReport): string {
  if (trouble !== undefined) return `not observed: ${visible(trouble)}`;
  return serverPid === undefined ? 'no server' : `server pid ${serverPid}`;
}

/** As git prompts have it: a star for what is not committed, and how many commits are on no other branch. */
function branchOf({ branch, dirty, unpushed }: NonNullable<StatusRow['worktree']>): string {
  return `${branch ?? '(detached)'}${dirty ? '*' : ''}${unpushed === 0 ? '' : ` +${unpushed}`}`;
}

function reasonOf({ reason, fix, until }: StatusRow, now: number): string {
  if (reason === undefined) return '';
  const when = until === undefined ? '' : ` (${until > now ? ago(until, now) : 'due'})`;
  return `${reason}${when}${fix === undefined ? '' : `; ${fix}`}`;
}

function counts(rows: readonly StatusRow[]): Partial<Record<AgentStatus, number>> {
  const found: Partial<Record<AgentStatus, number>> = {};
  for (const { state } of rows) found[state] = (found[state] ?? 0) + 1;
  return found;
}

function countLine(rows: readonly StatusRow[]): string {
  const found = counts(rows);
  const parts = Object.entries(states).flatMap(([state, { word }]) => {
    const n = found[state as AgentStatus];
    return n === undefined ? [] : [`${n} ${word}`];
  });
  return rows.length === 0 ? 'No agents.' : `${counted(rows.length, 'agent')}: ${parts.join(', ')}.`;
}
