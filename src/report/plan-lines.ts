/** A plan as lines of text, before anybody decided on colour or width. */
import type { Action, Change, MissionVerdict, Plan, Verdict } from '../model/plan.ts';
import { defined } from './defined.ts';
import { planDiffs } from './diffs.ts';
import { summaryLine } from './plan-summary.ts';
import type { Style } from './style.ts';
import { visible } from '../base/visible.ts';

export interface PlanLine {
  /** Never wrapped. */
  head: string;
  style?: Style;
  /** Follows the head; where it is too long, it goes on below its own beginning. */
  text?: string;
}

export interface PlanTextOptions {
  /** Leave out the definitions and files (false); they are shown unless told. */
  diffs?: boolean;
  /** Also list every action with what it waits for, in the order of the plan. */
  actions?: boolean;
  /** false: without the line of numbers at the end. */
  summary?: boolean;
}

const marks: Record<Change, { symbol: string; style?: Style }> = {
  none: { symbol: ' ' },
  start: { symbol: '+', style: 'green' },
  restart: { symbol: '~', style: 'yellow' },
  stop: { symbol: '-', style: 'red' },
  adopt: { symbol: '<', style: 'cyan' },
  rename: { symbol: '>', style: 'cyan' },
  record: { symbol: '.', style: 'cyan' },
  hold: { symbol: '#', style: 'yellow' },
  conflict: { symbol: '!', style: 'red' },
  unknown: { symbol: '?', style: 'red' },
};

/** All lines of a plan, the summary last. */
export function planLines(plan: Plan, options: PlanTextOptions = {}): PlanLine[] {
  const summary: PlanLine = { head: summaryLine(plan), style: 'bold' };
  const sections = [
    refusalLines(plan),
    tableLines(plan),
    options.actions === true ? actionLines(plan) : [],
    ...(options.diffs === false ? [] : planDiffs(plan).map(({ lines }) => lines.map(diffLine))),
  ].filter((section) => section.length > 0);
  if (options.summary === false) return sections.flat();
  return [...sections.flatMap((section) => section.concat({ head: '' })), summary];
}

function refusalLines({ refused }: Plan): PlanLine[] {
  if (refused === undefined) return [];
  return [
    { head: 'Refused: ', style: 'red', text: visible(refused.reason) },
    { head: '  fix: ', text: visible(refused.fix) },
  ];
}

interface Row {
  change: Change;
  /** In place of the change's own word. */
  word?: string;
  subject: string;
  reason: string;
  fix?: string;
}

/** A row per agent that is not simply as wanted, then what concerns the fleet. */
function tableLines(plan: Plan): PlanLine[] {
  const rows: Row[] = [
    ...plan.verdicts.filter(({ change }) => change !== 'none').map(agentRow),
    ...plan.actions.flatMap(fleetRow),
    ...plan.missions.flatMap(missionRows),
    ...plan.holds.map(({ subject, reason, fix }): Row =>
      defined({ change: 'hold' as const, subject, reason, fix }),
    ),
  ];
  const words = Math.max(0, ...rows.map(({ change, word }) => (word ?? change).length));
  // Subjects are names, which are ASCII; one that is not is out of line and nothing worse.
  const subjects = Math.max(0, ...rows.map(({ subject }) => visible(subject).length));
  return rows.flatMap(({ change, word, subject, reason, fix }) => {
    const { symbol, style } = marks[change];
    const head = `${symbol} ${(word ?? change).padEnd(words)}  ${visible(subject).padEnd(subjects)}  `;
    const line: PlanLine = defined({ head, style, text: visible(reason) });
    return fix === undefined
      ? [line]
      : [line, { head: `${' '.repeat(head.length)}fix: `, text: visible(fix) }];
  });
}

const agentRow = ({ change, agent, reason, fix }: Verdict): Row =>
  defined({ change, subject: agent, reason, fix });

/** A mission of which something is done, wrong or offered, and a line for each condition that holds. */
function missionRows({ mission, change, state, reason, fix, conditions }: MissionVerdict): Row[] {
  if (change === 'none' && state !== 'offered' && conditions.length === 0) return [];
  const head: Row = defined({
    change,
    word: change === 'hold' || change === 'conflict' ? change : state,
    subject: mission,
    reason,
    fix,
  });
  const found = conditions.map(({ code, name, seen, done }): Row => ({
    change: 'none',
    word: code,
    subject: mission,
    reason: `${name}: ${seen}; ${done}`,
  }));
  return [head, ...found];
}

/** Steps that a reader of a plan wants to see although they are no change of an agent. */
function fleetRow(action: Action): Row[] {
  const { kind, reason } = action;
  switch (kind) {
    case 'start-holder':
      return [{ change: action.how === 'restart-unit' ? 'restart' : 'start', subject: 'holder', reason }];
    case 'stop-holder':
      return [{ change: 'stop', subject: 'holder', reason }];
    case 'start-timer':
      return [
        { change: action.restart ? 'restart' : 'start', subject: `timer of ${action.formula}`, reason },
      ];
    case 'stop-timer':
      return [{ change: 'stop', subject: `timer of ${action.formula}`, reason }];
    case 'remove-worktree':
      return [
        {
          change: 'stop',
          word: 'remove',
          subject: action.agent,
          reason: `worktree ${action.path}: ${reason}`,
        },
      ];
    default:
      return [];
  }
}

const actionLines = (plan: Plan): PlanLine[] =>
  plan.actions.map(({ id, needs }) => ({
    head: `* ${visible(id)}${needs.length === 0 ? '' : ` after ${needs.map(visible).join(', ')}`}`,
  }));

/** A line of a unified diff in its colour. */
export function diffLine(line: string, index: number): PlanLine {
  if (index < 2) return { head: line, style: 'bold' };
  if (line.startsWith('@@')) return { head: line, style: 'cyan' };
  if (line.startsWith('+')) return { head: line, style: 'green' };
  return line.startsWith('-') ? { head: line, style: 'red' } : { head: line };
}
