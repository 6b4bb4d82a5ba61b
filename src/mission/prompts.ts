/** What a session is told when it starts on a mission, ready to paste. Values of files stand in it on a line each, made safe. */
import { counted } from '../base/text.ts';
import { commandLine, lineOf, milestoneWords, taskWords, type Brief } from './brief.ts';
import { dirtyLines, dirtyWords, isClean, type DirtyState } from './dirty.ts';
import { sessionWords } from './ending.ts';
import type { DeadWhy, Task } from '../model/mission.ts';

export interface PromptInput extends Brief {
  /** The protocol guide, absolute. */
  guide: string;
}

export interface RecoveryInput extends PromptInput {
  /** Why the session before is taken for dead; absent: it is not told. */
  why?: DeadWhy;
  /** Absent: git did not tell. */
  dirty?: DirtyState;
  /** Tasks that stand as in progress. */
  inProgress: readonly Task[];
}

/** To go on where the last session stopped. */
export function continuationPrompt(input: PromptInput): string {
  if (input.progress.total === 0) return firstPrompt(input);
  const opening = `Go on with the mission ${missionName(input)}. You are its orchestrating agent for this session.`;
  return prompt([[opening], places(input), standing(input), before(input), steps(continuing(input))]);
}

/** To begin: nobody has worked on it, or it has no tasks yet. */
export function firstPrompt(input: PromptInput): string {
  const opening = `Begin the mission ${missionName(input)}. You are its orchestrating agent for this session.`;
  return prompt([[opening], places(input), standing(input), before(input), steps(continuing(input))]);
}

/** To pick up what a session left that died in the middle. */
export function recoveryPrompt(input: RecoveryInput): string {
  const opening = `Recover the mission ${missionName(input)}: the session before this one died in the middle of its work. You are its orchestrating agent for this session.`;
  return prompt([
    [opening],
    places(input),
    standing(input),
    before(input, input.why === undefined ? undefined : whyWords[input.why]),
    leftBehind(input),
    steps(recovering(input)),
  ]);
}

const missionName = ({ record }: Brief): string => `"${lineOf(record.name)}" (${lineOf(record.mission_id)})`;

function places({ record, places: at, progress, guide, runtime, workplace }: PromptInput): string[] {
  const gates = record.quality_gates ?? '';
  return section('Where things are', [
    ['Project', lineOf(at.project)],
    ...(workplace === undefined ? [] : [['You work in', lineOf(workplace)] as const]),
    ['State', lineOf(at.mission)],
    ['Tasks', `${lineOf(at.tasks)} (${progress.done} of ${progress.total} done)`],
    ['Manifest', lineOf(at.manifest)],
    ['Scratchpad', lineOf(at.scratchpad ?? 'none yet')],
    ['Protocol', lineOf(guide)],
    [
      'Quality gates',
      gates === '' ? 'none are set; find out how this project is checked' : commandLine(gates),
    ],
    ['Runtime', lineOf(runtime)],
  ]);
}

function standing({ milestone, task, unplanned, progress, branch }: Brief): string[] {
  return section('Where it stands', [
    ['Current milestone', milestone === undefined ? 'none is left open' : milestoneWords(milestone)],
    [
      'Next task',
      task === undefined
        ? unplanned
          ? 'none is written down yet'
          : 'none is left that could be started'
        : `${taskWords(task)} [${task.status}]`,
    ],
    ['Progress', `${progress.pct}%`],
    ['Branch', lineOf(branch ?? 'none (detached, or no git repository)')],
  ]);
}

const whyWords: Record<DeadWhy, string> = {
  gone: 'its process is gone',
  reused: 'its process is gone, another bears its number',
  reboot: 'the machine was started anew since',
  'never-started': 'its program never came up',
};

function before({ previous }: Brief, why?: string): string[] {
  const reason = why === undefined ? '' : ` (${why})`;
  return [
    'Previous session',
    previous === undefined ? '  none: this is the first' : `  ${sessionWords(previous)}${reason}`,
  ];
}

function leftBehind({ dirty, inProgress }: RecoveryInput): string[] {
  const lines =
    dirty === undefined ? ['git did not tell; look for yourself'] : [dirtyWords(dirty), ...dirtyLines(dirty)];
  const open = inProgress.map((task) => taskWords(task));
  return [
    'What it left behind',
    ...lines.map((line, index) => (index === 0 ? `  ${line}` : `    ${line}`)),
    open.length === 0 ? '  No task stands as in progress.' : `  ${counted(open.length, 'task')} in progress:`,
    ...open.map((line) => `    ${line}`),
  ];
}

/** The same beginning in each: what to read, and in which order. */
function reading({ places: at, guide }: PromptInput): string[] {
  const scratchpad =
    at.scratchpad === undefined ? 'the scratchpad' : `the scratchpad ${lineOf(at.scratchpad)}`;
  return [
    `Read the manifest ${lineOf(at.manifest)}, then ${scratchpad} from its end backwards, then the tasks ${lineOf(at.tasks)}. How to work is told in ${lineOf(guide)}.`,
  ];
}

const syncing = ({ branch }: Brief): string =>
  branch === undefined
    ? 'Find out which branch the work belongs on, and bring it up to date with its remote.'
    : `Bring the branch ${lineOf(branch)} up to date with its remote before you change anything.`;

/** What holds to the end of the session. */
function rules({ places: at, record }: PromptInput): string[] {
  const gates = record.quality_gates ?? '';
  return [
    `You alone write ${lineOf(at.tasks)}; agents that you start report to you. One task at a time is in-progress; set it done only when ${gates === '' ? 'the checks of the project pass' : `the quality gates pass: ${commandLine(gates)}`}.`,
    'Note decisions and corrections at the end of the scratchpad. Before you run out of context, append a section "## Handoff" there (what is done, what is half done, what comes next), and end.',
  ];
}

function continuing(input: PromptInput): string[] {
  const { task } = input;
  if (input.unplanned) return planning(input);
  const next =
    task === undefined
      ? 'No task is left to start: check the success criteria in the manifest, run the quality gates, and write down as new tasks what is still missing.'
      : `Go on from ${taskWords(task)}, then with the tasks after it.`;
  return [...reading(input), syncing(input), next, ...rules(input)];
}

const planning = (input: PromptInput): string[] => [
  ...reading(input),
  syncing(input),
  planWords(input),
  'Then begin with the first of them.',
  ...rules(input),
];

function planWords({ milestone, places: at, record }: PromptInput): string {
  const prefix = record.task_prefix ?? '';
  const ids = prefix === '' ? '' : `, with ids that begin with ${lineOf(prefix)}`;
  const what = milestone === undefined ? 'the mission' : `the milestone ${milestoneWords(milestone)}`;
  return `Break ${what} into tasks, each small enough for one sitting and with an end that can be checked. Write them into the table of ${lineOf(at.tasks)} as not-started${ids}.`;
}

function recovering(input: RecoveryInput): string[] {
  const { dirty, task, unplanned } = input;
  const clean = dirty !== undefined && isClean(dirty);
  return [
    ...reading(input),
    clean
      ? 'Its working tree is clean: see from the last commits how far the task in progress came.'
      : 'Look at what is not committed, stashed or not pushed before you change anything. Keep what is good and commit it; throw nothing away that you have not read.',
    syncing(input),
    unplanned
      ? planWords(input)
      : task === undefined
        ? 'No task is left to start: run the quality gates, and write down as new tasks what is missing.'
        : `Check whether ${taskWords(task)} is not in truth done already; if not, finish it, then go on with the tasks after it.`,
    ...rules(input),
  ];
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 1;
  return [title, ...rows.map(([name, value]) => `  ${`${name}:`.padEnd(width)} ${value}`)];
}

const steps = (list: readonly string[]): string[] => [
  'What to do',
  ...list.map((step, index) => `  ${index + 1}. ${step}`),
];

const prompt = (sections: readonly (readonly string[])[]): string =>
  `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
