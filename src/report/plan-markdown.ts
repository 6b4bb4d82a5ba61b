/** A plan as a comment on a pull request, in GitHub's and GitLab's Markdown. */
import { byteLength } from '../base/text.ts';
import type { Plan } from '../model/plan.ts';
import { planDiffs } from './diffs.ts';
import type { Diff } from './diffs.ts';
import { code, details, htmlText, inline, left, maxBytes, takeWhileFits } from './markdown.ts';
import { summaryLine } from './plan-summary.ts';

/** A comment that a bot finds by this and brings up to date. Fleet names have no characters that could end it. */
export const planMarker = (fleet: string): string => `<!-- mosaic:plan:${fleet} -->`;

/**
 * The plan with a table of agents and folded diffs, at most 60 KiB of UTF-8: where it would be more, diffs are left out
 * from the last on, then rows of the table, and a note tells how many.
 */
export function planMarkdown(plan: Plan): string {
  const head = `${planMarker(plan.fleet)}\n### Fleet ${code(plan.fleet)}\n\n${inline(summaryLine(plan))}\n${refusal(plan)}`;
  const rows = tableRows(plan);
  const diffs = planDiffs(plan).map(folded);
  // Room for the notes, whose numbers are not known yet.
  const room = maxBytes - byteLength(head) - byteLength(tableHead) - 200;
  const shownRows = takeWhileFits(rows, room);
  const roomForDiffs = shownRows.length < rows.length ? 0 : room - byteLength(shownRows.join(''));
  const shownDiffs = takeWhileFits(diffs, roomForDiffs);
  const table = rows.length === 0 ? '' : `\n${tableHead}${shownRows.join('')}`;
  const notes = [
    left(rows.length - shownRows.length, 'agent', 'mosaic plan'),
    left(diffs.length - shownDiffs.length, 'diff', 'mosaic plan'),
  ].join('');
  return `${head}${table}${shownDiffs.join('')}${notes}`;
}

const tableHead = '| agent | change | reason |\n| --- | --- | --- |\n';

function refusal({ refused }: Plan): string {
  return refused === undefined ? '' : `\n> **Refused:** ${inline(refused.reason)}. ${inline(refused.fix)}\n`;
}

function tableRows(plan: Plan): string[] {
  const agents = plan.verdicts
    .filter(({ change }) => change !== 'none')
    .map(({ agent, change, reason, fix }) => ({ subject: agent, change, reason, fix }));
  const missions = plan.missions
    .filter(
      ({ change, state, conditions }) => change !== 'none' || state === 'offered' || conditions.length > 0,
    )
    .map(({ mission, state, reason, fix, conditions }) => ({
      subject: mission,
      change: state,
      reason: [
        reason,
        ...conditions.map(({ code, name, seen, done }) => `${code} ${name}: ${seen}; ${done}`),
      ].join('. '),
      fix,
    }));
  const holds = plan.holds.map(({ subject, reason, fix }) => ({ subject, change: 'hold', reason, fix }));
  return [...agents, ...missions, ...holds].map(({ subject, change, reason, fix }) => {
    const why = fix === undefined ? inline(reason) : `${inline(reason)}<br>${inline(fix)}`;
    return `| ${code(subject)} | ${change} | ${why} |\n`;
  });
}

const folded = ({ subject, lines }: Diff): string => details(htmlText(subject), lines);
