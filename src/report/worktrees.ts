/** `mosaic worktree list` and `gc`: a table, and JSON (schemas/worktrees.schema.json). */
import { counted } from '../base/text.ts';
import { formulaOfSession } from '../model/formula.ts';
import { defined } from './defined.ts';
import { duration } from './format.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { jsonText, visible } from '../base/visible.ts';

export type WorktreeAction = 'kept' | 'removed' | 'rescued-and-removed';

export interface WorktreeRow {
  agent: string;
  repository: string;
  path: string;
  branch?: string;
  /** The commit it stands at. */
  head?: string;
  /** In a word, such as `clean`, `dirty`, `absent`, `foreign`. */
  state: string;
  modified: number;
  untracked: number;
  unpushed: number;
  ageMs?: number;
  /** Who uses it, in words. */
  inUse?: string;
  /** What the cleaning up did, or would do. */
  action?: WorktreeAction;
  reason?: string;
  /** Where its work was saved before it was removed. */
  ref?: string;
}

const actionStyles: Record<WorktreeAction, Style | undefined> = {
  kept: undefined,
  removed: 'green',
  'rescued-and-removed': 'yellow',
};

const columns: Column[] = [
  { header: 'AGENT', importance: 9, min: 12 },
  { header: 'ACTION', importance: 8 },
  { header: 'STATE', importance: 5 },
  { header: 'BRANCH', importance: 4, min: 12, overflow: 'cut-start' },
  { header: 'WORK', importance: 7, min: 10, overflow: 'wrap' },
  { header: 'AGE', importance: 3, align: 'right' },
  { header: 'REASON', importance: 6, min: 20, overflow: 'wrap' },
];

/**
 * The table, and below it, whole whatever the width, the folder of each worktree that is still there and the ref where
 * the work of a removed one was saved: what a person has to be able to copy.
 */
export function worktreeTable(
  rows: readonly WorktreeRow[],
  terminal: Pick<Terminal, 'color' | 'columns'>,
): string {
  if (rows.length === 0) return 'No worktrees.\n';
  const cells = rows.map((row): Cell[] => {
    const { action = 'kept' } = row;
    const style = actionStyles[action];
    return [
      ownerOf(row),
      row.action === undefined ? '' : defined({ text: action.replaceAll('-', ' '), style }),
      defined({ text: row.state, style: row.state === 'dirty' ? ('yellow' as const) : undefined }),
      row.branch ?? `(${row.head?.slice(0, 10) ?? 'detached'})`,
      work(row),
      row.ageMs === undefined ? '' : duration(row.ageMs),
      [row.inUse === undefined ? '' : `in use: ${row.inUse}`, row.reason ?? '']
        .filter((text) => text !== '')
        .join('; '),
    ];
  });
  return `${table(columns, cells, terminal)}\n${rows.map(placeLine).join('')}`;
}

/** `gc` in a sentence, such as `Removed 2 worktrees, 1 of them rescued first; kept 3.` */
export function worktreeSummary(rows: readonly WorktreeRow[], options: { dryRun?: boolean } = {}): string {
  const rescued = rows.filter(({ action }) => action === 'rescued-and-removed').length;
  const removed = rows.filter(({ action }) => action === 'removed').length + rescued;
  const verb = options.dryRun === true ? 'Would remove' : 'Removed';
  const first = rescued === 0 ? '' : `, ${rescued} of them rescued first`;
  return `${verb} ${counted(removed, 'worktree')}${first}; kept ${rows.length - removed}.\n`;
}

/** Rows for programs, as indented text. */
export const worktreesJsonText = (fleet: string, rows: readonly WorktreeRow[]): string =>
  `${jsonText(worktreesJson(fleet, rows), 2)}\n`;

export function worktreesJson(fleet: string, rows: readonly WorktreeRow[]) {
  return {
    format_version: 1,
    fleet,
    worktrees: rows.map((row) =>
      defined({
        agent: row.agent,
        formula: formulaOfSession(row.agent),
        repository: row.repository,
        path: row.path,
        branch: row.branch,
        head: row.head,
        state: row.state,
        modified: row.modified,
        untracked: row.untracked,
        unpushed: row.unpushed,
        age_seconds: row.ageMs === undefined ? undefined : Math.floor(row.ageMs / 1000),
        in_use: row.inUse,
        action: row.action,
        reason: row.reason,
        ref: row.ref,
      }),
    ),
  } as const;
}

function work({ modified, untracked, unpushed }: WorktreeRow): string {
  const parts = [
    modified === 0 ? '' : `${modified} modified`,
    untracked === 0 ? '' : `${untracked} untracked`,
    unpushed === 0 ? '' : `${unpushed} unpushed`,
  ];
  return parts.filter((text) => text !== '').join(', ');
}

/** An agent, or the formula whose run it was. */
function ownerOf({ agent }: Pick<WorktreeRow, 'agent'>): string {
  const formula = formulaOfSession(agent);
  return formula === undefined ? agent : `formula ${formula}`;
}

function placeLine({ agent, path, ref, action }: WorktreeRow): string {
  const saved = ref === undefined ? '' : `, saved as ${visible(ref)}`;
  const was = action === 'removed' || action === 'rescued-and-removed' ? ' (was)' : '';
  return `${visible(ownerOf({ agent }))}: ${visible(path)}${was}${saved}\n`;
}
