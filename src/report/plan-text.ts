/** The text form of a plan: for people, for the debug log, and for tests to compare. */
import type { Plan } from '../model/plan.ts';
import { planLines } from './plan-lines.ts';
import type { PlanLine, PlanTextOptions } from './plan-lines.ts';
import { paint } from './style.ts';
import type { Terminal } from './terminal.ts';
import { displayWidth, wrap } from './text.ts';

/** The same plan gives the same text, anywhere and at any time: no colour, no width, no clock. Ends in a newline. */
export function planText(plan: Plan, options: PlanTextOptions = {}): string {
  return planLines(plan, options)
    .map(({ head, text = '' }) => `${`${head}${text}`.trimEnd()}\n`)
    .join('');
}

// Narrower than this, a column of text is harder to read than lines that the terminal breaks.
const narrowest = 20;

/** The text form for a terminal: coloured, with reasons wrapped under their column. Lines of diffs stay whole. */
export const planScreen = (
  plan: Plan,
  terminal: Pick<Terminal, 'color' | 'columns'>,
  options: PlanTextOptions = {},
): string => linesOnScreen(planLines(plan, options), terminal);

/** Lines in colour, each with its text wrapped below its own beginning. */
export function linesOnScreen(
  lines: readonly PlanLine[],
  terminal: Pick<Terminal, 'color' | 'columns'>,
): string {
  const shown = lines.flatMap(({ head, style, text }) => {
    const painted = paint(head, style, terminal.color);
    if (text === undefined) return [painted];
    const indent = displayWidth(head);
    const room = terminal.columns - indent;
    const wrapped = room < narrowest ? [text] : wrap(text, room);
    return wrapped.map((line, i) => (i === 0 ? painted : ' '.repeat(indent)) + line);
  });
  return shown.map((line) => `${line}\n`).join('');
}
