/** Two fleet files side by side, for people: rows as in a plan, the fields that differ below each. */
import { visible } from '../base/visible.ts';
import type { Consequence, FieldChange, FleetDiff } from '../model/diff.ts';
import { isSame } from '../model/diff.ts';
import { diffRows, fewOf, shortValue, sideFields, type DiffRow } from './diff-groups.ts';
import { diffSummary } from './diff-summary.ts';
import { fieldsDiff } from './diffs.ts';
import { diffLine, type PlanLine } from './plan-lines.ts';
import { linesOnScreen } from './plan-text.ts';
import type { Style } from './style.ts';
import type { Terminal } from './terminal.ts';

const marks: Record<Consequence, { symbol: string; style?: Style }> = {
  none: { symbol: ' ' },
  start: { symbol: '+', style: 'green' },
  restart: { symbol: '~', style: 'yellow' },
  stop: { symbol: '-', style: 'red' },
  move: { symbol: '=', style: 'yellow' },
  rename: { symbol: '>', style: 'cyan' },
  hold: { symbol: '#', style: 'yellow' },
  conflict: { symbol: '!', style: 'red' },
};

/** Ends in a newline; nothing in it that a terminal would act on. */
export const diffScreen = (diff: FleetDiff, terminal: Pick<Terminal, 'color' | 'columns'>): string =>
  linesOnScreen(diffLines(diff), terminal);

function diffLines(diff: FleetDiff): PlanLine[] {
  const summary: PlanLine = { head: '', text: diffSummary(diff) };
  if (isSame(diff)) return [summary];
  const rows = diffRows(diff);
  const words = Math.max(0, ...rows.map((row) => wordOf(row).length));
  const subjects = Math.max(0, ...rows.map((row) => subjectOf(row).length));
  const sections = [
    diff.warnings.map((text): PlanLine => ({ head: 'Warning: ', style: 'red', text: visible(text) })),
    rows.flatMap((row) => rowLines(row, words, Math.min(subjects, 28))),
    ...rows.flatMap(({ names, fields }) => {
      const long = fields.filter(isLong);
      if (long.length === 0) return [];
      const { lines } = fieldsDiff(fewOf(names, 3), sideFields(long, 'before'), sideFields(long, 'after'));
      return [lines.map(diffLine)];
    }),
  ].filter((section) => section.length > 0);
  return [...sections.flatMap((section) => section.concat({ head: '' })), summary];
}

const wordOf = ({ consequence, change }: DiffRow): string => (consequence === 'none' ? change : consequence);

function subjectOf({ kind, names }: DiffRow): string {
  if (names.length > 1) return `${names.length} agents`;
  return visible(`${kind === 'mission' || kind === 'formula' ? `${kind} ` : ''}${names[0] ?? ''}`);
}

function rowLines(row: DiffRow, words: number, subjects: number): PlanLine[] {
  const { symbol, style } = marks[row.consequence];
  const head = `${symbol} ${wordOf(row).padEnd(words)}  ${subjectOf(row).padEnd(subjects)}  `;
  const [setting] = row.kind === 'setting' ? row.fields : [];
  const value = setting === undefined ? '' : `${fieldText(setting, true)}: `;
  const line: PlanLine = {
    head,
    ...(style !== undefined && { style }),
    text: `${value}${visible(row.reason)}`,
  };
  const below = (text: string): PlanLine => ({ head: ' '.repeat(words + subjects + 6), text });
  return [
    line,
    ...(row.names.length > 1 ? [below(fewOf(row.names, 6))] : []),
    ...(setting === undefined ? row.fields : []).map((change) => below(fieldText(change, false))),
    ...row.each.flatMap(({ name, fields }) => [
      ...(row.each.length > 1 ? [below(`${visible(name)}:`)] : []),
      ...fields.map(({ field, after }) =>
        below(
          `${row.each.length > 1 ? '  ' : ''}${visible(field)}: ${shortValue(after) ?? '(several lines)'}`,
        ),
      ),
    ]),
  ];
}

function fieldText(change: FieldChange, isNamed: boolean): string {
  const name = isNamed ? '' : `${visible(change.field)}: `;
  const via = change.via === undefined ? '' : ` (${change.via})`;
  if (isLong(change)) return `${name}see below${via}`;
  return `${name}${shortValue(change.before)} → ${shortValue(change.after)}${via}`;
}

/** It has lines of its own, or is too long for one. */
const isLong = ({ before, after }: FieldChange): boolean =>
  [before, after].some((value) => shortValue(value)?.endsWith('…') !== false);
