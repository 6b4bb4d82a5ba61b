/** Missions in `mosaic status`: a line each, and one for each condition that holds. */
import { visible } from '../base/visible.ts';
import type { MissionState, MissionVerdict } from '../model/plan.ts';
import { defined } from './defined.ts';
import { bar } from './mission-parts.ts';
import { paint, type Style } from './style.ts';
import { table, type Cell, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './text.ts';

type Layout = Pick<Terminal, 'color' | 'columns'>;

const styles: Record<MissionState, Style | undefined> = {
  working: 'green',
  starting: 'green',
  waiting: 'yellow',
  offered: 'cyan',
  verifying: 'cyan',
  held: 'yellow',
  paused: undefined,
  completed: undefined,
  conflict: 'red',
};

const columns: Column[] = [
  { header: 'MISSION', importance: 9, min: 12 },
  { header: 'STATE', importance: 8 },
  { header: 'TASKS', importance: 7, align: 'right' },
  { header: '', importance: 3 },
  { header: 'AGENT', importance: 4, min: 8 },
  { header: 'REASON', importance: 6, min: 26, overflow: 'wrap' },
];

/** '' where the fleet has no missions. */
export function missionStatusText(missions: readonly MissionVerdict[], layout: Layout): string {
  if (missions.length === 0) return '';
  const rows = missions.map(({ mission, state, progress, agent, reason, fix }): Cell[] => [
    mission,
    defined({ text: state, style: styles[state] }),
    progress === undefined ? '?' : `${progress.done}/${progress.total}`,
    progress === undefined || progress.total === 0 ? '' : bar(progress, layout.columns >= 120 ? 20 : 10),
    agent,
    fix === undefined ? reason : `${reason}; ${fix}`,
  ]);
  return `${table(columns, rows, layout)}${missions.flatMap((one) => conditionLines(one, layout)).join('')}`;
}

function conditionLines(
  { mission, conditions }: MissionVerdict,
  { color, columns: width }: Layout,
): string[] {
  return conditions.flatMap(({ code, name, seen, done }) => {
    const text = `${mission} ${code} ${name}: ${visible(seen)}; ${visible(done)}`;
    const lines = wrap(text, Math.max(20, width - 4));
    return lines.map((line, index) => `${index === 0 ? '  ' : '    '}${paint(line, 'yellow', color)}\n`);
  });
}
