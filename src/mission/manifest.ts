/** MISSION-MANIFEST.md: made once; afterwards mosaic writes only what stands between its two markers. */
import { formatDuration } from '../base/duration.ts';
import { listed } from '../base/text.ts';
import type { MilestoneEntry, MissionFile, SessionEntry } from '../model/mission.ts';
import { head, inline, row } from './markdown.ts';
import { currentMilestone } from './select.ts';

const begin = '<!-- mosaic: the next lines are written from mission.json; edit anything else -->';
const end = '<!-- mosaic: end -->';

/** Sessions shown; mission.json has them all. */
const shownSessions = 20;

/** The manifest of a new mission: its scope and success criteria are for the agent to write. */
export function newManifest(record: MissionFile): string {
  const description = inline(record.description ?? '');
  const gates = inline(record.quality_gates ?? '');
  return `# Mission: ${inline(record.name)}

${description === '' ? '' : `${description}\n\n`}## Scope

What belongs to this mission, and what does not: for the orchestrating agent to write down before the first task, from the
prompt at the beginning of the scratchpad.

- In scope:
- Out of scope:

## Success criteria

How anyone can tell that it is done: each one a thing to see or to run.

- [ ] ${gates === '' ? 'to be written' : `The quality gates pass: ${gates}`}

## State

${begin}
${state(record)}${end}

## Decisions and risks

- none yet
`;
}

/**
 * The text with what stands between the markers written anew from the record, and not a byte else; its line breaks are those
 * of the first marker. Undefined when the markers are not there exactly once each, in their order, on lines of their own: the
 * file is the agent's then.
 */
export function updateManifest(text: string, record: MissionFile): string | undefined {
  const first = onlyLine(text, begin);
  const last = onlyLine(text, end);
  if (first === undefined || last === undefined || last.start < first.next) return undefined;
  const crlf = text.slice(first.start, first.next).endsWith('\r\n');
  const block = crlf ? state(record).replaceAll('\n', '\r\n') : state(record);
  return `${text.slice(0, first.next)}${block}${text.slice(last.start)}`;
}

/** Where the one line is that says just this; undefined when there is none, or more. */
function onlyLine(text: string, wanted: string): { start: number; next: number } | undefined {
  let found: { start: number; next: number } | undefined;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const start = text.lastIndexOf('\n', at) + 1;
    const feed = text.indexOf('\n', at);
    const next = feed < 0 ? text.length : feed + 1;
    if (
      text
        .slice(start, next)
        .replace(/^\ufeff/, '')
        .trim() !== wanted
    )
      continue;
    if (found !== undefined) return undefined;
    found = { start, next };
  }
  return found;
}

/** Lines that each end in a newline, an empty one first and last, as comments want them around Markdown. */
function state(record: MissionFile): string {
  const { milestones, sessions } = record;
  const shown = sessions.slice(-shownSessions);
  const older = sessions.length - shown.length;
  const parts = [
    `- Mission: ${inline(record.mission_id)}\n- Status: ${inline(record.status)}\n- Phase: ${phase(record)}\n`,
    '### Milestones\n',
    milestones.length === 0 ? 'None yet.\n' : head(milestoneColumns) + milestones.map(milestoneRow).join(''),
    '### Sessions\n',
    sessions.length === 0 ? 'None yet.\n' : head(sessionColumns) + shown.map(sessionRow).join(''),
    ...(older > 0 ? [`The last ${shownSessions}; ${older} before them are in mission.json.\n`] : []),
  ];
  return `\n${parts.join('\n')}\n`;
}

function phase(record: MissionFile): string {
  const current = currentMilestone(record);
  if (current !== undefined)
    return `${inline(current.id)}, ${inline(current.name)} (${inline(current.status)})`;
  const blocked = record.milestones.filter(({ status }) => status === 'blocked').map(({ id }) => inline(id));
  if (blocked.length > 0) return `none open, ${listed(blocked)} blocked`;
  return record.milestones.length === 0 ? 'no milestones yet' : 'all milestones completed';
}

const milestoneColumns = ['milestone', 'name', 'status', 'branch', 'issue', 'started', 'completed'];

const milestoneRow = (milestone: MilestoneEntry): string =>
  row([
    milestone.id,
    milestone.name,
    milestone.status,
    milestone.branch ?? '',
    milestone.issue_ref ?? '',
    milestone.started_at ?? '',
    milestone.completed_at ?? '',
  ]);

const sessionColumns = [
  'session',
  'runtime',
  'agent',
  'started',
  'ended',
  'reason',
  'length',
  'milestone',
  'last task',
];

const sessionRow = (session: SessionEntry): string =>
  row([
    session.session_id,
    session.runtime ?? '',
    session.agent ?? '',
    session.started_at ?? '',
    session.ended_at ?? '',
    session.ended_reason ?? '',
    typeof session.duration_seconds === 'number' ? formatDuration(session.duration_seconds * 1000) : '',
    session.milestone_id ?? '',
    session.last_task_id ?? '',
  ]);
