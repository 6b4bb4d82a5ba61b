/** `mosaic doctor`: what is wrong first, each with its fix, then what is well; JSON for programs (schemas/doctor.schema.json). */
import { counted, listed } from '../base/text.ts';
import { jsonText, visible } from '../base/visible.ts';
import { defined } from './defined.ts';
import { paint, type Style } from './style.ts';
import type { Terminal } from './terminal.ts';
import { displayWidth, pad, wrap } from './text.ts';

type Health = 'broken' | 'warning' | 'unknown' | 'ok' | 'not-applicable';

export interface DoctorReport {
  fleet?: string;
  file?: string;
  checks: readonly {
    id: string;
    findings: readonly { health: Health; message: string; advice?: string; command?: string }[];
  }[];
}

interface Row {
  check: string;
  health: Health;
  message: string;
  advice?: string;
  command?: string;
}

/** In the order in which they are shown and counted. */
const healths: Record<Health, { word: string; style?: Style }> = {
  broken: { word: 'broken', style: 'red' },
  warning: { word: 'warning', style: 'yellow' },
  unknown: { word: 'unknown', style: 'yellow' },
  ok: { word: 'ok', style: 'green' },
  'not-applicable': { word: '-', style: 'dim' },
};

const order = Object.keys(healths) as Health[];

const rowsOf = ({ checks }: DoctorReport): Row[] =>
  checks.flatMap(({ id, findings }) => findings.map((finding) => ({ check: id, ...finding })));

export function doctorText(
  report: DoctorReport,
  { columns, color }: Pick<Terminal, 'columns' | 'color'>,
): string {
  const rows = rowsOf(report);
  const sorted = order.flatMap((health) => rows.filter((row) => row.health === health));
  const words = Math.max(...order.map((health) => healths[health].word.length));
  const names = Math.max(...rows.map(({ check }) => displayWidth(check)));
  // Where there is little room, what is said stands below what it is about.
  const indent = columns >= 72 ? words + names + 4 : 4;
  const room = Math.max(20, columns - indent);
  const lines = sorted.map((row) => {
    const { word, style } = healths[row.health];
    const head = `${paint(pad(word, words), style, color)}  ${pad(row.check, indent > 4 ? names : 0)}`;
    const said = [
      ...wrap(visible(row.message), room),
      ...wrap(visible(row.advice ?? ''), room),
      // Whole, whatever the width: it is there to be copied.
      row.command === undefined ? '' : paint(`fix: ${visible(row.command)}`, 'cyan', color),
    ].filter((line) => line !== '');
    const margin = ' '.repeat(indent);
    const [first = '', ...rest] = said;
    return [
      indent === 4 ? `${head.trimEnd()}\n${margin}${first}` : `${head}  ${first}`,
      ...rest.map((line) => margin + line),
    ].join('\n');
  });
  return `${lines.join('\n')}\n\n${wrap(summary(rows), columns).join('\n')}\n`;
}

function summary(rows: readonly Row[]): string {
  const count = (health: Health): number => rows.filter((row) => row.health === health).length;
  const [broken, warnings, unknown, well] = order.map(count);
  const parts = [
    ...(broken === 0 ? [] : [`${broken} broken`]),
    ...(warnings === 0 ? [] : [counted(warnings ?? 0, 'warning')]),
    ...(unknown === 0 ? [] : [`${unknown} that could not be told`]),
  ];
  if (parts.length === 0) return `All is well: ${counted(well ?? 0, 'check')}.`;
  return `${listed(parts)}; ${well} ok.`;
}

export const doctorJson = (report: DoctorReport) => {
  const rows = rowsOf(report);
  const counts = Object.fromEntries(
    order.map((health) => [health.replace('-', '_'), rows.filter((row) => row.health === health).length]),
  );
  return defined({
    format_version: 1 as const,
    fleet: report.fleet,
    file: report.file,
    counts,
    findings: rows.map(({ check, health, message, advice, command }) =>
      defined({ check, health, message, advice, command }),
    ),
  });
};

export const doctorJsonText = (report: DoctorReport): string => `${jsonText(doctorJson(report), 2)}\n`;
