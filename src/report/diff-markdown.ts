/** Two fleet files side by side as a comment on a pull request. */
import { byteLength } from '../base/text.ts';
import type { Consequence, FieldChange, FleetDiff } from '../model/diff.ts';
import { diffRows, fewOf, shortValue, sideFields, type DiffRow } from './diff-groups.ts';
import { diffSummary } from './diff-summary.ts';
import { fieldsDiff } from './diffs.ts';
import { code, details, htmlText, inline, left, maxBytes, takeWhileFits } from './markdown.ts';

/** A comment that a bot finds by this and brings up to date. Fleet names have no characters that could end it. */
export const diffMarker = (fleet: string): string => `<!-- mosaic:diff:${fleet} -->`;

const tableHead = '| what | change | consequence |\n| --- | --- | --- |\n';
const command = 'mosaic diff';

/**
 * Warnings, one table, the gravest first, and what is longer than a cell folded away; at most 60 KiB of UTF-8: where it would be
 * more, details are left out from the last on, then rows, and a note tells how many.
 */
export function diffMarkdown(diff: FleetDiff): string {
  const rows = diffRows(diff);
  const warnings = takeWhileFits(
    diff.warnings.map((text) => `> **Warning:** ${inline(text)}\n`),
    maxBytes / 4,
  );
  const head = [
    `${diffMarker(diff.fleet)}\n### Fleet ${code(diff.fleet)}\n\n${inline(diffSummary(diff))}\n`,
    ...(warnings.length === 0 ? [] : [`\n${warnings.join('>\n')}`]),
    left(diff.warnings.length - warnings.length, 'warning', command),
  ].join('');
  const cells = rows.map(tableRow);
  const folded = rows.flatMap(detailsOf);
  // Room for the notes, whose numbers are not known yet.
  const room = maxBytes - byteLength(head) - byteLength(tableHead) - byteLength(footer) - 300;
  const shownRows = takeWhileFits(cells, room);
  const roomForDetails = shownRows.length < cells.length ? 0 : room - byteLength(shownRows.join(''));
  const shownDetails = takeWhileFits(folded, roomForDetails);
  const table = cells.length === 0 ? '' : `\n${tableHead}${shownRows.join('')}`;
  const notes = [
    left(cells.length - shownRows.length, 'row', command),
    left(folded.length - shownDetails.length, 'detail', command),
    rows.some(({ kind }) => kind === 'agent') ? footer : '',
  ].join('');
  return `${head}${table}${shownDetails.join('')}${notes}`;
}

const footer =
  '\n<sub>No host was looked at: the consequences are those where all that the base wants up runs.</sub>\n';

const words: Record<Consequence, string> = {
  stop: '**stop**',
  conflict: '**conflict**',
  restart: '**restart**',
  move: '**move**',
  hold: 'hold',
  start: 'start',
  rename: 'rename',
  none: '',
};

function tableRow(row: DiffRow): string {
  const kind = row.kind === 'agent' ? '' : `${row.kind} `;
  const word = words[row.consequence];
  // The cell before says that it was added or removed.
  const reason = inline(row.reason.replace(/^(?:added|removed|renamed)[; ]*/, ''));
  const consequence = [word, reason].filter((text) => text !== '').join(': ');
  return `| ${kind}${fewOf(row.names, 5, code)} | ${changeOf(row)} | ${consequence} |\n`;
}

/** As many fields as a cell can take. */
const mostFields = 4;

function changeOf({ kind, change, fields }: DiffRow): string {
  const shown = fields.slice(0, mostFields).map((field) => fieldCell(field, kind === 'setting'));
  const more = fields.length - shown.length;
  const parts = [...shown, ...(more === 0 ? [] : [`and ${more} more`])];
  if (change === 'changed' && parts.length > 0) return parts.join('<br>');
  return [change, ...parts].join('<br>');
}

function fieldCell(change: FieldChange, isNamed: boolean): string {
  const name = isNamed ? '' : `${code(change.field)}: `;
  const via = change.via === undefined ? '' : ` (${code(change.via)})`;
  if (isLong(change)) return isNamed ? `see below${via}` : `${code(change.field)}${via}`;
  return `${name}${valueCell(change.before)} → ${valueCell(change.after)}${via}`;
}

const valueCell = (value: FieldChange['before']): string =>
  value === undefined ? '_none_' : value === '' ? '_empty_' : code(shortValue(value) ?? '');

const isLong = ({ before, after }: FieldChange): boolean =>
  [before, after].some((value) => shortValue(value)?.endsWith('…') !== false);

/** What the table does not show in full. */
function detailsOf(row: DiffRow): string[] {
  const { names, fields, each } = row;
  if (fields.length > mostFields || fields.some(isLong)) {
    const { lines } = fieldsDiff('', sideFields(fields, 'before'), sideFields(fields, 'after'));
    return [details(htmlText(fewOf(names, 5)), lines.slice(2))];
  }
  if (each.length === 0) return [];
  const lines: string[] = [];
  for (const { name, fields: all } of each) {
    if (lines.length > 0) lines.push('');
    lines.push(...fieldsDiff(name, {}, { name, ...sideFields(all, 'after') }).lines.slice(3));
  }
  return [details(htmlText(fewOf(names, 5)), lines)];
}
