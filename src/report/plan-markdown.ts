/** A plan as a comment on a pull request, in GitHub's and GitLab's Markdown. */
import { byteLength, counted } from '../base/text.ts';
import type { Plan } from '../model/plan.ts';
import { planDiffs } from './diffs.ts';
import type { Diff } from './diffs.ts';
import { summaryLine } from './plan-summary.ts';
import { visible } from '../base/visible.ts';

// A comment may have 65,536 characters; some room is left for what a bot adds.
const maxBytes = 60 * 1024;

/** A comment that a bot finds by this and brings up to date. Fleet names have no characters that could end it. */
export const planMarker = (fleet: string): string => `<!-- mosaic:plan:${fleet} -->`;

/**
 * The plan with a table of agents and folded diffs, at most 60 KiB of UTF-8: where it would be more, diffs are left out
 * from the last on, then rows of the table, and a note tells how many.
 */
export function planMarkdown(plan: Plan): string {
  const head = `${planMarker(plan.fleet)}\n### Fleet ${code(plan.fleet)}\n\n${inline(summaryLine(plan))}\n${refusal(plan)}`;
  const rows = tableRows(plan);
  const diffs = planDiffs(plan).map(details);
  // Room for the notes, whose numbers are not known yet.
  const room = maxBytes - byteLength(head) - byteLength(tableHead) - 200;
  const shownRows = takeWhileFits(rows, room);
  const roomForDiffs = shownRows.length < rows.length ? 0 : room - byteLength(shownRows.join(''));
  const shownDiffs = takeWhileFits(diffs, roomForDiffs);
  const table = rows.length === 0 ? '' : `\n${tableHead}${shownRows.join('')}`;
  const notes = [
    left(rows.length - shownRows.length, 'agent'),
    left(diffs.length - shownDiffs.length, 'diff'),
  ].join('');
  return `${head}${table}${shownDiffs.join('')}${notes}`;
}

const tableHead = '| agent | change | reason |\n| --- | --- | --- |\n';

const left = (n: number, what: string): string =>
  n === 0 ? '' : `\n_${counted(n, what)} left out: this comment would be too long. See \`mosaic plan\`._\n`;

function takeWhileFits(parts: string[], room: number): string[] {
  let used = 0;
  const over = parts.findIndex((part) => (used += byteLength(part)) > room);
  return over === -1 ? parts : parts.slice(0, over);
}

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

function details({ subject, lines }: Diff): string {
  const text = lines.join('\n');
  const fence = '`'.repeat(Math.max(3, longestBackticks(text) + 1));
  // The blank lines are what makes Markdown work inside HTML.
  return `\n<details><summary>${html(visible(subject))}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>\n`;
}

const longestBackticks = (text: string): number =>
  (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);

const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // A colon or an at sign would make a link or call somebody, in a heading as in a table.
    .replaceAll('@', '&#64;');

/** Text that means nothing to Markdown: no markup, no link, no mention, no cell of its own. */
const inline = (text: string): string =>
  html(visible(text).replace(/[\\`*_{}[\]#|~]/g, '\\$&')).replaceAll('://', ':&#47;/');

/** A name as code. A backslash does not escape inside a code span, so anything but a plain name is written as text. */
const code = (name: string): string => (/^[\w.-]+$/.test(name) ? `\`${name}\`` : inline(name));
