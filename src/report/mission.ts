/** `mosaic coord mission`: the dashboard. */
import { counted } from '../base/text.ts';
import { visible } from '../base/visible.ts';
import { lineOf, milestoneWords, taskWords } from '../mission/brief.ts';
import { momentOf } from '../mission/liveness.ts';
import {
  currentMilestone,
  nextTask,
  progressOf,
  strayTasks,
  tasksOf,
  type Progress,
} from '../mission/select.ts';
import type { MilestoneEntry, MissionFile, MissionSeen } from '../model/mission.ts';
import { defined } from './defined.ts';
import { ago } from './format.ts';
import { nextSteps } from './mission-next.ts';
import {
  bar,
  endWords,
  lengthOf,
  liveness,
  milestoneStyles,
  missionStyles,
  notable,
  progressWords,
  recordOf,
  sessionSentence,
  stateWords,
  taskList,
  type MissionView,
} from './mission-parts.ts';
import { paint } from './style.ts';
import { table, type Cell, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './text.ts';

type Layout = Pick<Terminal, 'color' | 'columns'>;

const SESSIONS_SHOWN = 5;
const MILESTONES_SHOWN = 12;
/** Of those, at most so many before the current one. */
const MILESTONES_BEFORE = 3;

const milestoneColumns: Column[] = [
  { header: 'MILESTONE', importance: 8, min: 14 },
  { header: 'STATUS', importance: 7 },
  { header: 'TASKS', importance: 9, align: 'right' },
  { header: '', importance: 5 },
  { header: 'NOW', importance: 6 },
];

const sessionColumns: Column[] = [
  { header: 'SESSION', importance: 9, min: 8 },
  { header: 'RUNTIME', importance: 3 },
  { header: 'AGENT', importance: 2, min: 8 },
  { header: 'BEGUN', importance: 5, align: 'right' },
  { header: 'LENGTH', importance: 7, align: 'right' },
  { header: 'ENDED', importance: 8 },
  { header: 'LAST TASK', importance: 6, min: 8 },
];

/**
 * The whole dashboard of a project that has a mission.
 * @param where what command lines need to find the project, such as ` --project /src/shop`
 */
export function missionText(view: MissionView, layout: Layout, where: string): string {
  const record = recordOf(view);
  if (record === undefined) return '';
  const parts = [
    heading(record, view, layout),
    milestones(record, view, layout),
    sessions(record, view, layout),
    standing(record, view, layout),
    conditions(view, layout),
    ways(view, layout, where),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function heading(record: MissionFile, view: MissionView, layout: Layout): string {
  const milestone = currentMilestone(record);
  const phase = milestone === undefined ? 'no milestone open' : milestoneWords(milestone);
  const { branch, places } = view.seen;
  const place = `${visible(places.project)}${branch === undefined ? '' : ` on ${lineOf(branch)}`}`;
  const done = view.seen.tasks.known ? progressLines(progressOf(taskList(view)), layout) : [];
  const text = `Mission ${lineOf(record.name)} (${lineOf(record.mission_id)}): ${record.status}, ${phase}`;
  const style = record.status === 'active' ? 'bold' : missionStyles[record.status];
  return [
    ...wrap(text, layout.columns).map((line) => paint(line, style, layout.color)),
    ...wrap(place, layout.columns).map((line) => paint(line, 'dim', layout.color)),
    ...(done.length === 0 ? [] : ['', ...done]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The bar and what it says: beside it, or below where there is no room. */
function progressLines(progress: Progress, { columns, color }: Layout): string[] {
  const words = progressWords(progress);
  const room = columns - words.length - 2;
  const style = progress.pct === 100 ? 'green' : 'cyan';
  const drawn = (width: number): string => paint(bar(progress, width), style, color);
  return room >= 10
    ? [`${drawn(Math.min(40, room))}  ${words}`]
    : [drawn(Math.min(40, columns)), ...wrap(words, columns)];
}

function milestones(record: MissionFile, view: MissionView, layout: Layout): string {
  const all = record.milestones;
  if (all.length === 0) return paragraph('No milestones.', layout);
  const tasks = taskList(view);
  const width = layout.columns >= 120 ? 20 : 10;
  const [from, to] = shownRange(record);
  const row = (milestone: MilestoneEntry): Cell[] => {
    const { done, total } = progressOf(tasksOf(tasks, milestone.id));
    const style = milestoneStyles[milestone.status];
    return [
      milestoneWords(milestone),
      defined({ text: milestone.status, style }),
      view.seen.tasks.known ? `${done}/${total}` : '?',
      defined({ text: total === 0 ? '' : bar({ done, total }, width), style }),
      notable(tasks, milestone.id),
    ];
  };
  const lines = table(milestoneColumns, all.slice(from, to).map(row), layout);
  const stray = strayTasks(record, tasks).length;
  const wrapped = (line: string): string => paragraph(line, layout);
  return [
    from > 0 ? wrapped(`… ${folded(all.slice(0, from))} above`) : '',
    lines,
    to < all.length ? wrapped(`… ${folded(all.slice(to))} below`) : '',
    stray > 0 ? wrapped(`${counted(stray, 'task')} of no milestone of the mission`) : '',
  ].join('');
}

/** Which milestones are shown, when there are too many: those around the current one. */
function shownRange(record: MissionFile): [number, number] {
  const { length } = record.milestones;
  if (length <= MILESTONES_SHOWN) return [0, length];
  const current = currentMilestone(record);
  const at = current === undefined ? length - 1 : record.milestones.indexOf(current);
  const from = Math.max(0, Math.min(at - MILESTONES_BEFORE, length - MILESTONES_SHOWN));
  return [from, from + MILESTONES_SHOWN];
}

function folded(entries: readonly MilestoneEntry[]): string {
  const count = (status: MilestoneEntry['status']): number =>
    entries.filter((entry) => entry.status === status).length;
  const words = (['completed', 'in-progress', 'blocked', 'pending'] as const).flatMap((status) =>
    count(status) === 0 ? [] : [`${count(status)} ${status}`],
  );
  return `${counted(entries.length, 'milestone')} (${words.join(', ')})`;
}

function sessions(record: MissionFile, view: MissionView, layout: Layout): string {
  const all = record.sessions;
  if (all.length === 0) return 'No session yet.\n';
  const shown = all.slice(-SESSIONS_SHOWN);
  const rows = shown.map((session): Cell[] => {
    const began = momentOf(session.started_at);
    return [
      lineOf(session.session_id),
      lineOf(session.runtime ?? ''),
      lineOf(session.agent ?? ''),
      began === undefined ? '' : ago(began, view.now),
      lengthOf(session, view.now),
      endWords(session, view),
      lineOf(session.last_task_id ?? ''),
    ];
  });
  const left = all.length - shown.length;
  const more = left > 0 ? paragraph(`… ${counted(left, 'session')} before`, layout) : '';
  return `${more}${table(sessionColumns, rows, layout)}`;
}

/** The session of the lock, and the next task. */
function standing(record: MissionFile, view: MissionView, layout: Layout): string {
  const task = view.seen.tasks.known ? nextTask(record, taskList(view)) : undefined;
  const { style } = stateWords(liveness(view));
  const next = !view.seen.tasks.known
    ? `Tasks cannot be read: ${visible(view.seen.tasks.why)}`
    : `Next task: ${task === undefined ? noTask(record, view) : taskWords(task)}`;
  const lines = [
    ...wrap(sessionSentence(view), layout.columns).map((line) => paint(line, style, layout.color)),
    ...wrap(next, layout.columns),
    ...view.seen.missing.flatMap((what) =>
      wrap(missingWords(what, view), layout.columns).map((line) => paint(line, 'yellow', layout.color)),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function noTask(record: MissionFile, view: MissionView): string {
  const milestone = currentMilestone(record);
  if (milestone === undefined || tasksOf(taskList(view), milestone.id).length > 0) return 'none';
  return `none yet, ${milestoneWords(milestone)} is to be broken into tasks first`;
}

function missingWords(what: MissionSeen['missing'][number], { seen }: MissionView): string {
  const file = what === 'tasks' ? 'tasks file' : what;
  return `The ${file} ${visible(seen.places[what] ?? '')} is not there.`;
}

function conditions({ conditions: found }: MissionView, layout: Layout): string {
  return found
    .flatMap(({ code, name, seen, done }) => [
      ...indented(`${code} ${name}: ${visible(seen)}`, layout.columns, '', '    ').map((line) =>
        paint(line, 'yellow', layout.color),
      ),
      ...indented(visible(done), layout.columns, '    ', '    '),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function ways(view: MissionView, layout: Layout, where: string): string {
  const lines = nextSteps(view, where).flatMap(({ text, command }) => {
    const words = text === undefined ? [] : wrap(text, layout.columns);
    // Whole, whatever the width: it is there to be copied.
    return command === undefined ? words : words.concat(`  ${paint(visible(command), 'cyan', layout.color)}`);
  });
  return lines.map((line) => `${line}\n`).join('');
}

const paragraph = (text: string, { columns }: Layout): string =>
  wrap(text, columns)
    .map((line) => `${line}\n`)
    .join('');

function indented(text: string, columns: number, first: string, rest: string): string[] {
  const width = Math.max(10, columns - Math.max(first.length, rest.length));
  return wrap(text, width).map((line, index) => (index === 0 ? first : rest) + line);
}
