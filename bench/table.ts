import type { Cold, Figures } from './run.ts';

/** The most that a figure may be with so many agents; undefined where nothing is aimed at. */
type Aim = (size: number) => number | undefined;

interface Row {
  label: string;
  value: (figures: Figures) => number | undefined;
  unit: 'ms' | 'x' | 'MB';
  aim?: Aim;
}

const dryRunAim: Aim = (size) => (size <= 100 ? 1.5 : 3);
const coldAim: Aim = () => 1.3;
const memoryAim: Aim = () => 100;

const ratio = (cold: Cold | undefined): number | undefined => cold && cold.apply / cold.raw;

function rowsOf(others: readonly string[]): Row[] {
  return [
    { label: 'node -e 0', value: (f) => f.node, unit: 'ms' },
    { label: 'raw queries', value: (f) => f.queries, unit: 'ms' },
    { label: 'in-sync dry run', value: (f) => f.dryRun, unit: 'ms' },
    {
      label: '  to node and raw queries',
      value: (f) => f.dryRun / (f.node + f.queries),
      unit: 'x',
      aim: dryRunAim,
    },
    { label: '  peak memory', value: (f) => f.dryRunMegabytes, unit: 'MB', aim: memoryAim },
    { label: 'cold apply, tmux alone', value: (f) => f.alone.apply, unit: 'ms' },
    { label: 'raw batch of new-session', value: (f) => f.alone.raw, unit: 'ms' },
    { label: '  apply to raw', value: (f) => ratio(f.alone), unit: 'x', aim: coldAim },
    { label: '  peak memory', value: (f) => f.alone.megabytes, unit: 'MB', aim: memoryAim },
    { label: 'cold apply, systemd', value: (f) => f.systemd?.apply, unit: 'ms' },
    { label: 'raw systemctl start', value: (f) => f.systemd?.raw, unit: 'ms' },
    { label: '  apply to raw', value: (f) => ratio(f.systemd), unit: 'x', aim: coldAim },
    { label: '  peak memory', value: (f) => f.systemd?.megabytes, unit: 'MB', aim: memoryAim },
    ...others.flatMap((name): Row[] => [
      { label: `${name} load`, value: (f) => f.others[name]?.load, unit: 'ms' },
      {
        label: '  to cold apply, tmux alone',
        value: (f) => f.others[name] && f.others[name].load / f.alone.apply,
        unit: 'x',
      },
      { label: `${name} load again`, value: (f) => f.others[name]?.reload, unit: 'ms' },
      {
        label: '  to in-sync dry run',
        value: (f) => f.others[name] && f.others[name].reload / f.dryRun,
        unit: 'x',
      },
    ]),
  ];
}

/** The figures as a table, a column for each size of fleet; a missed aim says so in its cell. */
export function renderTable(all: readonly Figures[]): string {
  const others = Object.keys(all[0]?.others ?? {});
  const head = ['agents', ...all.map(({ size }) => String(size))];
  const body = rowsOf(others).map((row) => [row.label].concat(all.map((figures) => cell(row, figures))));
  const lines = [head, ...body];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, column) =>
          column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join('   '),
    )
    .join('\n');
}

function cell(row: Row, figures: Figures): string {
  const value = row.value(figures);
  if (value === undefined) return '-';
  const shown = row.unit === 'x' ? `${value.toFixed(2)}x` : `${value.toFixed(0)} ${row.unit}`;
  const aim = row.aim?.(figures.size);
  if (aim === undefined) return shown;
  return `${shown} (${value <= aim ? 'aim' : 'MISSED'} ${aim}${row.unit === 'x' ? 'x' : ''})`;
}
